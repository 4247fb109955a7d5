// Canonical JSON (RFC 8785). ECMAScript's own number and string forms are the ones the RFC prescribes; keys are sorted
// by UTF-16 code units, which is what Array.prototype.sort does.
import { Malformed } from "./errors.js";

const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

function text(value) {
  if (LONE_SURROGATE.test(value)) throw new Malformed("", "holds half a character");
  return JSON.stringify(value);
}

/** The canonical text of a JSON value. */
export function canonical(value) {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return text(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new Malformed("", "holds a number that JSON cannot carry");
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value === "object") {
    const entries = Object.keys(value).sort().map((key) => `${text(key)}:${canonical(value[key])}`);
    return `{${entries.join(",")}}`;
  }
  throw new Malformed("", `holds ${typeof value}, which is not JSON`);
}
