// What a scanned text is: a case, a bottle, or nothing we know; and whether it can be the whole of a code yet.
import { Malformed } from "./errors.js";
import { caseUri, hasCheckDigit, itemUri, parseLink } from "./gs1.js";

const ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";
const SERIAL_LENGTH = 14;

/** Whether a bottle's serial has the length, the letters and the check character of ours. */
export function checkSerial(serial) {
  if (serial.length !== SERIAL_LENGTH) return false;
  const values = [...serial].map((letter) => ALPHABET.indexOf(letter));
  if (values.includes(-1)) return false;
  const sum = values.slice(0, -1).reduce((total, value, at) => total + value * (at + 1), 0);
  return sum % ALPHABET.length === values.at(-1);
}

const caseCode = (sscc) => ({ kind: "case", sscc, epc: caseUri(sscc), shown: sscc });

const isSscc = (text) => /^\d{18}$/.test(text) && hasCheckDigit(text);

function ofLink(text) {
  try {
    const { primary, values } = parseLink(text);
    if (primary === "00") return caseCode(values.get("00"));
    const [gtin, batch, serial] = ["01", "10", "21"].map((ai) => values.get(ai));
    if (gtin && serial) return { kind: "bottle", gtin, batch, serial, epc: itemUri(gtin, serial), shown: serial };
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
  }
  return null;
}

/** A scanned text: {kind: "case", sscc, epc}, {kind: "bottle", gtin, batch, serial, epc} or {kind: "unknown"}. */
export function readCode(raw) {
  const text = raw.trim().replace(/^\]C1|^\]e0|^\]d2|^\]Q3/, "").replace(/^\u001d/, "");
  const digits = /^\(00\)(\d{18})$/.exec(text)?.[1] ?? /^00(\d{18})$/.exec(text)?.[1] ?? text;
  if (isSscc(digits)) return caseCode(digits);
  return (/^https?:/i.test(text) && ofLink(text)) || { kind: "unknown", shown: text };
}

/** Whether a pause may end the text: no longer code can begin with it. "00" and 16 digits may be an element string that
 * was cut, and passes for an SSCC one time in ten; only Enter or Tab ends that. */
export function isComplete(raw) {
  const text = raw.trim();
  const code = readCode(text);
  if (code.kind === "case") return !(/^\d{18}$/.test(text) && text.startsWith("00"));
  return code.kind === "bottle" && checkSerial(code.serial);
}
