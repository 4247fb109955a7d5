"use strict";

// Writes ABI and bytecode of every contract that is deployed, so that running the product needs no compiler.

const fs = require("node:fs");
const path = require("node:path");

const root = path.join(__dirname, "..", "..");
const artifacts = path.join(root, "build", "artifacts");
const target = path.join(root, "ledger_indexer", "bindings", "abi");
const contracts = require("./exported.json");

fs.mkdirSync(target, { recursive: true });
for (const [name, source] of Object.entries(contracts)) {
  const folder = path.join(artifacts, source);
  const { abi, bytecode } = JSON.parse(fs.readFileSync(path.join(folder, `${name}.json`), "utf8"));
  const debug = JSON.parse(fs.readFileSync(path.join(folder, `${name}.dbg.json`), "utf8"));
  const build = JSON.parse(fs.readFileSync(path.join(folder, debug.buildInfo), "utf8"));
  const exported = { contractName: name, abi, bytecode, compiler: build.solcLongVersion };
  fs.writeFileSync(path.join(target, `${name}.json`), `${JSON.stringify(exported, null, 1)}\n`);
}
