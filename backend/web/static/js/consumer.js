// The verdict page: the seal is stamped when the phone has seen for itself, and turns to doubt when something differs.

import { run } from './consumer_run.js';

const main = document.querySelector('[data-proof]');

run(main, (outcome, words) => {
  if (outcome.state !== 'doubt') return;
  main.querySelector('[data-status]').textContent = words.details;
  if (main.dataset.verdict !== 'recalled') {
    main.dataset.verdict = 'doubt';
    main.querySelector('[data-seal]').textContent = '疑';
    main.querySelector('h1').textContent = words.doubt;
  }
  const list = main.querySelector('[data-problems]');
  list.replaceChildren(
    ...outcome.sentences.slice(0, 4).map((sentence) => Object.assign(document.createElement('li'), { textContent: sentence })),
  );
  list.hidden = false;
});
