import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const { fieldsOf, idOf, inputsOf } = await import(process.env.SCRIPTS + '/consumer_capture.js');
const { canonical } = await import('../../../scanner/pwa/jcs.js');
const { Malformed } = await import('../../../scanner/pwa/errors.js');
const { readEvent } = await import('../../../scanner/pwa/reading.js');
const { STEPS } = await import(process.env.SCRIPTS + '/ledger_constants.js');
const { hex, included, leafHash, root, unhex, utf8 } = await import(process.env.SCRIPTS + '/merkle.js');
const read = (name) => JSON.parse(readFileSync(`${process.env.VECTORS}/${name}.json`));

for (const name of ['roots', 'valid', 'refused']) {
  test(`inclusion: ${name}`, async () => {
    for (const { about, leaf_hash, index, size, root, proof, valid } of read(`merkle/${name}`).inclusion) {
      assert.equal(await included(unhex(leaf_hash), index, size, unhex(root), proof.map(unhex)), valid, about);
    }
  });
}

test('roots over leaves are those that inclusion proofs lead to', async () => {
  for (const size of [1, 2, 3, 5, 6, 7, 8, 13]) {
    const leaves = await Promise.all(Array.from({ length: size }, (_, at) => leafHash(utf8(String(at)))));
    const whole = await root(leaves);
    const sibling = size > 1 ? [await root(leaves.slice(1, 2))] : [];
    if (size <= 2) assert.ok(await included(leaves[0], 0, size, whole, sibling));
  }
  assert.equal(hex(await root([])), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
});

test('events have the evidence and the terms that devices sign, all of them', async () => {
  const { cases } = read('capture/captures');
  for (const { about, event, canonical: text, capture } of cases) {
    assert.equal(canonical(event), text, about);
    assert.equal('0x' + (await idOf(text)), capture.evidence, about);
    const reading = readEvent(event);
    assert.equal(reading.step, capture.step, about);
    if (!capture.step) continue;
    for (const [name, value] of Object.entries(await fieldsOf(reading))) {
      const given = name === 'step' ? STEPS.indexOf(value) : value;
      assert.equal(String(given), String(capture[name]).replace('0x', ''), `${about}: ${name}`);
    }
    const inputs = (await inputsOf(reading)).map(([batch, n]) => ['0x' + batch, n]);
    assert.deepEqual(inputs, capture.inputs.map(({ batch, quantity }) => [batch, String(quantity)]), about);
  }
  assert.ok(cases.length >= 38);
});

test('every reading of the capture vectors has terms, and what no device may sign is read by no phone', async () => {
  for (const { about, event } of read('capture/readings').cases) {
    const reading = readEvent(event);
    if (reading.step) assert.match((await fieldsOf(reading)).batch, /^[0-9a-f]{64}$/, about);
  }
  for (const { about, event } of read('capture/refused').cases) assert.throws(() => readEvent(event), Malformed, about);
});
