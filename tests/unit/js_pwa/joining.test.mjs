import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { hex, unhex } from "../../../scanner/pwa/bytes.js";
import { Malformed } from "../../../scanner/pwa/errors.js";
import { BRAND, admission, keyOfCode, readRequest, redemption, requestText } from "../../../scanner/pwa/joining.js";
import { addressOf, fingerprintOf } from "../../../scanner/pwa/signing.js";

const known = JSON.parse(readFileSync(new URL("../../vectors/joining/joining.json", import.meta.url), "utf8"));
const { domain, party, label } = known;
const [key, by] = [unhex(known.key), unhex(known.by_key)];

for (const code of known.codes) {
  test(`the code ${code} makes the known redemption`, () => {
    assert.equal("0x" + hex(keyOfCode(code)), known.code_key);
    assert.deepEqual(redemption(party, key, label, code, domain), known.redemption);
  });
}

for (const code of known.no_codes) {
  test(`${JSON.stringify(code)} is no code`, () => assert.throws(() => keyOfCode(code), Malformed));
}

test("a letter that no code has is named, before the length is told", () => {
  assert.throws(() => keyOfCode("UBCDE-FGHJK-LMNPQ-RSTVW"), { field: "letter", reason: "U" });
  assert.throws(() => keyOfCode("0123酒"), { field: "letter", reason: "酒" });
  assert.throws(() => keyOfCode("oil12"), { field: "code" });
});

test("a request is the known text, and who is asked admits it", () => {
  assert.equal(requestText(party, key, label, addressOf(by), domain), known.request);
  assert.equal(requestText(party, key, label, BRAND, domain), known.proposal_request);
  assert.equal(readRequest(known.proposal_request).by, BRAND);
  assert.deepEqual(admission(` ${known.request}\n`, party, by, domain), known.admission);
});

test("a request to another device, of another company or to the brand is not admitted here", () => {
  assert.throws(() => admission(known.request, party, key, domain), { field: "by" });
  assert.throws(() => admission(known.request, "6901234500012", by, domain), { field: "party" });
  assert.throws(() => admission(known.proposal_request, party, by, domain), { field: "by" });
});

for (const [field, texts] of [["request", [...known.no_requests, ...known.unreadable_requests]], ["damaged", known.damaged_requests]]) {
  for (const text of texts) {
    test(`${JSON.stringify(text)} is refused as ${field}`, () => assert.throws(() => readRequest(text), { field }));
  }
}

for (const { signer, fingerprint } of known.fingerprints) {
  test(`${signer} has the known fingerprint`, () => assert.equal(fingerprintOf(signer), fingerprint));
}
