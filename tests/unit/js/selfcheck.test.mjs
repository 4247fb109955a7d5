import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const { idOf } = await import(process.env.SCRIPTS + '/consumer_capture.js');
const { canonical } = await import('../../../scanner/pwa/jcs.js');
const L = await import(process.env.SCRIPTS + '/ledger_constants.js');
const { selfcheck } = await import(process.env.SCRIPTS + '/selfcheck.js');
const text = readFileSync(process.env.TRUTH, 'utf8');
const KINDS = Object.keys(JSON.parse(text));
const truth = (kind = 'plain') => JSON.parse(text)[kind];
const word = (value) => BigInt(String(value).length === 64 ? '0x' + value : value).toString(16).padStart(64, '0');

const logOf = (topics, data, block, logIndex) => ({
  topics: topics.map((each) => (each.startsWith('0x') ? each : '0x' + each)),
  data: '0x' + data.map(word).join(''), blockNumber: '0x' + block.toString(16), logIndex: '0x' + logIndex.toString(16),
});

/** All logs of a chain, by the contract that told them. */
function logsOf({ proof, chain }) {
  const ledger = chain.records.flatMap((it, at) => [
    logOf([L.CAPTURED, it.evidence, it.batch, it.party],
      [it.step, it.quantity, it.counterparty, it.location, it.time, it.units, it.ref, it.device], it.block, at),
    ...it.inputs.map(([batch, n]) => logOf([L.INPUT_CONSUMED, it.evidence, batch], [n], it.block, at)),
  ]);
  const register = chain.keys.flatMap((it) => [
    logOf([L.DEVICE_ENROLLED, it.device, it.party], [0], it.block, 0),
    ...(it.revoked ? [logOf([L.DEVICE_REVOKED, it.device, it.party], [0], it.revoked, 99)] : []),
  ]);
  const log = chain.heads.map((it) => logOf([L.HEAD_ACCEPTED, it.log || L.LOG], [it.size, it.root, 0], it.block, 0));
  return { [proof.chain.ledger]: ledger, [proof.chain.participants]: register, [proof.chain.evidence_log]: log };
}

/** A node that answers from the records of a chain, as a real one does. */
function node(it) {
  const { chain } = it;
  const logs = logsOf(it);
  return async (_, asked) => asked.map(([method, [given]]) => {
    if (method === 'eth_chainId') return '0x' + chain.id.toString(16);
    if (method === 'eth_getLogs') {
      const [kinds, seconds] = given.topics;
      const here = logs[given.address].filter(({ blockNumber }) => blockNumber === given.fromBlock && given.fromBlock === given.toBlock);
      return here.filter(({ topics }) => kinds.includes(topics[0]) && seconds.includes(topics[1]));
    }
    const [selector, argument] = [given.data.slice(0, 10), given.data.slice(10)];
    if (selector === L.CONSIGNMENT) return '0x' + word(0).repeat(3) + word(chain.open[argument] || 0);
    if (selector === L.VOIDED) return '0x' + word((chain.voided || []).includes(argument) ? 1 : 0);
    if (selector === L.KEY_OF) {
      const key = chain.keys.find(({ device }) => device === argument);
      return '0x' + [key ? key.party : 0, 0, 1, key && key.revoked ? 2 : 0].map(word).join('');
    }
    assert.equal(argument, chain.batch);
    return '0x' + (selector === L.UNITS_ROOT ? chain.unitsRoot : word(chain.recalled ? 1 : 0));
  });
}

const check = async (it, asks = { a: node(it) }) =>
  selfcheck(it.proof, it.page, Object.keys(asks), (name, asked) => asks[name](name, asked));
const whats = (outcome) => [...new Set(outcome.problems.map(({ what, field }) => field || what))];
const at = (it, step, nth = 0) => it.proof.history.filter((each) => each.step === step)[nth];
const drop = (it, ...gone) => { it.proof.history = it.proof.history.filter((each) => !gone.includes(each)); };
async function resign(each, change) {
  change(each.event);
  each.evidence = await idOf(canonical(each.event));
}

for (const kind of KINDS) {
  test(`the truth passes, and every record was seen on chain: ${kind}`, async () => {
    const it = truth(kind);
    const outcome = await check(it);
    assert.deepEqual(outcome.problems, []);
    assert.equal(outcome.state, 'passed');
    assert.equal(outcome.seen.length, it.proof.history.length);
  });
}

const LIES = {
  'the proof of another bottle': [(it) => { it.proof.unit.serial = 'Z' + it.proof.unit.serial.slice(1); }, ['unit', 'leaf']],
  'a code that is not in the list': [(it) => { it.proof.unit.inner = '0'.repeat(64); }, ['leaf']],
  'another place of the code': [(it) => { it.proof.index = 5; }, ['leaf']],
  'a list of codes made up afterwards': [(it) => { it.chain.unitsRoot = '1'.repeat(64); }, ['root']],
  'another ledger': [(it) => { it.proof.chain.ledger = '0x' + '12'.repeat(20); }, ['ledger']],
  'another chain': [(it) => { it.chain.id = 1; }, ['chain']],
  'an edited record': [(it) => { at(it, 'receive', 2).event.eventTime = '2025-01-01T00:00:00.000+00:00'; }, ['text', 'time']],
  'an edited record with a fresh fingerprint': [
    (it) => resign(at(it, 'receive', 2), (event) => { event.eventTime = '2025-01-01T00:00:00.000+00:00'; }), ['absent']],
  'a shipment to another party': [
    (it) => resign(at(it, 'ship', 2), (event) => { event.destinationList[0].destination = event.sourceList[0].source; }), ['missing', 'absent']],
  'a record that says another quantity than the ledger': [(it) => { it.chain.records[5].quantity = 7; }, ['quantity']],
  'a record signed for by another party': [(it) => { it.chain.records[6].party = '2'.repeat(64); }, ['party', 'gap']],
  'a shipment signed for by another party': [(it) => { it.chain.records[5].party = '2'.repeat(64); }, ['party']],
  'a record of another batch': [(it) => { it.chain.records[3].batch = '3'.repeat(64); }, ['batch']],
  'an ingredient that the ledger does not know': [(it) => { it.chain.records[3].inputs = []; }, ['inputs']],
  'an omitted harvest': [(it) => drop(it, at(it, 'harvest')), ['missing']],
  'an omitted harvest of a list that is said to be cut and is not long enough': [
    (it) => { it.proof.goes_further_back = true; drop(it, at(it, 'harvest')); }, ['missing']],
  'an omitted bottling': [(it) => drop(it, at(it, 'bottle')), ['missing']],
  'omitted codes': [(it) => drop(it, at(it, 'commission')), ['missing']],
  'an omitted shipment': [(it) => drop(it, at(it, 'ship', 1)), ['missing']],
  'an omitted receipt': [(it) => drop(it, at(it, 'receive', 1)), ['gap', 'missing']],
  'an omitted last receipt': [(it) => drop(it, at(it, 'receive', 2)), ['missing']],
  'an omitted hand-over': [(it) => drop(it, at(it, 'ship', 1), at(it, 'receive', 1)), ['gap']],
  'a shipment of another case': [
    (it) => resign(at(it, 'ship'), (event) => { event.epcList = ['https://id.gs1.org/00/069000000000000014']; }),
    ['missing', 'case', 'absent']],
  'a record that the ledger refused': [(it) => { at(it, 'receive', 2).state = 'refused'; }, ['refused']],
  'a hidden recall': [(it) => { it.chain.recalled = true; }, ['recalled']],
  'a step that was declared an error': [(it) => { it.chain.voided = [at(it, 'receive', 2).evidence]; }, ['voided']],
  'a device that nobody enrolled': [(it) => { it.chain.keys.pop(); }, ['device']],
  'a device of another party': [(it) => { it.chain.keys[3].party = it.chain.keys[2].party; }, ['device']],
  'a device that was enrolled afterwards': [
    (it) => { it.chain.keys[3].block = 30; for (const each of it.proof.history) if (each.enrolled) each.enrolled = each.device === it.chain.keys[3].device ? 30 : 2; },
    ['device']],
  'a device that was revoked before': [
    (it) => { it.chain.keys[3].revoked = 5; at(it, 'receive', 2).revoked = 5; }, ['device']],
  'a device of whose revocation nothing is said': [(it) => { it.chain.keys[3].revoked = 5; }, ['device']],
  'another register of devices': [(it) => { it.page.register = '0x' + '12'.repeat(20); }, ['ledger']],
  'another evidence log': [(it) => { it.page.log = '0x' + '12'.repeat(20); }, ['ledger']],
  'an event that cannot be read': [(it) => { delete at(it, 'ship').event.quantityList; }, ['proof']],
  'a record of a batch that is no part of it': [
    (it) => resign(at(it, 'age'), (event) => { event.quantityList[0].epcClass = event.quantityList[0].epcClass.replace('S1', 'S2'); }),
    ['case', 'absent']],
  'a proof without a history': [(it) => { delete it.proof.history; }, ['proof']],
};

const unlogged = (it) => { at(it, 'pack').leaf.index += 1; };
async function invented(it) {
  const pack = structuredClone(at(truth('pallet'), 'pack'));
  await resign(pack, (event) => { event.eventTime = '2025-06-01T00:00:00.000+00:00'; });
  it.proof.history.splice(5, 0, pack);
}
const PACKED = {
  'a pallet without its packing': ['pallet', (it) => drop(it, at(it, 'pack')), ['case']],
  'a case that was not taken off its pallet first but is packed into another after it was sent': [
    'repacked', (it) => it.proof.history.push(...it.proof.history.splice(6, 1)), ['case']],
  'a case that left its pallet before the pallet was sent': [
    'pallet', (it) => { const [gone] = it.proof.history.splice(8, 1); it.proof.history.splice(6, 0, gone); }, ['case']],
  'a pallet in a container without the older packing': ['container', (it) => drop(it, at(it, 'pack')), ['case']],
  'a packing that is at another place of the log': ['pallet', unlogged, ['unlogged']],
  'a packing that no head covers': ['pallet', (it) => { it.chain.heads = []; }, ['unlogged']],
  'a packing in a log of another name': ['pallet', (it) => { it.chain.heads[0].log = '4'.repeat(64); }, ['unlogged']],
  'a packing without its place': ['pallet', (it) => { delete at(it, 'pack').leaf; }, ['unlogged']],
  'an invented packing': ['plain', invented, ['unlogged']],
  'a return signed for by another party': [
    'returned', (it) => { it.chain.records.find(({ step }) => step === 11).party = '2'.repeat(64); }, ['party']],
  'a list that is cut and not said to be': ['many', (it) => { it.proof.goes_further_back = false; }, ['missing']],
  'one harvest less than such a list has': ['many', (it) => drop(it, at(it, 'harvest')), ['missing']],
  'a swapped hand-over': [
    'pallet', (it) => { it.proof.history.push(...it.proof.history.splice(6, 2)); }, ['case', 'gap']],
};
const ALL = [...Object.entries(LIES).map(([name, [lie, expected]]) => [name, 'plain', lie, expected]),
  ...Object.entries(PACKED).map(([name, it]) => [name, ...it])];

for (const [name, kind, lie, expected] of ALL) {
  test(`${name} is caught`, async () => {
    const it = truth(kind);
    await lie(it);
    const outcome = await check(it);
    assert.equal(outcome.state, 'doubt');
    for (const what of expected) assert.ok(whats(outcome).includes(what), `${what} not in ${whats(outcome)}`);
  });
}

test('a list that was cut is said to be cut', async () => {
  assert.equal((await check(truth('many'))).cut, true);
  assert.equal((await check(truth('plain'))).cut, false);
});

for (const [name, it, what] of JSON.parse(readFileSync(process.env.FORGED, 'utf8'))) {
  test(`a forged way of true captures is caught: ${name}`, async () => {
    const outcome = await check(it);
    assert.equal(outcome.state, 'doubt');
    assert.ok(whats(outcome).includes(what), `${what} not in ${whats(outcome)}`);
  });
}

test('a record that is not on chain yet is waited for, not doubted', async () => {
  const it = truth();
  Object.assign(at(it, 'receive', 2), { state: 'bundled', block: null });
  it.chain.records.pop();
  it.chain.open[at(it, 'ship', 2).evidence] = 6;
  const outcome = await check(it);
  assert.deepEqual([outcome.state, outcome.problems, outcome.waiting.length], ['pending', [], 1]);
});

test('silent nodes leave it open, and a lone liar among nodes is out-voted and named', async () => {
  const honest = truth();
  const liar = truth();
  liar.chain.unitsRoot = '1'.repeat(64);
  const away = async () => { throw new Error('away'); };
  const [good, bad] = [node(honest), node(liar)];
  assert.equal((await check(honest, { a: away })).state, 'pending');
  assert.equal((await check(honest, {})).state, 'pending');
  const voted = await check(honest, { a: good, b: bad, c: good, d: away });
  assert.deepEqual([voted.state, voted.disagreed, voted.silent], ['passed', ['b'], ['d']]);
  assert.equal((await check(honest, { a: good, b: bad })).state, 'doubt', 'one word against another is a doubt');
});

test('a key that was revoked after its last step is no doubt', async () => {
  const it = truth();
  it.chain.keys[3].revoked = 50;
  at(it, 'receive', 2).revoked = 50;
  const outcome = await check(it);
  assert.deepEqual([outcome.problems, outcome.state], [[], 'passed']);
});

for (const [name, [step, nth, block, expected]] of Object.entries(JSON.parse(process.env.REVOKED))) {
  test(`the key that signed ${name} is judged`, async () => {
    const it = truth('pallet');
    const { device } = at(it, step, nth);
    it.chain.keys.find((key) => key.device === device).revoked = block;
    for (const each of it.proof.history) if (each.device === device) each.revoked = block;
    const outcome = await check(it);
    assert.deepEqual([whats(outcome), outcome.state], [expected, expected.length ? 'doubt' : 'passed']);
  });
}

test('a packing that no head covers yet is waited for, not doubted', async () => {
  const it = truth('pallet');
  Object.assign(at(it, 'unpack'), { state: 'bundled', block: null, leaf: undefined });
  const outcome = await check(it);
  assert.deepEqual([outcome.state, outcome.problems, outcome.waiting.length], ['pending', [], 1]);
});
