// What the self-check says. Step words are those of the page; a test compares them.

export const and = ' · ';
export const steps = {
  harvest: 'Grain harvested', ferment: 'Fermented', distil: 'Distilled', age: 'Aged', blend: 'Blended', bottle: 'Bottled',
  inspect: 'Tested', commission: 'Coded', ship: 'Shipped', receive: 'Received', return: 'Sent back', sell: 'Sold',
  write_off: 'Written off', recall: 'Recalled', lift: 'Recall lifted',
};
export const checking = 'Your phone is checking the ledger itself…';
export const passed = (nodes) => `Your phone checked this itself: ${nodes} ${nodes === 1 ? 'node agrees' : 'nodes agree'}`;
export const outvoted = (nodes) => `; ${nodes} more said otherwise`;
export const cut = '; the earliest of the batches it is made of are not shown and were not checked';
export const silent = 'The ledger’s nodes could not be reached, so not all was checked yet; this is the brand’s record';
export const insecure = 'Without https your phone cannot check by itself; this is the brand’s record';
export const waiting = (count) => `Not all could be checked yet: ${count} of the records are not on the chain yet, the others were checked`;
export const doubt = 'Your phone checked, and something does not match';
export const details = 'See what was checked';
export const marks = { passed: 'matches', doubt: 'does not match', pending: 'not checked yet', agreed: 'agrees', disagreed: 'says otherwise', silent: 'no answer' };
