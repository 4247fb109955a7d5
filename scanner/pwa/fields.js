// Reading fields of an event: CBV words in any spelling, lists, texts, numbers in decimals.
import { Malformed } from "./errors.js";

const JL = "https://ns.jiulian.example/epcis/";

/** A CBV or `jl:` word from any of the spellings EPCIS allows; a word of ours has none of the CBV's. */
export function word(value, web, urn) {
  if (typeof value !== "string") return "";
  if (value.startsWith(JL)) return "jl:" + value.slice(JL.length);
  const front = [`https://ref.gs1.org/cbv/${web}-`, `urn:epcglobal:cbv:${urn}:`, `cbv:${web}-`].find((each) =>
    value.startsWith(each),
  );
  const rest = front ? value.slice(front.length) : value;
  return rest.includes(":") ? value : rest;
}

export function objects(event, field) {
  const entries = event[field] === undefined ? [] : event[field];
  const good = Array.isArray(entries) && entries.every((each) => each && typeof each === "object" && !Array.isArray(each));
  if (!good) throw new Malformed(field, "is not a list of objects");
  return entries;
}

export function textOf(entry, field, path) {
  if (typeof entry[field] !== "string") throw new Malformed(`${path}.${field}`, "is missing or not text");
  return entry[field];
}

export function named(path, read) {
  try {
    return read();
  } catch (error) {
    throw error instanceof Malformed ? new Malformed(path, error.reason) : error;
  }
}

/** A number times 10^places as a whole number, or null: in decimals, as it is written, not in binary fractions. */
export function whole(number, places) {
  const match = /^(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(number));
  if (!match) return null;
  const shift = places + Number(match[3] ?? 0) - (match[2] ?? "").length;
  const digits = match[1] + (match[2] ?? "");
  if (shift >= 0) return BigInt(digits + "0".repeat(shift));
  return /^0*$/.test(digits.slice(shift)) ? BigInt(digits.slice(0, shift) || "0") : null;
}
