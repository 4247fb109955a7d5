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

const BUSY = /rate.?limit|\brate\b|per.?(second|minute|hour|day)|compute.?unit|throughput|throttl|quota|capacity|slow down|try again|busy/i;
const OFTEN = /too many requests|limit (exceeded|reached)/i;
const isBusy = ({ code, message }) =>
  Number(code) === 429 || BUSY.test(message) || (OFTEN.test(message) && !/batch|range|block|result/i.test(message));
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

/** What is wrong with an answer, in the node's own words. */
const fault = (error) => (typeof error === 'object' && error ? error : { message: String(error) });

/** Sends some of the questions, a single one by itself. Gives the answers by number, and the node's complaint if any. */
async function post(url, asked, part, signal) {
  const calls = part.map((id) => ({ jsonrpc: '2.0', id, method: asked[id][0], params: asked[id][1] }));
  const body = JSON.stringify(calls.length === 1 ? calls[0] : calls);
  const answer = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body, signal });
  const text = await answer.text();
  const found = new Map();
  if (answer.status === 429) {
    return { found, complaint: { code: 429, message: text, rest: Number(answer.headers.get('Retry-After')) * 1000 || 0 } };
  }
  let told;
  try {
    told = JSON.parse(text);
  } catch (error) {
    return { found, complaint: { message: `HTTP ${answer.status}` } };
  }
  let complaint;
  for (const { id, result, error } of Array.isArray(told) ? told : [told]) {
    const number = calls.length === 1 ? part[0] : id === null ? NaN : Number(id);
    if (error) complaint = complaint && isBusy(complaint) ? complaint : fault(error);
    else if (part.includes(number) && result !== undefined && result !== null) found.set(number, result);
  }
  return { found, complaint: complaint || (found.size < part.length ? { message: 'no full answer' } : undefined) };
}

/**
 * Asks a node: all at once, or in as small pieces as it takes. A node that is asked too often is given time instead.
 * Throws, with the node's words, when it is silent, slow or refuses a question by itself.
 */
export async function ask(url, asked) {
  const given = new AbortController();
  const timer = setTimeout(() => given.abort(), PATIENCE_MS);
  try {
    const results = [];
    let waiting = asked.map((_, id) => id);
    let most = waiting.length;
    let pause = 250;
    while (waiting.length) {
      const part = waiting.slice(0, most);
      const { found, complaint } = await post(url, asked, part, given.signal);
      for (const [id, result] of found) results[id] = result;
      waiting = waiting.filter((id) => results[id] === undefined);
      if (!complaint) continue;
      if (!isBusy(complaint) && part.length === 1) throw new Error(complaint.message || 'no full answer');
      if (isBusy(complaint)) {
        await wait(complaint.rest || pause);
        pause *= 2;
      }
      given.signal.throwIfAborted();
      most = Math.max(1, Math.floor(part.length / 2));
    }
    return results;
  } finally {
    clearTimeout(timer);
  }
}

const word = (data, at) => data.slice(2 + 64 * at, 66 + 64 * at);
const number = (text) => BigInt('0x' + (text || '0')).toString();

/** Nodes write hex in either case, and some write a chain's id in decimal or as a number. */
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
