import assert from "node:assert/strict";
import { test } from "node:test";

import { answered, exported, isOpen, newRecord, nextDue } from "../../../scanner/pwa/queue.js";
import { parseKey } from "../../../scanner/pwa/device.js";
import { addressOf } from "../../../scanner/pwa/signing.js";
import { hex } from "../../../scanner/pwa/bytes.js";

const record = (about) => ({ ...newRecord({ evidence: "ab", message: '{"event":1}', about }, 100), place: 1 });
const later = { verdict: "later", reason: "offline" };

test("the oldest goes first, and the others wait behind it", () => {
  const [first, second] = [record("one"), record("two")];
  assert.equal(nextDue([first, second], 100), first);
  const postponed = answered(first, later, 100);
  assert.equal(nextDue([postponed, second], 1099), null);
  assert.equal(nextDue([postponed, second], 1100), postponed);
});

test("an answered capture is never sent again", () => {
  for (const verdict of ["accepted", "refused"]) {
    assert.equal(nextDue([answered(record(), { verdict, reason: "" }, 200)], 1e15), null);
  }
});

test("tries come after 1, 2, 4 … seconds, and at least every five minutes", () => {
  let tried = record();
  const waits = [];
  for (let round = 0; round < 12; round += 1) {
    tried = answered(tried, later, 0);
    waits.push(tried.due_at / 1000);
  }
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
});

test("the file holds what was not accepted, as it would be sent", () => {
  const refused = answered(record(), { verdict: "refused", reason: "NotHeld" }, 200);
  const accepted = answered(record(), { verdict: "accepted", reason: "" }, 200);
  const { captures } = JSON.parse(exported([refused, accepted, record()], 300));
  assert.deepEqual(captures.map((each) => [each.state, each.reason]), [["refused", "NotHeld"], ["waiting", ""]]);
  assert.deepEqual(captures[0].capture, { event: 1 });
});

test("what was refused, read and put away is no longer to be looked after, and is in the file as the server wrote it", () => {
  const refusal = { kind: "OrderCancelled", message: "The order is cancelled.", details: {} };
  const refused = answered(record(), { verdict: "refused", reason: "订单已取消", refusal, final: true }, 200);
  assert.equal(isOpen(refused), true);
  const away = { ...refused, seen: true };
  assert.equal(isOpen(away), false);
  const [kept] = JSON.parse(exported([away], 300)).captures;
  assert.deepEqual([kept.reason, kept.refusal, kept.seen], ["订单已取消", refusal, true]);
  assert.equal(isOpen(answered(record(), { verdict: "accepted", reason: "" }, 200)), false);
});

test("a key comes from its digits or from its file, and from nothing else", () => {
  const key = new Uint8Array(32).fill(3);
  assert.deepEqual(parseKey(` 0x${hex(key)}\n`), key);
  const file = { version: 1, address: addressOf(key), key: "0x" + hex(key) };
  assert.deepEqual(parseKey(JSON.stringify(file)), key);
  for (const wrong of ["", "0x12", "00".repeat(32), "{", '{"sealed":{}}', JSON.stringify({ ...file, address: "0x00" })]) {
    assert.throws(() => parseKey(wrong), { name: "Error" });
  }
});
