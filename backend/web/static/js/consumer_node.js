// Questions to a chain node over JSON-RPC, all in one request, and how its answers are read.

import {
  CAPTURED, CONSIGNMENT, DEVICE_ENROLLED, DEVICE_REVOKED, HEAD_ACCEPTED, INPUT_CONSUMED, KEY_OF, LOG, RECALLED, STEPS,
  UNITS_ROOT, VOIDED,
} from './ledger_constants.js';

const PATIENCE_MS = 8000;
const call = (to, data) => ['eth_call', [{ to, data }, 'latest']];

const unique = (values) => [...new Set(values)];

export const isOnChain = ({ state }) => state === 'anchored' || state === 'final';

/** A question for each block; `places` are pairs of block and second topic. */
function logsOf(address, kinds, places) {
  return unique(places.map(([block]) => block)).map((number) => {
    const block = '0x' + Number(number).toString(16);
    const wanted = unique(places.filter(([at]) => at === number).map(([, topic]) => '0x' + topic));
    return ['eth_getLogs', [{ address, fromBlock: block, toBlock: block, topics: [kinds, wanted] }]];
  });
}

/** Blocks are only said by the server; what stands in them is not. */
export function questions({ ledger, register, log }, batch, told) {
  const anchored = told.filter(isOnChain);
  const records = anchored.filter(({ reading }) => !reading.packing);
  const evidences = records.map(({ evidence }) => evidence);
  const consignments = told.filter(({ fields }) => fields.step === 'ship').map(({ evidence }) => evidence);
  const devices = unique(records.map(({ device }) => device));
  const keyed = records.flatMap(({ device, enrolled, revoked }) => [[enrolled, device], [revoked, device]]);
  const packed = anchored.filter(({ reading }) => reading.packing);
  const asked = [
    ['eth_chainId', []],
    call(ledger, UNITS_ROOT + batch),
    call(ledger, RECALLED + batch),
    ...consignments.map((each) => call(ledger, CONSIGNMENT + each)),
    ...evidences.map((each) => call(ledger, VOIDED + each)),
    ...devices.map((each) => call(register, KEY_OF + each)),
    ...logsOf(ledger, [CAPTURED, INPUT_CONSUMED], records.map(({ block, evidence }) => [block, evidence])),
    ...logsOf(register, [DEVICE_ENROLLED, DEVICE_REVOKED], keyed.filter(([block]) => Number.isInteger(block))),
    ...logsOf(log, [HEAD_ACCEPTED], packed.map(({ block }) => [block, LOG])),
  ];
  return { asked, consignments, evidences, devices };
}

const BUSY = /\brate|per.?(second|minute|day)|throughput|throttl|quota|capacity|busy|slow|again|too many req|limit (exceed|reach)/i;
const isBusy = ({ code, message }) => code === 429 || (BUSY.test(message) && !/batch/i.test(message));

/** Gives the node's complaint, if any. */
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

/** Asks in as small pieces as a node takes; a busy one is given time. Throws its words, or when it is slow. */
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

const READERS = {
  [CAPTURED]({ records }, [evidence, batch, party], data, place) {
    const [step, quantity, counterparty, location, time, units, ref, device] = Array.from({ length: 8 }, (_, at) => word(data, at));
    records[evidence] = {
      batch, party, step: STEPS[number(step)], quantity: number(quantity), counterparty, location, time: number(time), units,
      ref, device, ...place,
    };
  },
  [INPUT_CONSUMED]({ used }, [evidence, batch], data) {
    (used[evidence] = used[evidence] || []).push([batch, number(word(data, 0))]);
  },
  [DEVICE_ENROLLED]({ enrolled }, [device, party], _, place) {
    enrolled[device] = { party, ...place };
  },
  [DEVICE_REVOKED]({ revoked }, [device], _, place) {
    revoked[device] = place;
  },
  [HEAD_ACCEPTED]({ heads }, _, data, { block }) {
    heads[`${block}/${number(word(data, 0))}`] = word(data, 1);
  },
};

export function read(results, { consignments, evidences, devices }) {
  const [chain, unitsRoot, recalled, ...rest] = results;
  const take = (keys) => rest.splice(0, keys.length).map((told, at) => [keys[at], low(told)]);
  const open = Object.fromEntries(take(consignments).map(([key, told]) => [key, number(word(told, 3))]));
  const voided = take(evidences).filter(([, told]) => quantity(told) !== '0').map(([key]) => key);
  const keys = Object.fromEntries(
    take(devices).map(([key, told]) => [key, { party: word(told, 0), silenced: number(word(told, 3)) !== '0' }]),
  );
  const found = { records: {}, used: {}, enrolled: {}, revoked: {}, heads: {} };
  for (const log of rest.flat()) {
    const [kind, ...topics] = log.topics.map(low);
    const place = { block: Number(log.blockNumber), index: Number(log.logIndex) };
    READERS[kind]?.(found, topics.map((each) => each.slice(2)), low(log.data), place);
  }
  return { chain: quantity(chain), unitsRoot: low(unitsRoot).slice(2), recalled: quantity(recalled) !== '0', open, voided, keys, ...found };
}
