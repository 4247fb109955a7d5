// "How this was checked": each thing that was checked, with what came of it, and what each node said.

import { run, trustNewLedger } from './consumer_run.js';

const GROUPS = {
  unit: 'code', leaf: 'code', root: 'code', proof: 'code', ledger: 'ledger', pinned: 'ledger', chain: 'ledger',
  recalled: 'page', row: 'page', hidden: 'page', invented: 'page',
};
const main = document.querySelector('[data-proof]');

run(main, (outcome, words) => {
  const troubled = new Set(outcome.problems.map(({ what }) => GROUPS[what] || 'way'));
  for (const item of main.querySelectorAll('[data-check]')) {
    const name = item.dataset.check;
    const state = troubled.has(name) ? 'doubt' : outcome.whole ? 'passed' : 'pending';
    item.dataset.state = state;
    item.querySelector('[data-mark]').textContent = words.marks[state];
  }
  for (const item of main.querySelectorAll('[data-node]')) {
    const said = ['agreed', 'disagreed', 'silent'].find((each) => outcome[each].includes(item.dataset.node));
    item.querySelector('[data-mark]').textContent = said ? words.marks[said] : '';
  }
  const list = main.querySelector('[data-problems]');
  list.replaceChildren(
    ...outcome.sentences.map((sentence) => Object.assign(document.createElement('li'), { textContent: sentence })),
  );
  list.hidden = !outcome.sentences.length;
  const trust = main.querySelector('[data-trust]');
  trust.hidden = !outcome.problems.some(({ what }) => what === 'pinned');
  trust.addEventListener('click', () => {
    trustNewLedger();
    location.reload();
  });
});
