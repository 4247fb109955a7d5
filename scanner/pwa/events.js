// The EPCIS events of the warehouse: the twin of scanner/device/events.py for shipping, receiving and sending back.
import { caseUri, classUri, partyUri, placeUri } from "./gs1.js";

const CONTEXT = ["https://ref.gs1.org/standards/epcis/epcis-context.jsonld", { jl: "https://ns.jiulian.example/epcis/" }];

/** A moment with its offset from UTC: `date` in milliseconds, `east` in minutes east of Greenwich. */
export function formatTime(date, east) {
  const two = (number) => String(Math.floor(number)).padStart(2, "0");
  const offset = `${east < 0 ? "-" : "+"}${two(Math.abs(east) / 60)}:${two(Math.abs(east) % 60)}`;
  return new Date(date.getTime() + east * 60_000).toISOString().replace("Z", offset);
}

function objectEvent({ time, place }, step, disposition, lot, parties, epcs, transaction) {
  const event = {
    "@context": CONTEXT,
    type: "ObjectEvent",
    eventTime: time,
    eventTimeZoneOffset: time.slice(-6),
    bizStep: step,
    readPoint: { id: placeUri(place) },
    action: "OBSERVE",
    disposition,
    quantityList: [{ epcClass: classUri(lot.gtin, lot.batch), quantity: lot.bottles }],
    sourceList: [{ type: "owning_party", source: partyUri(parties.sender) }],
    destinationList: [{ type: "owning_party", destination: partyUri(parties.receiver) }],
  };
  if (epcs.length) event.epcList = epcs;
  if (transaction) event.bizTransactionList = [transaction];
  return event;
}

/** Goods leave; `at` = {time, place (GLN)}, `lot` = {gtin, batch, bottles}, `order` the URI of the order or null. */
export const ship = (at, lot, parties, epcs, order) =>
  objectEvent(at, "shipping", "in_transit", lot, parties, epcs, order && { type: "po", bizTransaction: order });

/** Goods of a consignment arrive; `consignment` is the evidence of the shipment in hexadecimal. */
export const receive = (at, lot, parties, epcs, consignment) =>
  objectEvent(at, "receiving", "in_progress", lot, parties, epcs, {
    type: "desadv",
    bizTransaction: `ni:///sha-256;${consignment}`,
  });

/** Goods of a consignment that are not taken, since they did not come: they are the sender's again. The parties are those
 * of this way, from the addressee to who sent it. */
export const giveBack = (at, lot, parties, epcs, consignment) =>
  objectEvent(at, "jl:return", "returned", lot, parties, epcs, {
    type: "desadv",
    bizTransaction: `ni:///sha-256;${consignment}`,
  });

export { caseUri };
