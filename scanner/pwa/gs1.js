// GS1 keys and their URIs: check digits, Digital Links, the urn:epc: forms that name batches and places.
import { Malformed } from "./errors.js";

const GS1 = "https://id.gs1.org";
const CSET82 = /^[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}$/;
const KEYS = { "00": 18, "01": 14, 414: 13, 417: 13 };
const ADDRESS = /^(?:https?|HTTPS?):\/\/(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(\/[^?#]*)/;
const WEB = /^[-A-Za-z0-9._~:/?#[\]@!$&'()*+,;=%]*$/;
const QUALIFIERS = ["22", "10", "21"];
const DATES = ["11", "12", "13", "15", "16", "17"];
const URN = /^urn:epc:(?:id|idpat|class):(lgtin|sgln|pgln):(\d{6,12})\.(\d*)(?:\.(.+))?$/;

/** The modulo 10 check digit behind a body of digits: weights 3, 1, 3, … from the right. */
export function checkDigit(body) {
  const total = [...body].reverse().reduce((sum, digit, place) => sum + digit * (place % 2 ? 1 : 3), 0);
  return String((10 - (total % 10)) % 10);
}

export const hasCheckDigit = (key) => /^\d{2,}$/.test(key) && checkDigit(key.slice(0, -1)) === key.at(-1);

/** A value of a key, a batch or a serial as it may be; others are not looked at. */
export function checkValue(ai, value) {
  if (KEYS[ai] && !(value.length === KEYS[ai] && hasCheckDigit(value))) {
    throw new Malformed(ai, "is not a key of the right length with its check digit");
  }
  if ((ai === "10" || ai === "21") && !CSET82.test(value)) throw new Malformed(ai, "holds a character GS1 does not know");
  return value;
}

const decode = (text) => text.replace(/%([0-9A-Fa-f]{2})/g, (_, pair) => String.fromCharCode(parseInt(pair, 16)));

const encode = (text) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase());

/** Application identifiers and values in the path of a Digital Link, at any domain and stem; a slash behind the last
 * value is taken. */
export function parseLink(uri) {
  const match = ADDRESS.exec(uri);
  if (!match) throw new Malformed("digital link", "is not a web address with a path");
  if (/https?:\//i.test(match[1])) throw new Malformed("digital link", "holds a second web address: two codes have run together");
  const segments = match[1].replace(/\/$/, "").split("/").slice(1);
  for (let at = segments.length - 2; at >= 0; at -= 2) {
    if (!(segments[at] in KEYS)) continue;
    const values = new Map();
    for (let place = at; place < segments.length; place += 2) {
      values.set(segments[place], checkValue(segments[place], decode(segments[place + 1])));
    }
    return { primary: segments[at], values };
  }
  throw new Malformed("digital link", "has no GS1 key in its path");
}

/** YYMMDD; day 00 says that the day is not given. */
function checkDate(ai, value) {
  const [, year, month, day] = /^(\d\d)(\d\d)(\d\d)$/.exec(value) ?? [];
  const good = month >= "01" && month <= "12" && Number(day) <= new Date(Date.UTC(2000 + Number(year), month, 0)).getUTCDate();
  if (!good) throw new Malformed(ai, "is not a date");
}

function checkAttribute(item) {
  const [name, value] = item.split("=");
  if (value === undefined) return;
  if (name in KEYS || QUALIFIERS.includes(name)) throw new Malformed(name, "belongs in the path");
  if (DATES.includes(name)) checkDate(name, decode(value));
}

/** [identifier, value] of a link to a case, a product or a bottle, as the server takes it: qualifiers in the standard's
 * order, nothing in the query that belongs in the path, dates of the calendar. */
export function checkLink(uri) {
  if (!WEB.test(uri)) throw new Malformed("digital link", "holds a character that no web address may hold");
  const { primary, values } = parseLink(uri);
  const places = [...values.keys()].slice(1).map((ai) => QUALIFIERS.indexOf(ai));
  const inOrder = places.every((place, at) => place > (places[at - 1] ?? -1));
  if (!inOrder || (primary !== "01" && places.length)) throw new Malformed("digital link", "has parts that cannot follow its key");
  const query = /^[^?#]*\?([^#]*)/.exec(uri)?.[1] ?? "";
  query.split("&").forEach(checkAttribute);
  return [...values];
}

/** The Digital Link of a urn:epc: of a batch, a place or a party; everything else comes back as it is. */
function linkOf(uri) {
  const match = URN.exec(uri);
  if (!match) return uri;
  const [, scheme, company, reference, tail] = match;
  const whole = (body) => body + checkDigit(body);
  if (scheme === "lgtin") return `${GS1}/01/${whole(reference[0] + company + reference.slice(1))}/10/${tail}`;
  return `${GS1}/${scheme === "sgln" ? 414 : 417}/${whole(company + reference)}`;
}

/** GTIN and batch of a batch class. */
export function batchOf(uri) {
  const { values } = parseLink(linkOf(uri));
  if (!values.has("01") || !values.has("10") || values.has("21")) throw new Malformed("epcClass", "names no batch");
  return { gtin: values.get("01"), batch: values.get("10") };
}

/** The GLN in the URI of a party or a place. */
export function glnOf(uri) {
  const { primary, values } = parseLink(linkOf(uri));
  if (primary !== "414" && primary !== "417") throw new Malformed("gln", "is not in the address");
  return values.get(primary);
}

export const classUri = (gtin, batch) => `${GS1}/01/${gtin}/10/${encode(batch)}`;
export const itemUri = (gtin, serial) => `${GS1}/01/${gtin}/21/${encode(serial)}`;
export const caseUri = (sscc) => `${GS1}/00/${sscc}`;
export const placeUri = (gln) => `${GS1}/414/${gln}`;
export const partyUri = (gln) => `${GS1}/417/${gln}`;
