// GS1 element strings, bracketed for people or raw with FNC1: what names a bottle or a case, beside other data.
import { Malformed } from "./errors.js";

// Lengths with the identifier, by its first two digits (General Specifications, predefined length); others end at FNC1.
const FIXED = {
  "00": 20, "01": 16, "02": 16, "03": 16, "04": 18, 11: 8, 12: 8, 13: 8, 14: 8, 15: 8, 16: 8, 17: 8, 18: 8, 19: 8, 20: 4,
  31: 10, 32: 10, 33: 10, 34: 10, 35: 10, 36: 10, 41: 16,
};
const OPEN = { 10: 2, 21: 2, 22: 2, 30: 2, 37: 2, 24: 3, 25: 3, 40: 3, 42: 3, 39: 4, 70: 4, 71: 4, 72: 4, 80: 4, 90: 2, 91: 2 };
const LONG = { 31: 4, 32: 4, 33: 4, 34: 4, 35: 4, 36: 4, 41: 3 };
const broken = (text) => new Malformed("element string", `cannot be taken apart: ${text.slice(0, 40)}`);

function bracketed(text) {
  if (!/^(?:\(\d{2,4}\)(?:\\\(|[^(])+)+$/.test(text)) throw broken(text);
  return [...text.matchAll(/\((\d{2,4})\)((?:\\\(|[^(])+)/g)].map(([, ai, value]) => [ai, value.replaceAll("\\(", "(")]);
}

function raw(text) {
  const found = [];
  let rest = text;
  while (rest) {
    const two = rest.slice(0, 2);
    const named = OPEN[two] ?? LONG[two] ?? (two in FIXED ? 2 : 0);
    const end = FIXED[two] ?? (rest + "\u001d").indexOf("\u001d");
    if (!named || rest.length < end || end <= named) throw broken(text);
    found.push([rest.slice(0, named), rest.slice(named, end)]);
    rest = rest.slice(end).replace(/^\u001d/, "");
  }
  return found;
}

/** [identifier, value] in the order in which they stand; values are not looked at. */
export const elementsOf = (text) => (text.startsWith("(") ? bracketed(text) : raw(text));
