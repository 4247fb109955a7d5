// What a text names, however it is written: a bottle, a case, a batch, a place. The twin of scanner/device/names.py.
import { Malformed } from "./errors.js";
import { caseUri, checkDigit, checkValue, decode, itemUri, parseLink } from "./gs1.js";

const FAMILY = /^urn:epc:(?:id|class|idpat):(sgtin|lgtin|sscc|sgln|pgln):(\d{6,12})\.(\d*)([^]*)$/;
const TAIL = /^\.(?:(?:%[0-9A-Fa-f]{2}|[!'()*+,.0-9:;=A-Za-z_-]){1,28}|\*)$/;
const DIGITS = { sgtin: 13, lgtin: 13, sscc: 17, sgln: 12, pgln: 12 };
const LENGTHS = { "00": 18, "01": 14 };
// Qualifiers of a key, in the standard's order; of alternatives (sequences) only one.
const QUALIFIERS = { "00": [[]], "01": [["22", "10", "21"]], 414: [["254"], ["7040"]], 417: [["7040"]] };
const UUID = /^urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const UNIT = ["00", "01", "10", "21", "22"];

const refusal = (text) => new Malformed("unit", `${text.slice(0, 100)} is neither a bottle (GTIN and serial) nor a case (SSCC)`);

/** [identifier, value] of an EPC URN; null when it is of no kind that names a thing, a batch or a place. */
function ofUrn(text) {
  const [, scheme, company, reference, tail] = FAMILY.exec(text) ?? [];
  if (!scheme || company.length + reference.length !== DIGITS[scheme]) return null;
  if (scheme === "sscc" || scheme === "pgln" ? tail !== "" : !TAIL.test(tail)) return null;
  const body = scheme.endsWith("gln") ? company + reference : reference[0] + company + reference.slice(1);
  const key = { sgtin: "01", lgtin: "01", sscc: "00", sgln: "414", pgln: "417" }[scheme];
  const qualifier = { sgtin: "21", lgtin: "10", sgln: "254" }[scheme];
  const found = [[key, body + checkDigit(body)]];
  const open = tail === "" || tail === ".*" || (scheme === "sgln" && tail === ".0");
  return open ? found : [...found, [qualifier, decode(tail.slice(1))]];
}

/** `(01)…(21)…`; an opening bracket inside a value stands behind a backslash. */
function ofBrackets(text) {
  const found = [];
  let at = 0;
  while (at < text.length) {
    const close = text.indexOf(")", at);
    if (close < 0) throw refusal(text);
    const ai = text.slice(at + 1, close);
    let value = "";
    for (at = close + 1; at < text.length && text[at] !== "("; at += 1) {
      if (text.startsWith("\\(", at)) at += 1;
      value += text[at];
    }
    found.push([ai, value]);
  }
  return found;
}

/** A raw element string; only a serial or a batch may end it open, so that what follows it needs its FNC1. */
function ofRaw(text) {
  const found = [];
  let rest = text;
  while (rest) {
    const ai = rest.slice(0, 2);
    if (!UNIT.includes(ai)) throw refusal(text);
    const end = LENGTHS[ai] ? 2 + LENGTHS[ai] : (rest + "\u001d").indexOf("\u001d");
    found.push([ai, rest.slice(2, end)]);
    rest = rest.slice(end).replace(/^\u001d/, "");
  }
  return found;
}

/** A link's path; what its query says is not looked into, but for what belongs in the path. */
function ofLink(text) {
  const { elements, query } = parseLink(text);
  const [[primary], ...rest] = elements;
  const sequences = QUALIFIERS[primary];
  if (!sequences) throw new Malformed("digital link", "names something of another kind");
  const inOrder = (sequence) => {
    const places = rest.map(([ai]) => sequence.indexOf(ai));
    return places.every((place, at) => place > (places[at - 1] ?? -1));
  };
  if (!sequences.some(inOrder)) throw new Malformed("digital link", "has parts that cannot follow its key in this order");
  const parts = new Set([primary, "22", "235", "8200", ...sequences.flat()]);
  for (const item of query.split("&")) {
    const [name, ...value] = item.split("=");
    if (value.length && parts.has(decode(name))) throw new Malformed(decode(name), "belongs in the path");
  }
  return elements;
}

function ofUri(text) {
  const elements = ofUrn(text) ?? ofLink(text);
  elements.forEach(([ai, value]) => checkValue(ai, value));
  return new Map(elements);
}

function ofElements(text) {
  const found = new Map();
  for (const [ai, value] of text.startsWith("(") ? ofBrackets(text) : ofRaw(text)) {
    if (!UNIT.includes(ai) || (found.has(ai) && found.get(ai) !== value)) throw refusal(text);
    found.set(ai, checkValue(ai, value));
  }
  return found;
}

/** The bottle or case a text names: {key, gtin, batch}; `key` is its canonical Digital Link. */
export function unitOf(text) {
  const found = /^[(0-9]/.test(text) ? ofElements(text) : ofUri(text);
  if (found.size === 1 && found.has("00")) return { key: caseUri(found.get("00")), gtin: null, batch: null };
  if (!found.has("00") && found.has("01") && found.has("21")) {
    return { key: itemUri(found.get("01"), found.get("21")), gtin: found.get("01"), batch: found.get("10") ?? null };
  }
  throw refusal(text);
}

/** One text for an eventID however it is written: UUIDs compare without case (RFC 9562); null when it is no text. */
export function eventKey(eventId) {
  if (typeof eventId !== "string") return null;
  return UUID.test(eventId) ? eventId.toLowerCase() : eventId;
}

/** GTIN and batch of a batch class. */
export function classOf(uri) {
  const found = ofUri(uri);
  if (!found.has("01") || !found.has("10") || found.has("21")) throw new Malformed("epcClass", "names no batch");
  return { gtin: found.get("01"), batch: found.get("10") };
}

/** The GLN of a party or a place. */
export function placeOf(uri) {
  const found = ofUri(uri);
  const gln = found.get("414") ?? found.get("417");
  if (gln === undefined) throw new Malformed("gln", "is not in the address");
  return gln;
}
