// What differs, in a sentence. Loaded only when something does.

import { steps } from './consumer_words_en.js';

const packing = { pack: 'Packed', unpack: 'Unpacked' };
const fields = {
  step: 'step', batch: 'batch', quantity: 'quantity', counterparty: 'other party', location: 'place', time: 'time',
  units: 'list of cases', ref: 'document', party: 'signer', inputs: 'ingredients',
};

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
  order: (it) => `${it} does not stand where the ledger has it: the order of the steps was changed`,
  absent: (it) => `The ledger has no record ${it}`,
  field: (it, field) => `The ${fields[field]} of ${it} is not what the ledger says`,
  voided: (it) => `The ledger says that the record ${it} was declared an error`,
  device: (it) => `${it} was not signed by a device that was its signer’s at the time`,
  unlogged: (it) => `${it} is not in the evidence log on the chain`,
  gap: (it) => `${it} was not done by whoever received the bottle last: a record is missing between`,
  row: (it) => `What the page shows for ${it} is not what the ledger says`,
  hidden: (it) => `The page does not show the record ${it}`,
};
export const say = ({ what, step, field }, date) => says[what](`“${steps[step] || packing[step] || step}”${date ? ` (${date})` : ''}`, field);
