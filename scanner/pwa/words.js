// Texts. Chinese is the source; the page brings the translations of its language.
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
