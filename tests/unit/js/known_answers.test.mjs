import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const { fieldsOf, idOf, inputsOf } = await import(process.env.SCRIPTS + '/consumer_event.js');
const { canonical } = await import(process.env.SCRIPTS + '/jcs.js');
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

test('events have the evidence and the terms that devices sign', async () => {
  let told = 0;
  for (const { about, event, canonical: text, capture } of read('capture/captures').cases) {
    assert.equal(canonical(event), text, about);
    assert.equal('0x' + (await idOf(text)), capture.evidence, about);
    if (!capture.step) continue;
    const fields = await fieldsOf(event);
    for (const [name, value] of Object.entries(fields)) {
      if (value === undefined) continue; // a spelling that the page does not read, and says so
      const meant = capture[name];
      const given = name === 'step' ? STEPS.indexOf(value) : value;
      assert.equal(String(given), String(meant).replace('0x', ''), `${about}: ${name}`);
      told += 1;
    }
    const inputs = await Promise.all(inputsOf(event).map(async ([batch, n]) => ['0x' + (await idOf(batch)), n]));
    assert.deepEqual(inputs, capture.inputs.map(({ batch, quantity }) => [batch, String(quantity)]), about);
  }
  assert.ok(told > 200);
});
