// The phone checks a bottle by itself: code -> root of codes -> chain, every record of its way -> chain. Of our server's
// word it trusts the contracts' addresses alone, pinned at the first visit.

import { caseUri, itemUri } from '../reading/gs1.js';
import { canonical } from '../reading/jcs.js';
import { actorOf, readEvent } from '../reading/reading.js';
import { fieldsOf, idOf, inputsOf } from './consumer_capture.js';
import { isOnChain, questions, read } from './consumer_node.js';
import { HANDING, Line } from './line.js';
import { included, leafHash, unhex, utf8 } from './merkle.js';

const BEARING = ['harvest', 'ferment', 'distil', 'blend', 'bottle'];
const ANCESTORS_MAX = 200; // batches that a proof follows back
const CLOSING = ['receive', 'return', 'write_off'];
const CONTRACTS = { ledger: 'ledger', register: 'participants', log: 'evidence_log' };

const low = (text) => String(text).toLowerCase();

/** Problems seen without a chain, and the facts to ask it about. */
async function examine(proof, page) {
  const problems = [];
  const { unit, history } = proof;
  if (['gtin', 'batch', 'serial'].some((key) => unit[key] !== page[key])) problems.push({ what: 'unit' });
  const another = Object.entries(CONTRACTS).some(([ours, theirs]) => low(proof.chain[theirs]) !== low(page[ours]));
  if (String(proof.chain.id) !== page.chain || another) problems.push({ what: 'ledger' });
  const { batch, gtin, inner, serial, sscc } = unit;
  const leaf = await leafHash(utf8(canonical({ batch, gtin, inner, serial, sscc })));
  const path = proof.path.map(unhex);
  if (!(await included(leaf, proof.index, proof.size, unhex(proof.root), path))) problems.push({ what: 'leaf' });
  const own = await idOf(`01${page.gtin}10${page.batch}`);
  const told = await Promise.all(history.map(learn));
  for (const each of told) {
    const say = (what) => problems.push({ what, step: each.fields.step, at: each.at });
    if ((await idOf(canonical(each.event))) !== each.evidence) say('text');
    if (each.state === 'refused') say('refused');
    if (each.reading.voids) say('voided');
  }
  const borne = told.filter(({ fields }) => BEARING.includes(fields.step)).map(({ fields }) => fields.batch);
  const cut = !!proof.goes_further_back && new Set(borne).size >= ANCESTORS_MAX; // a shorter list is not cut
  return { problems: [...problems, ...omissions(told, unit, own, borne, cut)], told, own, cut };
}

async function learn(each) {
  const reading = readEvent(each.event);
  const { packing, time: at } = reading;
  if (packing) return { ...each, reading, at, fields: { step: packing.action === 'ADD' ? 'pack' : 'unpack' }, inputs: [] };
  return { ...each, reading, at, fields: await fieldsOf(reading), inputs: await inputsOf(reading) };
}

/** A mere document has no evidence. */
const consignmentOf = ({ reading, fields }) => (reading.ref && !reading.ref.preimage ? fields.ref : undefined);

function madeOf(told, own) {
  const found = [own];
  for (const batch of found) {
    for (const { fields, inputs } of told) {
      if (!BEARING.includes(fields.step) || fields.batch !== batch) continue;
      found.push(...inputs.map(([used]) => used).filter((used) => !found.includes(used)));
    }
  }
  return found;
}

/** Records that must be there, since others build on them, and are not; and records of something else. */
function omissions(told, { gtin, serial, sscc }, own, borne, cut) {
  const problems = [];
  const missing = (step, at) => problems.push({ what: 'missing', step, at });
  if (!borne.includes(own)) missing('bottle');
  if (!told.some(({ fields }) => fields.step === 'commission' && fields.batch === own)) missing('commission');
  const shipped = told.filter(({ fields }) => fields.step === 'ship').map(({ evidence }) => evidence);
  const ancestors = madeOf(told, own);
  const line = new Line(itemUri(gtin, serial), caseUri(sscc));
  let last = { at: 0 };
  let leaf = -1;
  for (const each of told) {
    const { fields, inputs, at, reading } = each;
    const { step, batch } = fields;
    const consigned = consignmentOf(each);
    if (CLOSING.includes(step) && (consigned || step !== 'write_off') && !shipped.includes(consigned)) missing('ship', at);
    const handed = HANDING.includes(step);
    const ours = handed ? batch === own : ancestors.includes(batch);
    if (ours && !cut && inputs.some(([used]) => !borne.includes(used))) missing('harvest', at);
    if (!reading.packing && !(handed ? ours && line.concerns(each) : ours || line.concerns(each))) {
      problems.push({ what: 'case', step, at });
    }
    const { links } = line;
    if (!line.take(each)) continue;
    // by their signers' words, and by the log
    const late = [last, ...links, ...line.links].some((one) => one.at > at);
    each.late = late || each.leaf?.index <= leaf;
    last = each;
    leaf = each.leaf?.index ?? leaf;
  }
  for (const each of told) {
    if (each.reading.packing && !line.packings.has(each)) problems.push({ what: 'case', step: each.fields.step, at: each.at });
  }
  return problems;
}

async function against(chain, proof, page, { told, own }) {
  const problems = [];
  if (chain.chain !== page.chain) problems.push({ what: 'chain' });
  const commissioned = told.find(({ fields }) => fields.step === 'commission' && fields.batch === own);
  if (chain.unitsRoot !== proof.root && commissioned && isOnChain(commissioned)) problems.push({ what: 'root' });
  if (chain.recalled && page.verdict !== 'recalled') problems.push({ what: 'recalled' });
  for (const each of told.filter(isOnChain)) {
    const say = (what, field) => problems.push({ what, field, step: each.fields.step, at: each.at });
    if (!each.reading.packing) await differs(chain, each, say);
    else if (!(await isLogged(chain, each))) say('unlogged');
  }
  return [...problems, ...gaps(chain, told, own)];
}

async function isLogged(chain, { evidence, block, leaf }) {
  const root = leaf && chain.heads[`${block}/${leaf.size}`];
  return !!root && included(await leafHash(unhex(evidence)), leaf.index, leaf.size, unhex(root), leaf.path.map(unhex));
}

async function differs(chain, { evidence, reading, fields, inputs }, say) {
  const record = chain.records[evidence];
  if (!record) return say('absent');
  if (chain.voided.includes(evidence)) say('voided');
  for (const [field, value] of Object.entries(fields)) {
    if (record[field] !== value) say('field', field);
  }
  const actor = actorOf(reading);
  if (actor && (await idOf(actor)) !== record.party) say('field', 'party');
  if (String(inputs) !== String(chain.used[evidence] || [])) say('field', 'inputs');
  if (!isInForce(chain, record)) say('device');
}

const before = (one, other) => one.block < other.block || (one.block === other.block && one.index < other.index);

function isInForce(chain, record) {
  const enrolled = chain.enrolled[record.device];
  const key = chain.keys[record.device];
  if (!enrolled || !key || enrolled.party !== record.party || key.party !== record.party) return false;
  const gone = chain.revoked[record.device];
  return before(enrolled, record) && (gone ? before(record, gone) : !key.silenced);
}

/** Whoever ships must be whoever signed for it last. */
function gaps(chain, told, own) {
  const problems = [];
  const senders = {};
  let holder, last;
  for (const each of told) {
    const { evidence, fields, at } = each;
    const record = chain.records[evidence];
    const { party } = record || {};
    const { step } = fields;
    const handed = HANDING.includes(step) && record;
    if (each.late || (handed && last && !before(last, record))) problems.push({ what: 'order', step, at });
    last = handed || last;
    if (BEARING.includes(step) && fields.batch === own) holder = party;
    if ((step === 'ship' || step === 'sell') && holder && party && party !== holder) problems.push({ what: 'gap', step, at });
    if (step === 'ship') {
      senders[evidence] = party;
      const closed = told.some((one) => CLOSING.includes(one.fields.step) && consignmentOf(one) === evidence);
      if (party && !closed && chain.open[evidence] === '0') problems.push({ what: 'missing', step: 'receive', at });
    }
    if (step === 'receive') holder = party;
    if (step === 'return') holder = senders[consignmentOf(each)];
  }
  return problems;
}

/** `ask(node, questions)` gives a node's answers or throws. */
export async function selfcheck(proof, page, nodes, ask) {
  const outcome = { state: 'doubt', problems: [], agreed: [], disagreed: [], silent: [], waiting: [], seen: [] };
  let facts;
  try {
    facts = await examine(proof, page);
  } catch (error) {
    return { ...outcome, problems: [{ what: 'proof' }] };
  }
  const { told, own, problems } = facts;
  Object.assign(outcome, { told, cut: facts.cut });
  outcome.waiting = told.filter((each) => !isOnChain(each)).map(({ evidence }) => evidence);
  const plan = questions(page, own, told);
  let worst = [];
  await Promise.all(
    nodes.map(async (node) => {
      try {
        const chain = read(await ask(node, plan.asked), plan);
        const found = await against(chain, proof, page, facts);
        outcome[found.length ? 'disagreed' : 'agreed'].push(node);
        if (found.length) worst = found;
        else outcome.seen = told.filter(isOnChain).map(({ evidence }) => evidence);
      } catch (error) {
        outcome.silent.push(node);
      }
    }),
  );
  const { agreed, disagreed, waiting } = outcome;
  outcome.problems = [...problems, ...(disagreed.length && disagreed.length >= agreed.length ? worst : [])];
  outcome.whole = agreed.length + disagreed.length > 0 && !waiting.length;
  outcome.state = outcome.problems.length ? 'doubt' : outcome.whole ? 'passed' : 'pending';
  return outcome;
}
