// A label that no reader takes: the number of a case or the serial of a bottle, typed by hand and checked as it grows.
import { SERIAL_LENGTH, bottleCode, checkSerial, readCode } from "./codes.js";

const SSCC_LENGTH = 18;
const DIGITS = "123456789.0";
const LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";

/** The keys that each kind needs, in rows; "." leaves a place free. Letters are those of our serials: no 0 O 1 I L. */
export const KEYS = { case: [...DIGITS], bottle: [...LETTERS] };

const groups = (text, size) => text.replace(new RegExp(`.{${size}}(?=.)`, "g"), "$& ");

/** What is typed so far, in groups that an eye can compare. */
export const grouped = (kind, text) => groups(text, kind === "case" ? 3 : 4);

/** With (00) in front, as some labels print it, a case's number has two digits more. */
export const lengthOf = (kind, text) => (kind === "bottle" ? SERIAL_LENGTH : text.startsWith("00") ? SSCC_LENGTH + 2 : SSCC_LENGTH);

/** {state: "short", left}, {state: "wrong"} when the check digit or character does not fit, or {state: "good", code}.
 * `line` says of what product and batch a bottle is: its serial does not. */
export function typedCode(kind, text, line) {
  const length = lengthOf(kind, text);
  if (kind === "bottle") {
    if (text.length < length) return { state: "short", left: length - text.length };
    return checkSerial(text) ? { state: "good", code: bottleCode(line.gtin, line.batch, text) } : { state: "wrong" };
  }
  const code = text.length === SSCC_LENGTH || text.length === length ? readCode(text) : null;
  if (code?.kind === "case") return { state: "good", code };
  return text.length < length ? { state: "short", left: length - text.length } : { state: "wrong" };
}
