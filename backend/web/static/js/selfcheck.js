// The phone checks a bottle by itself: code -> unit-code root -> chain, and every record of its way -> chain.
// Nothing of what our server says is taken on trust but the ledger's address, which is pinned at the first visit.

import { addresseeOf, batchOf, consignmentOf, fieldsOf, idOf, inputsOf, senderOf } from './consumer_event.js';
import { questions, read } from './consumer_node.js';
import { canonical } from './jcs.js';
import { hex, included, leafHash, unhex, utf8 } from './merkle.js';

const BEARING = ['harvest', 'ferment', 'distil', 'blend', 'bottle'];
const CLOSING = ['receive', 'return', 'write_off'];
const ON_CHAIN = ['anchored', 'final'];

/** Problems that need no chain to be seen, and the facts that the chain is then asked about. */
async function examine(proof, page) {
  const problems = [];
  const { unit, history } = proof;
  if (['gtin', 'batch', 'serial'].some((key) => unit[key] !== page[key])) problems.push({ what: 'unit' });
  if (String(proof.chain.id) !== page.chain || proof.chain.ledger.toLowerCase() !== page.ledger.toLowerCase()) {
    problems.push({ what: 'ledger' });
  }
  const { batch, gtin, inner, serial, sscc } = unit;
  const leaf = await leafHash(utf8(canonical({ batch, gtin, inner, serial, sscc })));
  const path = proof.path.map(unhex);
  if (!(await included(leaf, proof.index, proof.size, unhex(proof.root), path))) problems.push({ what: 'leaf' });
  const own = await idOf(`01${page.gtin}10${page.batch}`);
  const told = [];
  for (const { evidence, event, state, block } of history) {
    const fields = await fieldsOf(event);
    const at = Number(fields.time);
    told.push({ evidence, event, state, block, fields, at });
    if ((await idOf(canonical(event))) !== evidence) problems.push({ what: 'text', step: fields.step, at });
    if (state === 'refused') problems.push({ what: 'refused', step: fields.step, at });
  }
  return { problems: [...problems, ...(await omissions(told, unit, own))], told, own };
}

/** Records that must be there, since others build on them, and are not. */
async function omissions(told, { gtin, serial, sscc }, own) {
  const problems = [];
  const missing = (step, at) => problems.push({ what: 'missing', step, at });
  const borne = told.filter(({ fields }) => BEARING.includes(fields.step)).map(({ fields }) => fields.batch);
  if (!borne.includes(own)) missing('bottle');
  if (!told.some(({ fields }) => fields.step === 'commission' && fields.batch === own)) missing('commission');
  const shipped = told.filter(({ fields }) => fields.step === 'ship').map(({ evidence }) => evidence);
  for (const { event, fields, at } of told) {
    for (const [batch] of inputsOf(event)) {
      if (batch && !borne.includes(await idOf(batch))) missing('harvest', at);
    }
    if (CLOSING.includes(fields.step) && !shipped.includes(consignmentOf(event))) missing('ship', at);
    const named = event.epcList || [];
    const ours = named.some((epc) => epc.endsWith(`/00/${sscc}`) || epc.endsWith(`/01/${gtin}/21/${serial}`));
    if (!ours && (fields.step === 'ship' || named.length)) problems.push({ what: 'case', step: fields.step, at });
  }
  return problems;
}

/** What one node says against it. */
async function against(chain, proof, page, { told, own }) {
  const problems = [];
  if (chain.chain !== page.chain) problems.push({ what: 'chain' });
  const commissioned = told.find(({ fields }) => fields.step === 'commission' && fields.batch === own);
  if (chain.unitsRoot !== proof.root && commissioned && ON_CHAIN.includes(commissioned.state)) {
    problems.push({ what: 'root' });
  }
  if (chain.recalled && page.verdict !== 'recalled') problems.push({ what: 'recalled' });
  for (const { evidence, event, state, fields, at } of told) {
    if (!ON_CHAIN.includes(state)) continue;
    const record = chain.records[evidence];
    const say = (what, field) => problems.push({ what, field, step: fields.step, at });
    if (!record) {
      say('absent');
      continue;
    }
    for (const [field, value] of Object.entries(fields)) {
      if (value !== undefined && record[field] !== value) say('field', field);
    }
    const party = fields.step === 'ship' ? senderOf(event) : CLOSING.includes(fields.step) && ownerAfter(fields.step, event);
    if (party && (await idOf(party)) !== record.party) say('field', 'party');
    const inputs = await Promise.all(inputsOf(event).map(async ([batch, n]) => [batch && (await idOf(batch)), n]));
    const used = chain.used[evidence] || [];
    if (inputs.every(([batch]) => batch) && String(inputs) !== String(used)) say('field', 'inputs');
  }
  return [...problems, ...gaps(chain, told, own)];
}

const ownerAfter = (step, event) => (step === 'return' ? senderOf(event) : addresseeOf(event));

/** Hand-overs that do not follow on one another: whoever ships must be whoever signed for it last. */
function gaps(chain, told, own) {
  const problems = [];
  const senders = {};
  let holder;
  for (const { evidence, event, fields, at } of told) {
    const { party } = chain.records[evidence] || {};
    const { step } = fields;
    if (BEARING.includes(step) && fields.batch === own) holder = party;
    if ((step === 'ship' || step === 'sell') && holder && party && party !== holder) problems.push({ what: 'gap', step, at });
    if (step === 'ship') {
      senders[evidence] = party;
      const closed = told.some((each) => CLOSING.includes(each.fields.step) && consignmentOf(each.event) === evidence);
      if (party && !closed && chain.open[evidence] === '0') problems.push({ what: 'missing', step: 'receive', at });
    }
    if (step === 'receive') holder = party;
    if (step === 'return') holder = senders[consignmentOf(event)];
  }
  return problems;
}

/** `ask(node, questions)` gives a node's answers or throws. Times of problems are in Unix seconds. */
export async function selfcheck(proof, page, nodes, ask) {
  const outcome = { state: 'doubt', problems: [], agreed: [], disagreed: [], silent: [], waiting: [], unread: [], seen: [] };
  let facts;
  try {
    facts = await examine(proof, page);
  } catch (error) {
    return { ...outcome, problems: [{ what: 'proof' }] };
  }
  const { told, own, problems } = facts;
  outcome.told = told;
  outcome.waiting = told.filter(({ state }) => !ON_CHAIN.includes(state)).map(({ evidence }) => evidence);
  outcome.unread = told.filter(({ fields }) => Object.values(fields).includes(undefined)).map(({ evidence }) => evidence);
  const anchored = told.filter(({ state }) => ON_CHAIN.includes(state));
  const consignments = told.filter(({ fields }) => fields.step === 'ship').map(({ evidence }) => evidence);
  const places = {};
  for (const { block, evidence } of anchored) (places[block] = places[block] || []).push(evidence);
  const asked = questions(page.ledger, own, consignments, places);
  let worst = [];
  await Promise.all(
    nodes.map(async (node) => {
      try {
        const chain = read(await ask(node, asked), consignments);
        const found = await against(chain, proof, page, facts);
        outcome[found.length ? 'disagreed' : 'agreed'].push(node);
        if (found.length) worst = found;
        else outcome.seen = Object.keys(chain.records);
      } catch (error) {
        outcome.silent.push(node);
      }
    }),
  );
  const { agreed, disagreed, waiting, unread } = outcome;
  outcome.problems = [...problems, ...(disagreed.length && disagreed.length >= agreed.length ? worst : [])];
  outcome.whole = agreed.length + disagreed.length > 0 && !waiting.length && !unread.length;
  outcome.state = outcome.problems.length ? 'doubt' : outcome.whole ? 'passed' : 'pending';
  return outcome;
}
