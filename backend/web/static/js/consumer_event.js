// What an EPCIS event says in the ledger's terms. A field in a form that this page does not read is left undefined,
// and is then told as "not checked"; what is defined must equal the ledger's record.

import { hex, leafHash, root, sha256, utf8 } from './merkle.js';

const WORDS = {
  commissioning: 'commission', shipping: 'ship', receiving: 'receive', inspecting: 'inspect',
  retail_selling: 'sell', destroying: 'write_off',
};
const ZERO = '0'.repeat(64);
const last = (word) => String(word).split(/[:/-]/).pop();

export const idOf = async (text) => hex(await sha256(utf8(text)));

export const stepOf = (event) => WORDS[last(event.bizStep)] || last(event.bizStep);

/** "01…10…" of a batch class, as the ledger hashes it. */
export function batchOf(uri) {
  const found = /\/01\/(\d{14})\/10\/([^/?#]+)$/.exec(uri);
  return found ? `01${found[1]}10${decodeURIComponent(found[2])}` : undefined;
}

export const glnOf = (uri) => (/\/41[47]\/(\d{13})/.exec(uri) || [])[1];

const owner = (list, key) => {
  const owners = (list || []).filter((each) => last(each.type) === 'owning_party');
  return owners.length === 1 ? glnOf(owners[0][key]) : undefined;
};

export const senderOf = (event) => owner(event.sourceList, 'source');
export const addresseeOf = (event) => owner(event.destinationList, 'destination');

const amount = ({ quantity, uom }) => (quantity === undefined ? '0' : String(Math.round(quantity * (uom ? 1000 : 1))));

export const inputsOf = (event) => (event.inputQuantityList || []).map((each) => [batchOf(each.epcClass), amount(each)]);

/** Evidence of the consignment that an event closes, if it names one. */
export function consignmentOf(event) {
  for (const each of event.bizTransactionList || []) {
    const found = /^ni:\/\/\/sha-256;([0-9a-f]{64})$/.exec(each.bizTransaction);
    if (found && last(each.type) === 'desadv') return found[1];
  }
  return undefined;
}

async function ref(event) {
  const documents = (event.bizTransactionList || []).filter((each) => ['po', 'desadv'].includes(last(each.type)));
  return consignmentOf(event) || (documents.length ? idOf(documents[0].bizTransaction) : ZERO);
}

async function units(event, step) {
  if (step === 'commission') return String(event['jl:unitsRoot']).replace('0x', '');
  const epcs = event.epcList || [];
  return epcs.length ? hex(await root(await Promise.all(epcs.map((epc) => leafHash(utf8(epc)))))) : ZERO;
}

const hashed = (text, absent) => (text === undefined ? absent : idOf(text));

/** The fields that the ledger must have recorded for this event, as lower-case hexadecimal or decimal texts. */
export async function fieldsOf(event) {
  const step = stepOf(event);
  const [entry] = event.outputQuantityList || event.quantityList || [];
  const point = event.readPoint && event.readPoint.id;
  const ship = step === 'ship';
  const counterparty = ship ? addresseeOf(event) : senderOf(event);
  return {
    step,
    batch: await hashed(entry && batchOf(entry.epcClass)),
    quantity: entry && amount(entry),
    counterparty: ship || step === 'receive' ? await hashed(counterparty) : ZERO,
    location: await hashed(point && glnOf(point), point ? undefined : ZERO),
    time: String(Math.floor(Date.parse(event.eventTime) / 1000)),
    units: await units(event, step),
    ref: await ref(event),
  };
}
