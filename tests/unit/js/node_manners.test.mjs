import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';

const { ask, read } = await import(process.env.SCRIPTS + '/consumer_node.js');
const { INPUT_CONSUMED } = await import(process.env.SCRIPTS + '/ledger_constants.js');
const CALLS = Array.from({ length: 20 }, (_, at) => ['eth_call', [{ to: '0x1', data: '0x' + at }, 'latest']]);
const right = (call) => ({ jsonrpc: '2.0', id: call.id, result: call.params[0].data });
const wrong = (code, message, id = null) => ({ jsonrpc: '2.0', id, error: { code, message } });
const honest = (message) => (Array.isArray(message) ? message.map(right) : right(message));

/** Asks a node that answers by `speak`: JSON, or [status, text, headers]. Gives the answers and the sizes of requests. */
async function asked(speak) {
  const sizes = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => { body += part; });
    request.on('end', () => {
      const message = JSON.parse(body);
      sizes.push(Array.isArray(message) ? message.length : 0);
      const told = speak(message, sizes.length);
      const [status, text, headers] = Array.isArray(told) && typeof told[0] === 'number' ? told : [200, JSON.stringify(told)];
      response.writeHead(status, headers).end(text);
    });
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  try {
    return { sizes, results: await ask(`http://127.0.0.1:${server.address().port}`, CALLS) };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const whole = CALLS.map(([, [{ data }]]) => data);
const refusing = (most, refusal) => (message) =>
  Array.isArray(message) && message.length > most ? refusal(message) : honest(message);

const MANNERS = {
  'takes all at once': honest,
  'gives one error for a batch': refusing(6, () => wrong(-32600, 'batch limit exceeded')),
  'gives an error for each, without ids': refusing(6, (calls) => calls.map(() => wrong(-32000, 'too many'))),
  'knows no batches': refusing(0, () => [400, '<html>Bad Request</html>']),
  'finds it too large': refusing(3, () => [413, '<html>413</html>']),
  'answers some only': (message) => honest(Array.isArray(message) ? message.slice(0, 7) : message),
  'answers out of order with ids as texts': (message) =>
    (Array.isArray(message) ? honest(message).reverse().map((each) => ({ ...each, id: String(each.id) })) : honest(message)),
  'is busy at first': (message, times) => (times < 2 ? wrong(-32005, 'rate limit exceeded') : honest(message)),
  'is busy at first, in words of HTTP': (message, times) =>
    (times < 2 ? [429, '<html>429</html>', { 'Retry-After': '1' }] : honest(message)),
};

for (const [name, speak] of Object.entries(MANNERS)) {
  test(`a node that ${name} is heard to the end`, async () => {
    const { results } = await asked(speak);
    assert.deepEqual(results, whole);
  });
}

test('a busy node is left alone for a while, not asked in pieces at once', async () => {
  const began = Date.now();
  const { sizes } = await asked((message, times) => (times < 3 ? wrong(429, 'slow down') : honest(message)));
  assert.ok(Date.now() - began >= 700, 'two rests, the second one longer');
  assert.ok(sizes.length < 9);
});

test('a node that refuses a question by itself is quoted', async () => {
  const speak = (message) => (Array.isArray(message) ? message.map(({ id }) => wrong(3, 'reverted', id)) : wrong(3, 'reverted', 0));
  await assert.rejects(asked(speak), /reverted/);
});

test('answers in other forms mean the same', () => {
  const log = { topics: ['0X' + INPUT_CONSUMED.slice(2).toUpperCase(), '0x' + 'CD'.repeat(32), '0x' + 'EF'.repeat(32)], data: '0X' + '0A'.repeat(32) };
  const root = '0X' + 'AB'.repeat(32);
  for (const chain of ['0x4F24', '0X4f24', '20260', 20260]) {
    const told = read([chain, root, '0x' + '0'.repeat(63) + '1', [log]], { consignments: [], evidences: [], devices: [] });
    assert.equal(told.chain, '20260');
    assert.equal(told.unitsRoot, 'ab'.repeat(32));
    assert.equal(told.recalled, true);
    assert.deepEqual(Object.keys(told.used), ['cd'.repeat(32)]);
  }
});
