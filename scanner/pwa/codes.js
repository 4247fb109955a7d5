// What a scanned text is: a case, a bottle, or nothing we know and why; and whether it can be the whole of a code yet.
// The twin of scanner/codes/scanned.py.
import { elementsOf } from "./elements.js";
import { Malformed } from "./errors.js";
import { caseUri, checkLink, checkValue, hasCheckDigit, itemUri } from "./gs1.js";
import { scanText } from "./scan_text.js";

const ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";
export const SERIAL_LENGTH = 14;

const isOurs = (serial) => serial.length === SERIAL_LENGTH && [...serial].every((letter) => ALPHABET.includes(letter));

/** Whether a bottle's serial has the length, the letters and the check character of ours. */
export function checkSerial(serial) {
  if (!isOurs(serial)) return false;
  const values = [...serial].map((letter) => ALPHABET.indexOf(letter));
  const sum = values.slice(0, -1).reduce((total, value, at) => total + value * (at + 1), 0);
  return sum % ALPHABET.length === values.at(-1);
}

/** Whether it can only be a serial of ours that was misread: our length and letters, but not our check character. */
export const isMisread = (serial) => isOurs(serial) && !checkSerial(serial);

const caseCode = (sscc) => ({ kind: "case", sscc, epc: caseUri(sscc), shown: sscc });
const unknown = (shown, fault = "unknown") => ({ kind: "unknown", fault, shown });

/** A bottle: {kind: "bottle", gtin, batch, serial, epc, shown}. */
export const bottleCode = (gtin, batch, serial) => ({ kind: "bottle", gtin, batch, serial, epc: itemUri(gtin, serial), shown: serial });

const swapCase = (text) => [...text].map((letter) => (letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase())).join("");

/** A serial in capitals, as ours are. With Caps Lock on, `http` comes as `HTTP` and the batch is turned too; a link that
 * was all capitals comes all small: whether its batch was written in capitals is not certain then. */
function readBottle(gtin, batch, serial, text) {
  const capitals = serial.toUpperCase();
  if (!isOurs(capitals) || (capitals !== serial && /[A-Z]/.test(serial))) return bottleCode(gtin, batch, serial);
  if (!checkSerial(capitals)) return unknown(serial, "check");
  if (capitals === serial) return bottleCode(gtin, batch, serial);
  if (batch && text.startsWith("HTTP")) return bottleCode(gtin, swapCase(batch), capitals);
  if (batch && /[a-z]/.test(batch) && !/[A-Z]/.test(batch)) return unknown(serial, "caps_lock");
  return bottleCode(gtin, batch, capitals);
}

function ofElements(elements, text) {
  const values = new Map();
  for (const [ai, value] of elements) {
    checkValue(ai, value);
    if (values.has(ai) && values.get(ai) !== value) return unknown(text, "glued");
    values.set(ai, value);
  }
  if (values.has("00")) return caseCode(values.get("00"));
  if (values.has("01") && values.has("21")) return readBottle(values.get("01"), values.get("10"), values.get("21"), text);
  return unknown(text);
}

/** A scanned text: {kind: "case", sscc, epc, shown}, {kind: "bottle", gtin, batch, serial, epc, shown} or
 * {kind: "unknown", fault, shown}; `fault` is one of unknown, check, caps_lock, input_method, glued. */
export function readCode(raw) {
  const { text, isGs1 } = scanText(raw);
  if ((text.match(/https?:\//gi) ?? []).length > 1 || /^(?:(?:00)?\d{18}){2,}$/.test(text)) return unknown(text, "glued");
  const digits = /^(?:00|\(00\))?(\d{18})$/.exec(text)?.[1];
  if (digits && hasCheckDigit(digits)) return caseCode(digits);
  try {
    if (/^https?:\//i.test(text)) return ofElements(checkLink(text), text);
    if (isGs1 || text.startsWith("(")) return ofElements(elementsOf(text), text);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
  }
  return unknown(text, /^[\u0000-\u007f]*$/.test(text) ? "unknown" : "input_method");
}

/** Whether a pause may end the text: no longer code can begin with it. "00" and 16 digits may be an element string that
 * was cut, and passes for an SSCC one time in ten; only Enter or Tab ends that, and an element string of more than one. */
export function isComplete(raw) {
  const { text, isGs1 } = scanText(raw);
  const code = readCode(raw);
  if (code.kind === "case") return !(/^\d{18}$/.test(text) && text.startsWith("00"));
  return code.kind === "bottle" && checkSerial(code.serial) && !isGs1 && !text.startsWith("(");
}
