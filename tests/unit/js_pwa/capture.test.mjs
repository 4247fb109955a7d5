// Known answers that scanner/device (Python) gives too.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { hex, unhex } from "../../../scanner/pwa/bytes.js";
import { captureOf } from "../../../scanner/pwa/capture.js";
import { Malformed } from "../../../scanner/pwa/errors.js";
import { canonical } from "../../../scanner/pwa/jcs.js";
import { actorOf, readEvent } from "../../../scanner/pwa/reading.js";
import { addressOf, digest, sign, signedMessage } from "../../../scanner/pwa/signing.js";

const read = (path) => JSON.parse(readFileSync(new URL(`../../vectors/capture/${path}`, import.meta.url), "utf8"));
const known = read("captures.json");
const zeroX = (bytes) => "0x" + hex(bytes);

function shown(capture) {
  const hashes = ["evidence", "batch", "counterparty", "location", "units", "ref", "voids"];
  return {
    ...Object.fromEntries(hashes.map((name) => [name, zeroX(capture[name])])),
    step: capture.step,
    quantity: String(capture.quantity),
    time: capture.time,
    inputs: capture.inputs.map((each) => ({ batch: zeroX(each.batch), quantity: String(each.quantity) })),
  };
}

for (const each of known.cases) {
  test(`the capture and its signature are the known ones: ${each.about}`, () => {
    const capture = captureOf(each.event);
    assert.equal(canonical(each.event), each.canonical);
    assert.deepEqual(shown(capture), each.capture);
    assert.equal(zeroX(digest(capture, known.domain)), each.digest);
    assert.equal(zeroX(sign(capture, unhex(known.key), known.domain)), each.signature);
  });
}

for (const each of read("refused.json").cases) {
  test(`what cannot be signed is refused by the known field: ${each.about}`, () => {
    assert.throws(() => captureOf(each.event), (error) => error instanceof Malformed && error.field === each.field);
  });
}

for (const each of read("readings.json").cases) {
  test(`a hostile event has one reading: ${each.about}`, () => {
    const { step, output, sender, receiver, place, units, ref, packing, arrival, eventId } = readEvent(each.event);
    const keys = (those) => those.map((unit) => unit.key);
    const { arrival: delivered = null, ...reading } = each.reading;
    assert.deepEqual(delivered, arrival && {
      shipment: hex(arrival.shipment), units: keys(arrival.units),
      lot: arrival.lot && [arrival.lot.gtin, arrival.lot.batch, String(arrival.lot.quantity)],
      sender: arrival.sender, receiver: arrival.receiver, papers: arrival.papers,
    });
    assert.deepEqual(reading, {
      step, sender, receiver, place,
      ...("event_id" in each.reading ? { event_id: eventId } : {}),
      gtin: output && output.gtin,
      batch: output && output.batch,
      quantity: output && String(output.quantity),
      units: keys(units),
      ref: ref && hex(ref),
      packing: packing && { action: packing.action, parent: packing.parent.key, children: keys(packing.children) },
    });
  });
}

for (const each of read("actors.json").cases) {
  test(`who acts is read as elsewhere: ${each.about}`, () => assert.equal(actorOf(readEvent(each.event)), each.actor));
}

test("the signer of a key is its known address", () => assert.equal(addressOf(unhex(known.key)), known.signer));

test("a message is the event, who signed, and the signature", () => {
  const { event, signature, capture } = known.cases.find((each) => each.about === "receive");
  const { evidence, message } = signedMessage(event, unhex(known.key), known.domain);
  assert.equal("0x" + evidence, capture.evidence);
  assert.deepEqual(JSON.parse(message), { event, signer: known.signer, signature });
});
