// A job that is done becomes events, one for each batch, signed and ready for the queue. Pure but for its arguments.
import { caseUri, giveBack, receive, ship } from "./events.js";
import { signedMessage } from "./signing.js";
import { bottlesOf, casesOf } from "./work.js";

/** Records for the queue: {evidence, message, about}. `time` is that of the events, `device` {key, domain, party}. */
export function capturesOf(job, scans, device, time) {
  return job.lines.flatMap((line) => {
    const mine = scans.filter((scan) => scan.line === line.key);
    if (!mine.length) return [];
    const lot = { gtin: line.gtin, batch: line.batch, bottles: bottlesOf(mine) };
    const epcs = mine.map((scan) => scan.epc).sort();
    const where = { time, place: job.place };
    const event =
      job.kind === "ship"
        ? ship(where, lot, { sender: device.party, receiver: job.gln }, epcs, job.order)
        : receive(where, lot, { sender: job.gln, receiver: device.party }, epcs, line.consignment);
    const about = { kind: job.kind, name: job.name, order: job.order, consignment: line.consignment, ...lot, epcs, time };
    return [{ ...signedMessage(event, device.key, device.domain), about }];
  });
}

/** Records for the queue that say that nothing of a delivery came, all its cases by name; see `casesAllNamed`. */
export function absencesOf(job, device, time) {
  return job.lines.map((line) => {
    const lot = { gtin: line.gtin, batch: line.batch, bottles: line.bottles };
    const epcs = casesOf(line.cases).map(caseUri).sort();
    const event = giveBack({ time, place: job.place }, lot, { sender: device.party, receiver: job.gln }, epcs, line.consignment);
    const about = { kind: "return", name: job.name, order: null, consignment: line.consignment, ...lot, epcs, time };
    return { ...signedMessage(event, device.key, device.domain), about };
  });
}
