// What a text names, however it is written: a bottle, a case, a batch, a place. The twin of scanner/device/names.py.
import { Malformed } from "./errors.js";
import { batchOf, caseUri, checkDigit, glnOf, hasCheckDigit, itemUri, parseLink } from "./gs1.js";

const URN = /^urn:epc:(?:id|idpat|class):(sgtin|sscc):(\d{6,12})\.(\d*)(?:\.(.+))?$/;
const SERIAL = /^(?:%[0-9A-Fa-f]{2}|[!'()*+,.0-9:;=A-Za-z_-]){1,28}$/;
const CSET82 = /^[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}$/;
const WEB = /^[-A-Za-z0-9._~:/?#[\]@!$&'()*+,;=%]*$/;
const LENGTHS = { "00": 18, "01": 14 };
const QUALIFIED = ["01", "22", "10", "21"];

const refusal = (text) => new Malformed("unit", `${text.slice(0, 100)} is neither a bottle (GTIN and serial) nor a case (SSCC)`);
const decoded = (text) => text.replace(/%([0-9A-Fa-f]{2})/g, (_, pair) => String.fromCharCode(parseInt(pair, 16)));

function ofUrn(text) {
  const [, scheme, company, reference, tail] = URN.exec(text) ?? [];
  const digits = (company ?? "").length + (reference ?? "").length;
  const whole = reference ? reference[0] + company + reference.slice(1) : "";
  if (scheme === "sscc" && digits === 17 && tail === undefined) return new Map([["00", whole + checkDigit(whole)]]);
  if (scheme === "sgtin" && digits === 13 && tail !== "*" && SERIAL.test(tail ?? "")) {
    return new Map([["01", whole + checkDigit(whole)], ["21", decoded(tail)]]);
  }
  throw refusal(text);
}

function ofBrackets(text) {
  const found = new Map();
  if (!/^(?:\(\d{2,4}\)(?:\\\(|[^(])+)+$/.test(text)) throw refusal(text);
  for (const [, ai, value] of text.matchAll(/\((\d{2,4})\)((?:\\\(|[^(])+)/g)) {
    if (found.has(ai) && found.get(ai) !== value) throw refusal(text);
    found.set(ai, value.replaceAll("\\(", "("));
  }
  return found;
}

/** A raw element string; only a serial or a batch may end it open, so that what follows it needs its FNC1. */
function ofRaw(text) {
  const found = new Map();
  let rest = text;
  while (rest) {
    const ai = rest.slice(0, 2);
    if (!QUALIFIED.includes(ai) && ai !== "00") throw refusal(text);
    const end = LENGTHS[ai] ? 2 + LENGTHS[ai] : (rest + "\u001d").indexOf("\u001d");
    found.set(ai, rest.slice(2, end));
    rest = rest.slice(end).replace(/^\u001d/, "");
  }
  return found;
}

function elements(text) {
  if (text.startsWith("(")) return ofBrackets(text);
  if (/^[0-9]/.test(text)) return ofRaw(text);
  if (text.startsWith("urn:")) return ofUrn(text);
  if (!WEB.test(text)) throw new Malformed("digital link", "holds a character that no web address may hold");
  const { values } = parseLink(text);
  inOrder([...values.keys()], text);
  return values;
}

/** Qualifiers follow their key in the standard's order; 00 has none. */
function inOrder(names, text) {
  const places = names.map((ai) => QUALIFIED.indexOf(ai));
  const good = names[0] === "00" ? names.length === 1 : places.every((place, at) => place > (places[at - 1] ?? -1));
  if (!good) throw refusal(text);
}

/** The bottle or case a text names: {key, gtin, batch}; `key` is its canonical Digital Link. */
export function unitOf(text) {
  const found = elements(text);
  for (const [ai, value] of found) {
    const good = LENGTHS[ai] ? value.length === LENGTHS[ai] && hasCheckDigit(value) : CSET82.test(value);
    if (!good) throw new Malformed(ai, "is not a value of this application identifier");
  }
  const names = [...found.keys()];
  if (names.length === 1 && names[0] === "00") return { key: caseUri(found.get("00")), gtin: null, batch: null };
  if (found.has("01") && found.has("21") && names.every((ai) => QUALIFIED.includes(ai))) {
    return { key: itemUri(found.get("01"), found.get("21")), gtin: found.get("01"), batch: found.get("10") ?? null };
  }
  throw refusal(text);
}

const linkKeys = (uri) => (/^https?:/i.test(uri) ? [...parseLink(uri).values.keys()] : []);

/** GTIN and batch of a batch class. */
export function classOf(uri) {
  inOrder(linkKeys(uri), uri);
  return batchOf(uri);
}

/** The GLN of a party or a place. */
export function placeOf(uri) {
  const [primary, ...rest] = linkKeys(uri);
  if (rest.length && !(rest.length === 1 && rest[0] === { 414: "254", 417: "7040" }[primary])) {
    throw new Malformed("gln", "is followed by what cannot follow it");
  }
  return glnOf(uri);
}
