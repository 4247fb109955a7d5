import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { readCode } from "../../../scanner/pwa/codes.js";

const vectors = JSON.parse(readFileSync(new URL("../../vectors/scan/scans.json", import.meta.url)));

for (const { about, text, is } of vectors) {
  test(`${about}: read as the server reads it`, () => {
    const { kind, gtin, batch, serial, sscc, fault } = readCode(text);
    const said = { case: { kind, sscc }, bottle: { kind, gtin, batch: batch ?? null, serial }, unknown: { kind, fault } }[kind];
    assert.deepEqual(said, is);
  });
}
