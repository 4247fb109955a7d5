// Small helpers to write pages with.

/** An element with attributes (null and false leave one out) and children. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((each) => each !== null));
  return element;
}

/** The element with a data attribute inside another. */
export const part = (root, name) => root.querySelector(`[data-${name}]`);

/** Hands a person a file of JSON. */
export function download(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export const flag = (element, name, on) => element.toggleAttribute(`data-${name}`, Boolean(on));

/** A code in groups, its last four digits stressed: that is what people compare. */
export const shownCode = (code) => h("span", { class: "code" }, code.slice(0, -4), h("b", {}, code.slice(-4)));
