// Reads the names and events that stand as JSON on its input: what Python reads too. A refusal is null; anything else
// that goes wrong is its own answer.
import { readFileSync } from "node:fs";

import { hex } from "../../../scanner/pwa/bytes.js";
import { Malformed } from "../../../scanner/pwa/errors.js";
import { readEvent } from "../../../scanner/pwa/reading.js";
import { classOf, placeOf, unitOf } from "../../../scanner/pwa/units.js";

const hexed = (bytes) => (bytes === null ? null : hex(bytes));
const amount = (each) => each && [each.gtin, each.batch, String(each.quantity)];
const keys = (units) => units.map((each) => each.key);

function said(event) {
  const { step, time, output, inputs, sender, receiver, place, units, unitsRoot, ref, packing, voids, eventId } = readEvent(event);
  const packed = packing && [packing.action, packing.parent.key, keys(packing.children)];
  const hashes = [unitsRoot, ref, voids].map(hexed);
  return [step, time, amount(output), inputs.map(amount), sender, receiver, place, keys(units), packed, ...hashes, eventId];
}

const READERS = {
  unit: (text) => Object.values((({ key, gtin, batch }) => ({ key, gtin, batch }))(unitOf(text))),
  class: (text) => Object.values((({ gtin, batch }) => ({ gtin, batch }))(classOf(text))),
  place: placeOf,
  event: said,
};

const answers = JSON.parse(readFileSync(0, "utf8")).map(([kind, value]) => {
  try {
    return READERS[kind](value);
  } catch (error) {
    return error instanceof Malformed ? null : `${error.constructor.name}: ${error.message}`;
  }
});
process.stdout.write(JSON.stringify(answers));
