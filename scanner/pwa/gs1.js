// GS1 keys and their URIs: check digits, Digital Links, the urn:epc: forms that name batches and places.
import { Malformed } from "./errors.js";

const GS1 = "https://id.gs1.org";
const CSET82 = /^[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}$/;
const IMPORTER = /^\d[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{2}[-0-9A-Z_a-z]$/;
const LENGTHS = { "00": 18, "01": 14, 414: 13, 417: 13 };
const KEYS = new Set("00 01 253 255 401 402 414 415 417 8003 8004 8006 8010 8013 8017 8018".split(" "));
const ADDRESS = /^(?:https?|HTTPS?):\/\/(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}))?(\/[^?#]*)(?:\?([^#]*))?/;
const WEB = /^[-A-Za-z0-9._~:/?#[\]@!$&'()*+,;=%]*$/;
const QUALIFIERS = ["22", "10", "21"];
const DATES = ["11", "12", "13", "15", "16", "17"];

/** The modulo 10 check digit behind a body of digits: weights 3, 1, 3, … from the right. */
export function checkDigit(body) {
  const total = [...body].reverse().reduce((sum, digit, place) => sum + digit * (place % 2 ? 1 : 3), 0);
  return String((10 - (total % 10)) % 10);
}

export const hasCheckDigit = (key) => /^\d{2,}$/.test(key) && checkDigit(key.slice(0, -1)) === key.at(-1);

/** A value of a key, a batch, a serial or a part of a place as it may be; others are not looked at. */
export function checkValue(ai, value) {
  if (LENGTHS[ai] && !(value.length === LENGTHS[ai] && hasCheckDigit(value))) {
    throw new Malformed(ai, "is not a key of the right length with its check digit");
  }
  if (["10", "21", "22", "254"].includes(ai) && !CSET82.test(value)) throw new Malformed(ai, "holds a character GS1 does not know");
  if (ai === "7040" && !IMPORTER.test(value)) throw new Malformed(ai, "is not an importer index");
  return value;
}

/** Each `%XX` becomes the character of that number; a broken one stays. */
export const decode = (text) => text.replace(/%([0-9A-Fa-f]{2})/g, (_, pair) => String.fromCharCode(parseInt(pair, 16)));

const encode = (text) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase());

/** Names at every other place from behind: the last value of a path stands behind the last of them. */
const keyFrom = (segments, last) => {
  for (let at = last; at >= 0; at -= 2) if (KEYS.has(segments[at])) return at;
  return -1;
};

/** A Digital Link at any domain and stem: `elements`, [identifier, value] from its key on in the order of the path, and
 * `query` as written. A slash behind the last value is taken; behind a name it stands for a value that is empty. */
export function parseLink(uri) {
  if (!WEB.test(uri)) throw new Malformed("digital link", "holds a character that no web address may hold");
  const [, port = "0", path, query = ""] = ADDRESS.exec(uri) ?? [];
  if (path === undefined || Number(port) > 65535) throw new Malformed("digital link", "is not a web address with a path");
  if (/https?:\//i.test(path)) throw new Malformed("digital link", "holds a second web address: two codes have run together");
  const segments = path.split("/").slice(1);
  if (segments.at(-1) === "" && keyFrom(segments, segments.length - 3) >= 0) segments.pop();
  const at = keyFrom(segments, segments.length - 2);
  if (at < 0) throw new Malformed("digital link", "has no GS1 key in its path");
  const elements = [];
  for (let place = at; place < segments.length; place += 2) {
    elements.push([segments[place], checkValue(segments[place], decode(segments[place + 1]))]);
  }
  return { elements, query };
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
  if (name in LENGTHS || QUALIFIERS.includes(name)) throw new Malformed(name, "belongs in the path");
  if (DATES.includes(name)) checkDate(name, decode(value));
}

/** [identifier, value] of a link to a case, a product or a bottle, as the server takes it: qualifiers in the standard's
 * order, nothing in the query that belongs in the path, dates of the calendar. */
export function checkLink(uri) {
  const { elements, query } = parseLink(uri);
  const [[primary], ...rest] = elements;
  const places = rest.map(([ai]) => QUALIFIERS.indexOf(ai));
  const inOrder = places.every((place, at) => place > (places[at - 1] ?? -1));
  if (!inOrder || (primary !== "01" && places.length)) throw new Malformed("digital link", "has parts that cannot follow its key");
  query.split("&").forEach(checkAttribute);
  return elements;
}

export const classUri = (gtin, batch) => `${GS1}/01/${gtin}/10/${encode(batch)}`;
export const itemUri = (gtin, serial) => `${GS1}/01/${gtin}/21/${encode(serial)}`;
export const caseUri = (sscc) => `${GS1}/00/${sscc}`;
export const placeUri = (gln) => `${GS1}/414/${gln}`;
export const partyUri = (gln) => `${GS1}/417/${gln}`;
