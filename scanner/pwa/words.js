// Texts. Chinese is the source; the page brings the translations of its language, and the words of states.
let words = null;

function load() {
  const element = globalThis.document?.getElementById("words");
  return element ? JSON.parse(element.textContent) : {};
}

/** A text in the reader's language; {name} stands for a value. */
export function t(text, values = {}) {
  words ??= load();
  return (words[text] ?? text).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** What a state is called: the page brings backend/web/vocabulary.py's words, so that desks and app say the same. */
export const word = (kind, state) => t(`${kind}.${state}`);
