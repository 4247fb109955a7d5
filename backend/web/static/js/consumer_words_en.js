// What the self-check says. Step words are those of the page; a test compares them.

export const and = ' · ';
export const steps = {
  harvest: 'Grain harvested', ferment: 'Fermented', distil: 'Distilled', age: 'Aged', blend: 'Blended', bottle: 'Bottled',
  inspect: 'Tested', commission: 'Coded', ship: 'Shipped', receive: 'Received', return: 'Sent back', sell: 'Sold',
  write_off: 'Written off', recall: 'Recalled', lift: 'Recall lifted',
};
const fields = {
  step: 'step', batch: 'batch', quantity: 'quantity', counterparty: 'other party', location: 'place', time: 'time',
  units: 'list of cases', ref: 'document', party: 'signer', inputs: 'ingredients',
};
export const checking = 'Your phone is checking the ledger itself…';
export const passed = (nodes) => `Your phone checked this itself: ${nodes} ${nodes === 1 ? 'node agrees' : 'nodes agree'}`;
export const outvoted = (nodes) => `; ${nodes} more said otherwise`;
export const silent = 'The ledger’s nodes could not be reached, so not all was checked yet; this is the brand’s record';
export const unready = 'The ledger is not ready, so not all was checked yet; this is the brand’s record';
export const insecure = 'Without https your phone cannot check by itself; this is the brand’s record';
export const waiting = (count) => `Not all could be checked yet: ${count} of the records are not on the chain yet, the others were checked`;
export const unread = (count) => `Not all could be checked yet: ${count} of the records are in a form this page does not read`;
export const doubt = 'Your phone checked, and something does not match';
export const details = 'See what was checked';
export const marks = { passed: 'matches', doubt: 'does not match', pending: 'not checked yet', agreed: 'agrees', disagreed: 'says otherwise', silent: 'no answer' };

const says = {
  unit: () => 'The proof given by this site belongs to another bottle',
  ledger: () => 'This site names two different ledgers',
  pinned: () => 'This site names another ledger than at your first visit',
  leaf: () => 'This bottle’s code is not in its list of codes',
  root: () => 'The list of codes is not the one on the chain',
  proof: () => 'The proof given by this site is incomplete',
  chain: () => 'The node belongs to another chain',
  recalled: () => 'The ledger says that this batch is recalled, and the page does not',
  invented: () => 'The page shows a record that the proof does not have',
  text: (it) => `The text of ${it} is not what was signed`,
  refused: (it) => `The ledger refused the record ${it}`,
  missing: (it) => `The record ${it} is missing`,
  case: (it) => `${it} does not name this bottle or its case`,
  absent: (it) => `The ledger has no record ${it}`,
  field: (it, field) => `The ${fields[field]} of ${it} is not what the ledger says`,
  gap: (it) => `${it} was not done by whoever received the bottle last: a record is missing between`,
  row: (it) => `What the page shows for ${it} is not what the ledger says`,
  hidden: (it) => `The page does not show the record ${it}`,
};
export const say = ({ what, step, field }, date) => says[what](`“${steps[step] || step}”${date ? ` (${date})` : ''}`, field);
