// Canonical JSON (RFC 8785). ECMAScript's own number and string forms are the ones the RFC prescribes; keys are sorted
// by UTF-16 code units, which is what Array.prototype.sort does.
import { Malformed } from "./errors.js";

export const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

function text(value) {
  if (LONE_SURROGATE.test(value)) throw new Malformed("", "holds half a character");
  return JSON.stringify(value);
}

const DEPTH_MAX = 64;
/** Whole numbers that another reader may take for another number: scanner/epcis/json_text.py refuses them too. */
const isInexact = (number) => !Number.isFinite(number) || (Math.abs(number) > Number.MAX_SAFE_INTEGER && Math.abs(number) < 1e21);

/** The canonical text of a JSON value. */
export function canonical(value, depth = 0) {
  if (depth > DEPTH_MAX) throw new Malformed("", `is nested deeper than ${DEPTH_MAX} levels`);
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return text(value);
  if (typeof value === "number") {
    if (isInexact(value)) throw new Malformed("", "holds a number that JSON cannot carry");
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map((each) => canonical(each, depth + 1)).join(",")}]`;
  if (typeof value === "object") {
    const entries = Object.keys(value).sort().map((key) => `${text(key)}:${canonical(value[key], depth + 1)}`);
    return `{${entries.join(",")}}`;
  }
  throw new Malformed("", `holds ${typeof value}, which is not JSON`);
}
