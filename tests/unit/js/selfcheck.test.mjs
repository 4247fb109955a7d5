import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const { idOf } = await import(process.env.SCRIPTS + '/consumer_event.js');
const { canonical } = await import(process.env.SCRIPTS + '/jcs.js');
const L = await import(process.env.SCRIPTS + '/ledger_constants.js');
const { selfcheck } = await import(process.env.SCRIPTS + '/selfcheck.js');
const text = readFileSync(process.env.TRUTH, 'utf8');
const truth = () => JSON.parse(text);
const word = (value) => BigInt(String(value).length === 64 ? '0x' + value : value).toString(16).padStart(64, '0');

/** A node that answers from the records of `chain`, as a real one does. */
function node(chain) {
  const logsOf = (it) => [
    { topics: [L.CAPTURED, '0x' + it.evidence, '0x' + it.batch, '0x' + it.party],
      data: '0x' + [it.step, it.quantity, it.counterparty, it.location, it.time, it.units, it.ref, 0].map(word).join('') },
    ...it.inputs.map(([batch, n]) => ({ topics: [L.INPUT_CONSUMED, '0x' + it.evidence, '0x' + batch], data: '0x' + word(n) })),
  ];
  return async (_, asked) => asked.map(([method, [given]]) => {
    if (method === 'eth_chainId') return '0x' + chain.id.toString(16);
    if (method === 'eth_getLogs') {
      const [kinds, evidences] = given.topics;
      const here = chain.records.filter((it) => it.block === Number(given.fromBlock) && given.fromBlock === given.toBlock);
      return here.flatMap(logsOf).filter(({ topics }) => kinds.includes(topics[0]) && evidences.includes(topics[1]));
    }
    const [selector, argument] = [given.data.slice(0, 10), given.data.slice(10)];
    if (selector === L.CONSIGNMENT) return '0x' + word(0).repeat(3) + word(chain.open[argument] || 0);
    assert.equal(argument, chain.batch);
    return '0x' + (selector === L.UNITS_ROOT ? chain.unitsRoot : word(chain.recalled ? 1 : 0));
  });
}

const check = async ({ proof, page, chain }, asks = { a: node(chain) }) =>
  selfcheck(proof, page, Object.keys(asks), (name, asked) => asks[name](name, asked));
const whats = (outcome) => [...new Set(outcome.problems.map(({ what, field }) => field || what))];
const at = (it, step, nth = 0) => it.proof.history.filter((each) => each.step === step)[nth];
const drop = (it, ...gone) => { it.proof.history = it.proof.history.filter((each) => !gone.includes(each)); };
async function resign(each, change) {
  change(each.event);
  each.evidence = await idOf(canonical(each.event));
}

test('the truth passes, and every record was seen on chain', async () => {
  const it = truth();
  const outcome = await check(it);
  assert.deepEqual(outcome.problems, []);
  assert.equal(outcome.state, 'passed');
  assert.equal(outcome.seen.length, it.proof.history.length);
});

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
    (it) => resign(at(it, 'ship', 2), (event) => { event.destinationList = event.sourceList; }), ['missing', 'absent']],
  'a record that says another quantity than the ledger': [(it) => { it.chain.records[5].quantity = 7; }, ['quantity']],
  'a record signed for by another party': [(it) => { it.chain.records[6].party = '2'.repeat(64); }, ['party', 'gap']],
  'a record of another batch': [(it) => { it.chain.records[3].batch = '3'.repeat(64); }, ['batch']],
  'an ingredient that the ledger does not know': [(it) => { it.chain.records[3].inputs = []; }, ['inputs']],
  'an omitted harvest': [(it) => drop(it, at(it, 'harvest')), ['missing']],
  'an omitted bottling': [(it) => drop(it, at(it, 'bottle')), ['missing']],
  'omitted codes': [(it) => drop(it, at(it, 'commission')), ['missing']],
  'an omitted shipment': [(it) => drop(it, at(it, 'ship', 1)), ['missing']],
  'an omitted receipt': [(it) => drop(it, at(it, 'receive', 1)), ['gap', 'missing']],
  'an omitted last receipt': [(it) => drop(it, at(it, 'receive', 2)), ['missing']],
  'an omitted hand-over': [(it) => drop(it, at(it, 'ship', 1), at(it, 'receive', 1)), ['gap']],
  'a shipment of another case': [
    (it) => resign(at(it, 'ship'), (event) => { event.epcList = ['https://id.gs1.org/00/069000000000000018']; }),
    ['missing', 'case', 'absent']],
  'a record that the ledger refused': [(it) => { at(it, 'receive', 2).state = 'refused'; }, ['refused']],
  'a hidden recall': [(it) => { it.chain.recalled = true; }, ['recalled']],
  'a proof without a history': [(it) => { delete it.proof.history; }, ['proof']],
};

for (const [name, [lie, expected]] of Object.entries(LIES)) {
  test(`${name} is caught`, async () => {
    const it = truth();
    await lie(it);
    const outcome = await check(it);
    assert.equal(outcome.state, 'doubt');
    for (const what of expected) assert.ok(whats(outcome).includes(what), `${what} not in ${whats(outcome)}`);
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
  const [good, bad] = [node(honest.chain), node(liar.chain)];
  assert.equal((await check(honest, { a: away })).state, 'pending');
  assert.equal((await check(honest, {})).state, 'pending');
  const voted = await check(honest, { a: good, b: bad, c: good, d: away });
  assert.deepEqual([voted.state, voted.disagreed, voted.silent], ['passed', ['b'], ['d']]);
  assert.equal((await check(honest, { a: good, b: bad })).state, 'doubt', 'one word against another is a doubt');
});

test('an identifier in a form that the page does not read is not taken for checked', async () => {
  const it = truth();
  const event = at(it, 'age');
  const record = it.chain.records.find(({ evidence }) => evidence === event.evidence);
  await resign(event, (said) => { said.readPoint.id = 'urn:epc:id:sgln:6900000.00000.0'; });
  record.evidence = event.evidence;
  const outcome = await check(it);
  assert.deepEqual([outcome.state, outcome.unread], ['pending', [event.evidence]]);
});
