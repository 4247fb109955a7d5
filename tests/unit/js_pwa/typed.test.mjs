import assert from "node:assert/strict";
import { test } from "node:test";

import { judge } from "../../../scanner/pwa/judge.js";
import { KEYS, grouped, typedCode } from "../../../scanner/pwa/typed.js";

const SSCC = "369012345000000005";
const SERIAL = "RHSCZ4H58JCK2N";
const LINE = { gtin: "06901234500011", batch: "B1" };

test("a case's number is taken with its last digit, with or without the 00 in front", () => {
  for (let size = 0; size < 18; size += 1) assert.deepEqual(typedCode("case", SSCC.slice(0, size)), { state: "short", left: 18 - size });
  for (const text of [SSCC, `00${SSCC}`]) assert.equal(typedCode("case", text).code.epc, `https://id.gs1.org/00/${SSCC}`);
  assert.equal(typedCode("case", `00${SSCC.slice(0, 16)}`).state, "short");
});

test("a wrong check digit is told and gives no code", () => {
  assert.deepEqual(typedCode("case", `${SSCC.slice(0, -1)}6`), { state: "wrong" });
  assert.deepEqual(typedCode("case", `00${SSCC.slice(0, -1)}6`), { state: "wrong" });
  assert.deepEqual(typedCode("bottle", `${SERIAL.slice(0, -1)}P`, LINE), { state: "wrong" });
});

test("a bottle's serial takes product and batch from the line that was chosen", () => {
  const { state, code } = typedCode("bottle", SERIAL, LINE);
  assert.deepEqual([state, code.kind, code.gtin, code.batch, code.epc], ["good", "bottle", LINE.gtin, "B1", `https://id.gs1.org/01/${LINE.gtin}/21/${SERIAL}`]);
});

test("the keys are those that a code can hold, and groups lose nothing", () => {
  assert.deepEqual([...SERIAL].filter((sign) => !KEYS.bottle.includes(sign)), []);
  assert.equal(grouped("case", SSCC), "369 012 345 000 000 005");
  assert.equal(grouped("bottle", SERIAL), "RHSC Z4H5 8JCK 2N");
});

test("a bottle with a wrong check character is red, whoever read it", () => {
  const code = { kind: "bottle", gtin: LINE.gtin, batch: "B1", serial: "RHSCZ4H58JCK2P", epc: "x", shown: "RHSCZ4H58JCK2P" };
  const line = { ...LINE, key: "B1", bottles: 5, cases: [] };
  const job = { id: "r", kind: "receive", lines: [line] };
  const context = { work: { products: { [LINE.gtin]: { case_size: 6 } }, batches: [] }, job, jobs: [job], scans: [], sent: new Set() };
  assert.deepEqual(judge(code, context), { verdict: "red", cause: "校验位不对，没有这个码", detail: "RHSCZ4H58JCK2P" });
  assert.equal(judge({ ...code, serial: SERIAL }, context).verdict, "good");
});
