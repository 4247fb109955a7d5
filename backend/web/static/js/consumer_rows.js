// Whether the rows that a person sees say what the checked records say.

const UNTOLD = ['ship', 'inspect'];
const PACKING = ['pack', 'unpack']; // evidence of the way, but no step of it that a page tells
const day = (seconds) => new Date((seconds + 8 * 3600) * 1000).toISOString().slice(0, 10); // China Standard Time

export const period = (times) => [...new Set([Math.min(...times), Math.max(...times)].map(day))].join(' – ');

/** Rows of the page as plain values: what the markup states and what the eye reads. */
export const rowsOf = (root) =>
  Array.from(root.querySelectorAll('[data-evidence]'), (row) => ({
    evidences: row.dataset.evidence.split(' '),
    places: row.dataset.places,
    what: row.querySelector('[data-what]').textContent.trim(),
    when: row.querySelector('time').textContent.trim(),
  }));

/** Problems of the rows; `all` when the page tells also what a journey leaves out. */
export function compare(rows, told, words, all) {
  const problems = [];
  const known = Object.fromEntries(told.map((each) => [each.evidence, each]));
  const shown = rows.flatMap((row) => row.evidences);
  for (const { evidence, fields, at } of told) {
    const wanted = !PACKING.includes(fields.step) && (all || !UNTOLD.includes(fields.step));
    if (wanted && !shown.includes(evidence)) problems.push({ what: 'hidden', step: fields.step, at });
  }
  if (new Set(shown).size !== shown.length) problems.push({ what: 'invented' });
  let before = 0;
  for (const row of rows) {
    const records = row.evidences.map((each) => known[each]);
    if (records.includes(undefined)) {
      problems.push({ what: 'invented' });
      continue;
    }
    const unique = (values) => [...new Set(values)];
    const [{ fields, at }] = records;
    const what = unique(records.map((each) => words.steps[each.fields.step])).join(words.and);
    const places = unique(records.map(({ reading }) => reading.place || '')).join(' ');
    const right = row.what === what && row.when === period(records.map((each) => each.at)) && row.places === places;
    if (!right || at < before) problems.push({ what: 'row', step: fields.step, at });
    before = at;
  }
  return problems;
}
