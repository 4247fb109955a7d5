import assert from "node:assert/strict";
import { test } from "node:test";

import { checkSerial, isComplete, readCode } from "../../../scanner/pwa/codes.js";

const SSCC = "369012345000000005";
const BOTTLE = "https://brand.example/01/06901234500011/10/B1/21/";

for (const text of [SSCC, `]C100${SSCC}`, `00${SSCC}`, `(00)${SSCC}`, `https://id.gs1.org/00/${SSCC}`, `HTTPS://B.CN/00/${SSCC}`, ` ${SSCC}\r`, `]C1\u001d00${SSCC}`]) {
  test(`a case is read from ${JSON.stringify(text)}`, () => {
    assert.deepEqual(readCode(text), { kind: "case", sscc: SSCC, epc: `https://id.gs1.org/00/${SSCC}`, shown: SSCC });
  });
}

for (const text of ["", "369012345000000006", SSCC.slice(1), "https://id.gs1.org/00/12", "https://x.cn/a", `${SSCC}${SSCC}`, "]E06901234567892"]) {
  test(`no code is guessed from ${JSON.stringify(text)}`, () => assert.equal(readCode(text).kind, "unknown"));
}

test("a bottle is read from its Digital Link", () => {
  const { kind, gtin, batch, serial, epc } = readCode(`${BOTTLE}A%2FB`);
  assert.deepEqual([kind, gtin, batch, serial], ["bottle", "06901234500011", "B1", "A/B"]);
  assert.equal(epc, "https://id.gs1.org/01/06901234500011/21/A%2FB");
});

test("a serial is whole only with its check character", () => {
  const serial = withCheck("A2B3C4D5E6F7G");
  assert.ok(checkSerial(serial));
  assert.ok(!checkSerial(serial.slice(1)));
  assert.ok(!checkSerial("3" + serial.slice(1)));
  assert.ok(isComplete(BOTTLE + serial));
  for (let size = 1; size < serial.length; size += 1) assert.ok(!isComplete(BOTTLE + serial.slice(0, size)));
});

test("no beginning of an element string or a link passes for a whole code", () => {
  const cut = Array.from({ length: 10 }, (_, digit) => `00${SSCC.slice(0, 15)}${digit}`);
  assert.ok(cut.some((text) => readCode(text).kind === "case"), "one of ten has a check digit by chance");
  for (const text of cut) assert.ok(!isComplete(text));
  for (const whole of [`]C100${SSCC}`, `00${SSCC}`, `(00)${SSCC}`, `https://id.gs1.org/00/${SSCC}`]) {
    for (let size = 1; size < whole.length; size += 1) assert.ok(!isComplete(whole.slice(0, size)), whole.slice(0, size));
    assert.ok(isComplete(whole));
  }
});

function withCheck(body) {
  const alphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";
  const sum = [...body].reduce((total, letter, at) => total + alphabet.indexOf(letter) * (at + 1), 0);
  return body + alphabet[sum % 31];
}
