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

const BUSY = /\brate|per.?(second|minute|day)|throughput|throttl|quota|capacity|busy|slow|again|too many req|limit (exceed|reach)/i;
const isBusy = ({ code, message }) => code === 429 || (BUSY.test(message) && !/batch/i.test(message));

/** Puts answers into `results`; gives the node's complaint, if any. */
async function post(url, asked, part, results, signal) {
  const calls = part.map((id) => ({ jsonrpc: '2.0', id, method: asked[id][0], params: asked[id][1] }));
  const body = JSON.stringify(calls[1] ? calls : calls[0]);
  const answer = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body, signal });
  const message = await answer.text();
  if (answer.status === 429) return { code: 429, message };
  let complaint;
  try {
    for (const { id, result, error } of [JSON.parse(message)].flat()) {
      if (error) complaint = complaint && isBusy(complaint) ? complaint : error;
      else if (id !== null) results[calls[1] ? id : part[0]] = result === null ? undefined : result;
    }
  } catch (error) {
    complaint = { message: 'HTTP ' + answer.status };
  }
  return complaint || (part.some((id) => results[id] === undefined) && { message: 'no full answer' });
}

/** Asks a node, in as small pieces as it takes; a busy one is given time. Throws its words, or when it is slow. */
export async function ask(url, asked) {
  const given = new AbortController();
  const timer = setTimeout(() => given.abort(), PATIENCE_MS);
  try {
    const results = [];
    const all = asked.map((_, id) => id);
    let part = all;
    let pause = 200;
    for (let most = part.length; part.length; ) {
      const complaint = await post(url, asked, part, results, given.signal);
      if (complaint) {
        if (isBusy(complaint)) await new Promise((done) => setTimeout(done, (pause *= 2)));
        else if (!part[1]) throw new Error(complaint.message);
        most = Math.ceil(part.length / 2);
      }
      part = all.filter((id) => results[id] === undefined).slice(0, most);
    }
    return results;
  } finally {
    clearTimeout(timer);
  }
}

const word = (data, at) => data.slice(2 + 64 * at, 66 + 64 * at);
const number = (text) => BigInt('0x' + (text || '0')).toString();

// Nodes write hex in either case, and some an id in decimal.
const low = (text) => String(text).toLowerCase();
const quantity = (told) => BigInt(told === '0x' ? 0 : low(told)).toString();

/** Reads the answers to `questions`. */
export function read(results, consignments) {
  const [chain, unitsRoot, recalled, ...rest] = results;
  const opened = rest.slice(0, consignments.length).map(low);
  const logs = rest.slice(consignments.length).flat();
  const records = {};
  const used = {};
  for (const log of logs) {
    const [topics, data] = [log.topics.map(low), low(log.data)];
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
    chain: quantity(chain),
    unitsRoot: low(unitsRoot).slice(2),
    recalled: quantity(recalled) !== '0',
    open: Object.fromEntries(consignments.map((each, at) => [each, number(word(opened[at], 3))])),
    records,
    used,
  };
}
