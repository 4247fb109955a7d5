// What the ledger must have recorded for an event, as lower-case hex or decimal texts: scanner/device/capture.py's twin.

import { LIFT, RECALL, RECEIVE, SHIP } from '../reading/reading.js';
import { STEPS } from './ledger_constants.js';
import { hex, leafHash, root, sha256, utf8 } from './merkle.js';

const ZERO = '0'.repeat(64);

export const idOf = async (text) => hex(await sha256(utf8(text)));
export const batchId = ({ gtin, batch }) => idOf(`01${gtin}10${batch}`);

const party = (gln) => (gln === null || gln === undefined ? ZERO : idOf(gln));
const digest = async (value) => (value ? hex(value.preimage ? await sha256(value.preimage) : value) : ZERO);

/** The root over what the units are called; a recall's over their sorted keys, so that its lift has the same. */
async function units({ step, named, units, unitsRoot }) {
  if (unitsRoot) return hex(unitsRoot);
  const names = step === RECALL || step === LIFT ? units.map(({ key }) => key).sort() : named;
  return names.length ? hex(await root(await Promise.all(names.map((each) => leafHash(utf8(each)))))) : ZERO;
}

export async function fieldsOf(reading) {
  const { step, output, sender, receiver, place, time, ref } = reading;
  return {
    step: STEPS[step],
    batch: await batchId(output),
    quantity: String(output.quantity),
    counterparty: await party({ [SHIP]: receiver, [RECEIVE]: sender }[step]),
    location: await party(place),
    time: String(time),
    units: await units(reading),
    ref: await digest(ref),
  };
}

export const inputsOf = ({ inputs }) => Promise.all(inputs.map(async (each) => [await batchId(each), String(each.quantity)]));
