// What the contract is told about an event: the twin of scanner/device/capture.py, which only hashes what reading.js
// reads. Hashes are bytes, quantities BigInt, time in whole seconds UTC.
import { utf8 } from "./bytes.js";
import { canonical } from "./jcs.js";
import { root } from "./merkle.js";
import { LIFT, readEvent, RECALL, RECEIVE, SHIP } from "./reading.js";
import { sha256 } from "./vendor.js";

const ZERO = new Uint8Array(32);
const batchId = ({ gtin, batch }) => sha256(utf8(`01${gtin}10${batch}`));
const partyId = (gln) => (gln === null ? ZERO : sha256(utf8(gln)));

function counterparty({ step, sender, receiver }) {
  return partyId(step === SHIP ? receiver : step === RECEIVE ? sender : null);
}

/** The root over what the units are called; a recall's over their sorted keys, so that its lift has the same. */
function unitsOf({ step, named, units }) {
  const names = step === RECALL || step === LIFT ? units.map((unit) => unit.key).sort() : named;
  return names.length ? root(names.map(utf8)) : ZERO;
}

/** The capture of an event; Malformed names the field that a step needs and the event has not. */
export function captureOf(event) {
  const reading = readEvent(event);
  const evidence = sha256(utf8(canonical(event)));
  const { step, time, output } = reading;
  const nothing = { batch: ZERO, quantity: 0n, counterparty: ZERO, location: ZERO, units: ZERO, ref: ZERO, inputs: [] };
  const voids = reading.voids ?? ZERO;
  if (output === null) return { evidence, step, time, ...nothing, voids };
  return {
    evidence, step, time,
    batch: batchId(output),
    quantity: output.quantity,
    counterparty: counterparty(reading),
    location: partyId(reading.place),
    units: reading.unitsRoot ?? unitsOf(reading),
    ref: reading.ref ?? ZERO,
    voids,
    inputs: reading.inputs.map((each) => ({ batch: batchId(each), quantity: each.quantity })),
  };
}
