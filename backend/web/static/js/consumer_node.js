// Questions to a chain node over JSON-RPC, all in one request, and how its answers are read.

import { CAPTURED, CONSIGNMENT, INPUT_CONSUMED, RECALLED, STEPS, UNITS_ROOT } from './ledger_constants.js';

const PATIENCE_MS = 8000;
const call = (to, data) => ['eth_call', [{ to, data }, 'latest']];

/** Everything a check needs to know of the chain. `places` maps a block's number to the evidences said to stand in it. */
export function questions(ledger, batch, consignments, places) {
  const logs = Object.entries(places).map(([number, evidences]) => {
    const block = '0x' + Number(number).toString(16);
    const topics = [[CAPTURED, INPUT_CONSUMED], evidences.map((each) => '0x' + each)];
    return ['eth_getLogs', [{ address: ledger, fromBlock: block, toBlock: block, topics }]];
  });
  const opened = consignments.map((each) => call(ledger, CONSIGNMENT + each));
  return [['eth_chainId', []], call(ledger, UNITS_ROOT + batch), call(ledger, RECALLED + batch), ...opened, ...logs];
}

/** Asks a node. Throws when it is silent, slow or answers with an error. */
export async function ask(url, asked) {
  const given = new AbortController();
  const timer = setTimeout(() => given.abort(), PATIENCE_MS);
  try {
    const body = JSON.stringify(asked.map(([method, params], id) => ({ jsonrpc: '2.0', id, method, params })));
    const headers = { 'Content-Type': 'application/json' };
    const answer = await fetch(url, { method: 'POST', headers, body, signal: given.signal });
    const answers = await answer.json();
    const results = [];
    for (const { id, result } of answers) results[id] = result;
    if (asked.some((_, id) => results[id] === undefined || results[id] === null)) throw new Error('no full answer');
    return results;
  } finally {
    clearTimeout(timer);
  }
}

const word = (data, at) => data.slice(2 + 64 * at, 66 + 64 * at);
const number = (text) => BigInt('0x' + (text || '0')).toString();

/** Reads the answers to `questions`. */
export function read(results, consignments) {
  const [chain, unitsRoot, recalled, ...rest] = results;
  const records = {};
  const used = {};
  for (const { topics, data } of rest.slice(consignments.length).flat()) {
    const evidence = topics[1].slice(2);
    if (topics[0] === CAPTURED) {
      const [step, quantity, counterparty, location, time, units, ref] = [0, 1, 2, 3, 4, 5, 6].map((at) => word(data, at));
      records[evidence] = {
        batch: topics[2].slice(2), party: topics[3].slice(2), step: STEPS[number(step)], quantity: number(quantity),
        counterparty, location, time: number(time), units, ref,
      };
    } else {
      (used[evidence] = used[evidence] || []).push([topics[2].slice(2), number(word(data, 0))]);
    }
  }
  return {
    chain: number(chain.slice(2)),
    unitsRoot: unitsRoot.slice(2),
    recalled: number(recalled.slice(2)) !== '0',
    open: Object.fromEntries(consignments.map((each, at) => [each, number(word(rest[at], 3))])),
    records,
    used,
  };
}
