// Runs the self-check for a page: what the page states, what its server proves, what the nodes say.

import { compare, period, rowsOf } from './consumer_rows.js';

const PINS = ['jiulian-ledger', 'jiulian-register', 'jiulian-log'];

/** Pins the contracts at the first visit; false when a later one names others. */
function pinned({ chain, ledger, register, log }) {
  try {
    return [ledger, register, log].every((address, at) => {
      const named = `${chain}/${address.toLowerCase()}`;
      const known = localStorage.getItem(PINS[at]);
      if (!known) localStorage.setItem(PINS[at], named);
      return !known || known === named;
    });
  } catch (error) {
    return true; // storage is switched off: nothing is remembered
  }
}

export const trustNewLedger = () => PINS.forEach((each) => localStorage.removeItem(each));

/** What checks is loaded beside the proof, all at once: a phone is far from us, and what imports what costs a way each. */
const FAR = ['../reading/reading.js', '../reading/units.js', '../reading/fields.js', '../reading/bytes.js', './merkle.js'];
async function tools() {
  const loading = ['./selfcheck.js', './consumer_node.js', ...FAR].map((each) => import(each));
  const [{ selfcheck }, { ask }] = await Promise.all(loading);
  return { selfcheck, ask };
}

const unchecked = (line) => ({ state: 'pending', line, problems: [], seen: [], agreed: [], disagreed: [], silent: [], whole: false });

async function outcomeOf(main, page, words, loading) {
  if (!crypto.subtle) return unchecked(words.insecure);
  if (!page.ledger) return unchecked(words.unready);
  let proof, selfcheck, ask;
  try {
    const answer = await fetch(page.proof, { headers: { Accept: 'application/json' } });
    ({ selfcheck, ask } = await loading);
    if (!answer.ok) return unchecked(words.unready);
    proof = await answer.json();
  } catch (error) {
    return unchecked(words.silent);
  }
  const outcome = await selfcheck(proof, page, page.nodes.split(' ').filter(Boolean), ask);
  const all = main.hasAttribute('data-all');
  const rows = outcome.told ? compare(rowsOf(main), outcome.told, words, all) : [];
  const pin = pinned(page) ? [] : [{ what: 'pinned' }];
  outcome.problems = [...pin, ...outcome.problems, ...rows];
  if (outcome.problems.length) outcome.state = 'doubt';
  return outcome;
}

function lineOf({ state, line, agreed, disagreed, waiting, cut }, words) {
  if (line) return line;
  const rest = (disagreed.length ? words.outvoted(disagreed.length) : '') + (cut ? words.cut : '');
  if (state === 'passed') return words.passed(agreed.length) + rest;
  if (state === 'doubt') return words.doubt;
  if (!agreed.length) return words.silent;
  return words.waiting(waiting.length);
}

/** One sentence a record, the gravest: an edited record differs in many ways at once. */
async function sentencesOf(problems, words, language) {
  const said = new Map();
  if (!problems.length) return [];
  const unsaid = { say: () => words.doubt }; // a doubt stays a doubt, also when its sentences do not load
  const { say } = await import(`./consumer_doubts_${language}.js`).catch(() => unsaid);
  for (const each of problems) {
    const about = each.at ? `${each.step}/${each.at}` : each.what;
    if (!said.has(about)) said.set(about, say(each, each.at ? period([each.at]) : ''));
  }
  return [...said.values()];
}

/** `main` carries what the page states in data attributes; `tell(outcome, words)` is called at the end. */
export async function run(main, tell) {
  const page = { ...main.dataset };
  const loading = tools();
  loading.catch(() => {}); // told where it is waited for
  const words = await import(`./consumer_words_${page.language}.js`);
  const status = main.querySelector('[data-status]');
  status.textContent = words.checking;
  const outcome = await outcomeOf(main, page, words, loading);
  outcome.line = lineOf(outcome, words);
  outcome.sentences = await sentencesOf(outcome.problems, words, page.language);
  status.textContent = outcome.line;
  main.dataset.state = outcome.state;
  for (const row of main.querySelectorAll('[data-evidence]')) {
    const seen = row.dataset.evidence.split(' ').every((each) => outcome.seen.includes(each));
    row.dataset.seen = seen ? 'yes' : 'no';
  }
  tell(outcome, words);
}
