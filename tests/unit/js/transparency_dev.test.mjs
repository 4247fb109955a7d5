import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const { included } = await import(process.env.SCRIPTS + '/merkle.js');
const bytes = (text) => new Uint8Array(Buffer.from(text, 'base64'));

test('inclusion', async () => {
  const seen = new Set();
  for (const name of readdirSync(process.env.CASES, { recursive: true })) {
    if (!name.endsWith('.json')) continue;
    const it = JSON.parse(readFileSync(`${process.env.CASES}/${name}`));
    const holds = await included(bytes(it.leafHash), it.leafIdx, it.treeSize, bytes(it.root), (it.proof || []).map(bytes));
    assert.equal(holds, !it.wantErr, name);
    seen.add(holds);
  }
  assert.equal(seen.size, 2);
});
