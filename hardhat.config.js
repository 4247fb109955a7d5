"use strict";

const path = require("node:path");
const { subtask } = require("hardhat/config");
const { TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD } = require("hardhat/builtin-tasks/task-names");
const solc = require("solc/package.json");
const settings = require("./contracts/scripts/solc-settings.json");

// The compiler is the npm package that package-lock.json pins: nothing is downloaded.
subtask(TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD, async ({ solcVersion }, _environment, runSuper) => {
  if (solcVersion !== solc.version) return runSuper();
  return {
    compilerPath: path.join(path.dirname(require.resolve("solc/package.json")), "soljson.js"),
    isSolcJs: true,
    version: solc.version,
    longVersion: require("solc").version().replace(".Emscripten.clang", ""),
  };
});

module.exports = {
  solidity: { version: solc.version, settings },
  paths: { sources: "contracts", artifacts: "build/artifacts", cache: "build/cache" },
};
