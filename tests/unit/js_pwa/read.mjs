// Reads the texts that stand as JSON on its input, and judges each for a receipt of its own batch: what Python asks about.
import { readFileSync } from "node:fs";

import { readCode } from "../../../scanner/pwa/codes.js";
import { judge } from "../../../scanner/pwa/judge.js";

const { texts, gtin, batch } = JSON.parse(readFileSync(0, "utf8"));
const line = { gtin, batch, key: "line", bottles: 5, cases: [] };
const job = { id: "job", kind: "receive", lines: [line] };
const context = { work: { products: { [gtin]: { case_size: 6 } }, batches: [] }, job, jobs: [job], scans: [], sent: new Set() };
const said = texts.map((text) => {
  const code = readCode(text);
  const { verdict, cause = null, scan = null } = judge(code, context);
  return { ...code, verdict, cause, signed: scan?.epc ?? null };
});
process.stdout.write(JSON.stringify(said));
