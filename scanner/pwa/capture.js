// What the contract is told about an event: the twin of scanner/device/capture.py. tests/vectors/capture keeps the two
// together. Hashes are bytes, quantities BigInt, time in whole seconds UTC.
import { unhex, utf8 } from "./bytes.js";
import { Malformed } from "./errors.js";
import { named, objects, textOf, whole, word } from "./fields.js";
import { batchOf, glnOf } from "./gs1.js";
import { canonical } from "./jcs.js";
import { root } from "./merkle.js";
import { sha256 } from "./vendor.js";

const OBJECT_STEPS = {
  commissioning: 8, shipping: 9, receiving: 10, inspecting: 7, retail_selling: 12, destroying: 13,
  "jl:harvest": 1, "jl:age": 4, "jl:return": 11, "jl:recall": 14, "jl:lift": 15,
};
const TRANSFORMATION_STEPS = { "jl:ferment": 2, "jl:distil": 3, "jl:blend": 5, "jl:bottle": 6 };
const COMMISSION = 8, SHIP = 9, RECEIVE = 10;
const SPEAKING = new Set([4, 7, COMMISSION, 14, 15]); // steps that move nothing may leave their quantity out
const FACTORS = { KGM: 3, LTR: 3 };
const TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const EVIDENCE = /^ni:\/\/\/sha-256;([0-9a-f]{64})$/;
const ZERO = new Uint8Array(32);

function batchQuantity(entry, path, step) {
  const uri = textOf(entry, "epcClass", path);
  const { gtin, batch } = named(`${path}.epcClass`, () => batchOf(uri));
  const uom = entry.uom ?? null;
  if (uom !== null && !(typeof uom === "string" && uom in FACTORS)) {
    throw new Malformed(`${path}.uom`, "is neither KGM nor LTR nor left out for bottles");
  }
  const value = entry.quantity === undefined && SPEAKING.has(step) ? 0 : entry.quantity;
  if (typeof value !== "number") throw new Malformed(`${path}.quantity`, "is missing or not a number");
  const quantity = whole(value, uom === null ? 0 : FACTORS[uom]);
  if (quantity === null || quantity >= 1n << 128n) {
    throw new Malformed(`${path}.quantity`, "is not a whole number of grams, millilitres or bottles");
  }
  return { batch: sha256(utf8(`01${gtin}10${batch}`)), quantity };
}

function single(event, field, step) {
  const entries = objects(event, field);
  if (entries.length !== 1) throw new Malformed(field, `has ${entries.length} entries; this step is about one batch`);
  return batchQuantity(entries[0], `${field}[0]`, step);
}

const partyId = (gln) => sha256(utf8(gln));

function counterparty(event, step) {
  if (step !== SHIP && step !== RECEIVE) return ZERO;
  const [field, key] = step === SHIP ? ["destinationList", "destination"] : ["sourceList", "source"];
  const owners = objects(event, field).filter((each) => word(each.type, "SDT", "sdt") === "owning_party");
  if (owners.length !== 1) throw new Malformed(field, `names ${owners.length} owning parties instead of one`);
  const uri = textOf(owners[0], key, field);
  return named(`${field}.${key}`, () => partyId(glnOf(uri)));
}

function location(event) {
  if (event.readPoint === undefined || event.readPoint === null) return ZERO;
  const point = typeof event.readPoint === "object" ? event.readPoint : {};
  return named("readPoint.id", () => partyId(glnOf(textOf(point, "id", "readPoint"))));
}

function timeOf(event) {
  const match = typeof event.eventTime === "string" && TIME.exec(event.eventTime);
  if (!match) throw new Malformed("eventTime", "is not a time with its offset from UTC");
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number);
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  const exists = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!exists || hour > 23 || minute > 59 || second > 59) throw new Malformed("eventTime", "is not a time that exists");
  const offset = match[7] === "Z" ? 0 : Number(match[7][0] + 60 * match[7].slice(1, 3)) + Number(match[7][0] + match[7].slice(4));
  const seconds = date.getTime() / 1000 - offset * 60;
  if (seconds < 0) throw new Malformed("eventTime", "is before 1970");
  return seconds;
}

function units(event, step) {
  if (step === COMMISSION) {
    const match = /^(?:0x)?([0-9a-f]{64})$/.exec(String(event["jl:unitsRoot"]));
    if (!match) throw new Malformed("jl:unitsRoot", "is not 64 hexadecimal digits");
    return unhex(match[1]);
  }
  const epcs = event.epcList ?? [];
  if (!Array.isArray(epcs) || !epcs.every((epc) => typeof epc === "string")) {
    throw new Malformed("epcList", "is not a list of URIs");
  }
  return epcs.length ? root(epcs.map(utf8)) : ZERO;
}

function ref(event) {
  const field = "bizTransactionList";
  const entries = objects(event, field).map((each) => [word(each.type, "BTT", "btt"), textOf(each, "bizTransaction", field)]);
  const evidence = entries.find(([kind, uri]) => kind === "desadv" && EVIDENCE.test(uri));
  if (evidence) return unhex(EVIDENCE.exec(evidence[1])[1]);
  const document = entries.find(([kind]) => kind === "po" || kind === "desadv");
  return document ? sha256(utf8(document[1])) : ZERO;
}

/** The capture of an event; Malformed names the field that a step needs and the event has not. */
export function captureOf(event) {
  const evidence = sha256(utf8(canonical(event)));
  const steps = { ObjectEvent: OBJECT_STEPS, TransformationEvent: TRANSFORMATION_STEPS }[event.type] ?? {};
  const step = steps[word(event.bizStep, "BizStep", "bizstep")] ?? 0;
  const nothing = { batch: ZERO, quantity: 0n, counterparty: ZERO, location: ZERO, units: ZERO, ref: ZERO, inputs: [] };
  if (step === 0) return { evidence, step, time: timeOf(event), ...nothing };
  const transforms = event.type === "TransformationEvent";
  const { batch, quantity } = single(event, transforms ? "outputQuantityList" : "quantityList", step);
  const inputs = transforms
    ? objects(event, "inputQuantityList").map((each, at) => batchQuantity(each, `inputQuantityList[${at}]`, step))
    : [];
  return {
    evidence, batch, step, quantity, inputs,
    counterparty: counterparty(event, step),
    location: location(event),
    time: timeOf(event),
    units: units(event, step),
    ref: ref(event),
  };
}
