// What an event says, in plain identifiers: the twin of scanner/device/reading.py. tests/vectors/capture keeps the two
// together. Quantities are BigInt, time in whole seconds UTC, hashes bytes.
import { unhex, utf8 } from "./bytes.js";
import { Malformed } from "./errors.js";
import { named, objects, textOf, whole, word } from "./fields.js";
import { canonical, LONE_SURROGATE } from "./jcs.js";
import { classOf, eventKey, placeOf, unitOf } from "./units.js";
import { sha256 } from "./vendor.js";

const OBJECT_STEPS = {
  commissioning: 8, shipping: 9, receiving: 10, inspecting: 7, retail_selling: 12, destroying: 13,
  "jl:harvest": 1, "jl:age": 4, "jl:return": 11, "jl:recall": 14, "jl:lift": 15,
};
const TRANSFORMATION_STEPS = { "jl:ferment": 2, "jl:distil": 3, "jl:blend": 5, "jl:bottle": 6 };
const STEPS = new Map([["ObjectEvent", OBJECT_STEPS], ["TransformationEvent", TRANSFORMATION_STEPS]]);
export const NONE = 0, COMMISSION = 8, SHIP = 9, RECEIVE = 10, RETURN = 11, RECALL = 14, LIFT = 15;
const INPUTS_MAX = 64; // as in the contract
const SPEAKING = new Set([4, 7, COMMISSION, RECALL, LIFT]); // steps that move nothing may leave their quantity out
const FACTORS = { KGM: 3, LTR: 3 };
const TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
const EVIDENCE = /^ni:\/\/\/sha-256;([0-9a-f]{64})$/;
const OWNER_NEEDED = { [SHIP]: "destinationList", [RECEIVE]: "sourceList" };

function amount(entry, path, step) {
  const uri = textOf(entry, "epcClass", path);
  const { gtin, batch } = named(`${path}.epcClass`, () => classOf(uri));
  const uom = entry.uom ?? null;
  if (uom !== null && !(typeof uom === "string" && Object.hasOwn(FACTORS, uom))) {
    throw new Malformed(`${path}.uom`, "is neither KGM nor LTR nor left out for bottles");
  }
  const value = entry.quantity === undefined && SPEAKING.has(step) ? 0 : entry.quantity;
  if (typeof value !== "number") throw new Malformed(`${path}.quantity`, "is missing or not a number");
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER) {
    throw new Malformed(`${path}.quantity`, "is beyond 2^53, which JSON cannot carry exactly");
  }
  const quantity = whole(value, uom === null ? 0 : FACTORS[uom]);
  if (quantity === null || quantity >= 1n << 128n) {
    throw new Malformed(`${path}.quantity`, "is not a whole number of grams, millilitres or bottles");
  }
  return { gtin, batch, quantity };
}

function single(event, field, step) {
  const entries = objects(event, field);
  if (entries.length !== 1) throw new Malformed(field, `has ${entries.length} entries; this step is about one batch`);
  return amount(entries[0], `${field}[0]`, step);
}

function inputsOf(event) {
  const field = "inputQuantityList", entries = objects(event, field);
  if (entries.length > INPUTS_MAX) {
    throw new Malformed(field, `has ${entries.length} entries; at most ${INPUTS_MAX}: sum up what is of one batch, or blend in two steps`);
  }
  return entries;
}

/** GLN of the one owning party of a list, by the CBV's own word. */
function owner(event, field, key, step) {
  const owners = objects(event, field).filter((each) => word(each.type, "SDT", "sdt") === "owning_party");
  if (owners.length > 1 || (!owners.length && OWNER_NEEDED[step] === field)) {
    throw new Malformed(field, `names ${owners.length} owning parties instead of one`);
  }
  if (!owners.length) return null;
  const uri = textOf(owners[0], key, field);
  return named(`${field}.${key}`, () => placeOf(uri));
}

function place(event) {
  if (event.readPoint === undefined || event.readPoint === null) return null;
  const point = typeof event.readPoint === "object" ? event.readPoint : {};
  return named("readPoint.id", () => placeOf(textOf(point, "id", "readPoint")));
}

function secondsOf(text, field) {
  const match = typeof text === "string" && TIME.exec(text);
  if (!match) throw new Malformed(field, "is not a time with its offset from UTC");
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number);
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  const exists = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!exists || hour > 23 || minute > 59 || second > 59) throw new Malformed(field, "is not a time that exists");
  const offset = match[7] === "Z" ? 0 : Number(match[7][0] + 60 * match[7].slice(1, 3)) + Number(match[7][0] + match[7].slice(4));
  const seconds = date.getTime() / 1000 - offset * 60;
  if (seconds < 0) throw new Malformed(field, "is before 1970");
  return seconds;
}

export const timeOf = (event) => secondsOf(event.eventTime, "eventTime");

/** Evidence of the event that this one declares not to have happened, itself without its declaration; or null. */
function voided(event) {
  const { errorDeclaration: declaration, ...declared } = event;
  if (declaration === undefined) return null;
  if (!declaration || typeof declaration !== "object" || Array.isArray(declaration)) {
    throw new Malformed("errorDeclaration", "is not an object");
  }
  secondsOf(declaration.declarationTime, "errorDeclaration.declarationTime");
  const { reason = "", correctiveEventIDs = [] } = declaration;
  if (typeof reason !== "string") throw new Malformed("errorDeclaration.reason", "is not text");
  if (!Array.isArray(correctiveEventIDs) || !correctiveEventIDs.every((each) => typeof each === "string")) {
    throw new Malformed("errorDeclaration.correctiveEventIDs", "is not a list of texts");
  }
  return sha256(utf8(canonical(declared)));
}

function texts(event, field) {
  const values = event[field] === undefined ? [] : event[field];
  if (!Array.isArray(values) || !values.every((value) => typeof value === "string")) {
    throw new Malformed(field, "is not a list of URIs");
  }
  return values;
}

/** What the texts name, each once. */
function units(written, field) {
  const places = new Map();
  return written.map((text, at) => {
    const unit = named(`${field}[${at}]`, () => unitOf(text));
    if (places.has(unit.key)) {
      throw new Malformed(`${field}[${at}]`, `names ${unit.key} again, which ${field}[${places.get(unit.key)}] names already`);
    }
    places.set(unit.key, at);
    return unit;
  });
}

function commissioned(event) {
  const text = event["jl:unitsRoot"];
  const match = typeof text === "string" && /^(?:0x)?([0-9a-f]{64})$/.exec(text);
  if (!match) throw new Malformed("jl:unitsRoot", "is not 64 hexadecimal digits");
  return unhex(match[1]);
}

function transactions(event) {
  const field = "bizTransactionList";
  return objects(event, field).map((each) => [word(each.type, "BTT", "btt"), textOf(each, "bizTransaction", field)]);
}

/** Evidence of the one shipment that the event refers to, or null. */
function shipment(entries) {
  const field = "bizTransactionList";
  if (entries.some(([kind, uri]) => (kind === "po" || kind === "desadv") && LONE_SURROGATE.test(uri))) {
    throw new Malformed(field, "holds half a character");
  }
  const shipments = new Set(entries.filter(([kind, uri]) => kind === "desadv" && EVIDENCE.test(uri)).map(([, uri]) => uri));
  if (shipments.size > 1) throw new Malformed(field, `names ${shipments.size} shipments instead of one`);
  return shipments.size ? unhex(EVIDENCE.exec([...shipments][0])[1]) : null;
}

function ref(event) {
  const entries = transactions(event);
  const shipped = shipment(entries);
  if (shipped) return shipped;
  const document = entries.find(([kind]) => kind === "po" || kind === "desadv");
  return document ? sha256(utf8(document[1])) : null;
}

/** The aggregation that an event tells of, or null. */
function packing(event) {
  if (event.type !== "AggregationEvent" || !["ADD", "DELETE", "OBSERVE"].includes(event.action)) return null;
  const children = texts(event, "childEPCs");
  const { childQuantityList: sums = [] } = event;
  if (!children.length && (event.action !== "DELETE" || !Array.isArray(sums) || sums.length)) return null;
  if (typeof event.parentID !== "string") return null;
  return { action: event.action, parent: named("parentID", () => unitOf(event.parentID)), children: units(children, "childEPCs") };
}

/** The delivery of a shipment that an event tells of, or null when it tells of none, or of no shipment of ours. */
function arrival(event) {
  const arrives = event.type === "ObjectEvent" && word(event.bizStep, "BizStep", "bizstep") === "arriving";
  if (!arrives || event.action !== "OBSERVE") return null;
  const entries = transactions(event);
  const shipped = shipment(entries);
  if (!shipped) return null;
  const sender = owner(event, "sourceList", "source", NONE);
  const receiver = owner(event, "destinationList", "destination", NONE);
  return {
    shipment: shipped, sender, receiver,
    units: units(texts(event, "epcList"), "epcList"),
    lot: objects(event, "quantityList").length ? single(event, "quantityList", NONE) : null,
    papers: entries.filter(([kind]) => kind === "bol").map(([, uri]) => uri),
  };
}

/** Who acts, where the event itself says so. */
export const actorOf = ({ step, sender, receiver }) => ({ [SHIP]: sender, [RETURN]: sender, [RECEIVE]: receiver })[step] ?? null;

/** The reading of an event; Malformed names the field that is missing, says two things, or names what cannot be. */
export function readEvent(event) {
  const steps = STEPS.get(event.type) ?? {};
  const bizStep = word(event.bizStep, "BizStep", "bizstep");
  const step = Object.hasOwn(steps, bizStep) ? steps[bizStep] : NONE;
  const eventId = eventKey(event.eventID);
  const nothing = { output: null, inputs: [], sender: null, receiver: null, place: null, named: [], units: [] };
  if (step === NONE) {
    return {
      step, time: timeOf(event), ...nothing, unitsRoot: null, ref: null, packing: packing(event), arrival: arrival(event),
      voids: voided(event), eventId,
    };
  }
  const transforms = event.type === "TransformationEvent";
  const field = transforms ? "inputEPCList" : "epcList";
  const output = single(event, transforms ? "outputQuantityList" : "quantityList", step);
  const inputs = transforms ? inputsOf(event) : [];
  const written = texts(event, field);
  return {
    step, output, time: timeOf(event),
    inputs: inputs.map((each, at) => amount(each, `inputQuantityList[${at}]`, step)),
    sender: owner(event, "sourceList", "source", step),
    receiver: owner(event, "destinationList", "destination", step),
    place: place(event),
    named: written,
    units: units(written, field),
    unitsRoot: step === COMMISSION ? commissioned(event) : null,
    ref: ref(event),
    packing: null,
    arrival: null,
    voids: voided(event),
    eventId,
  };
}
