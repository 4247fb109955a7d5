// The work as the device sees it: what the server last said, less what this device has done since. Pure.
import { checkDigit } from "./gs1.js";

const taken = (record, since) => record.state === "waiting" || (record.state === "accepted" && record.answered_at > since);

/** What the queue holds that the kept work does not know of yet. `since`: when the work was fetched, in milliseconds. */
export function undelivered(queue, since) {
  return queue.filter((record) => taken(record, since)).map((record) => record.about);
}

function less(lines, done, same) {
  return lines
    .map((line) => {
      const bottles = done.filter((about) => same(about, line)).reduce((sum, about) => sum - about.bottles, line.bottles);
      return { ...line, bottles };
    })
    .filter((line) => line.bottles > 0);
}

const sameBatch = (one, other) => one.gtin === other.gtin && one.batch === other.batch;

function shipments(work, done) {
  return work.ship.map((each) => {
    const mine = done.filter((about) => about.kind === "ship" && about.order === each.uri);
    const lines = each.lines.map((line) => ({ ...line, key: `${line.gtin}/${line.batch}`, consignment: null }));
    return {
      id: `ship:${each.order}`, kind: "ship", name: each.buyer_name, gln: each.buyer, territory: each.territory,
      place: each.place, since: each.since, order: each.uri, lines: less(lines, mine, sameBatch),
    };
  });
}

function deliveries(work, done) {
  const found = new Map();
  for (const each of work.receive) {
    const id = `receive:${each.sender}:${each.document}`;
    const job = found.get(id) ?? {
      id, kind: "receive", name: each.sender_name, gln: each.sender, territory: each.territory,
      place: work.places[0]?.gln ?? work.party.gln, since: each.since, order: null, lines: [], delivered: null,
    };
    const told = each.delivered_at ?? null;
    if (told && (!job.delivered || Date.parse(told) < Date.parse(job.delivered))) job.delivered = told;
    const mine = done.filter((about) => ["receive", "return"].includes(about.kind) && about.consignment === each.consignment);
    job.lines.push(...less([{ ...each, key: each.consignment }], mine, () => true));
    found.set(id, job);
  }
  return [...found.values()];
}

/** Jobs, the longest waiting first: {id, kind, name, gln, territory, place, since, order, lines}; one to
 * receive has `delivered`, when its sender says that it arrived, or null. A job that was begun
 * (`begun`) stays as it was then: what is scanned must not change under the hand; the server has the last word. */
export function jobsOf(work, queue, since, begun = []) {
  const done = undelivered(queue, since);
  const open = [...shipments(work, done), ...deliveries(work, done)].filter((job) => job.lines.length);
  const told = (job) => open.find((each) => each.id === job.id)?.delivered ?? null;
  const jobs = [...begun.map((job) => ({ ...job, delivered: told(job) })), ...open.filter((job) => !begun.some((each) => each.id === job.id))];
  return jobs.sort((one, other) => String(one.since).localeCompare(String(other.since)) || one.id.localeCompare(other.id));
}

/** Bottles in a case that one of the ranges [first SSCC, count, bottles] holds, or 0. */
export function bottlesIn(ranges, sscc) {
  const number = BigInt(sscc.slice(0, 17));
  const range = ranges.find(([first, count]) => {
    const begin = BigInt(first.slice(0, 17));
    return begin <= number && number < begin + BigInt(count);
  });
  return range ? range[2] : 0;
}

/** The numbers (SSCC) of the cases in ranges. */
export const casesOf = (ranges) =>
  ranges.flatMap(([first, count]) =>
    Array.from({ length: count }, (_, at) => {
      const body = String(BigInt(first.slice(0, 17)) + BigInt(at)).padStart(17, "0");
      return body + checkDigit(body);
    }),
  );

/** Whether all that is open of a delivery lies in cases that are known by number, so that it can be said to be absent. */
export const casesAllNamed = (job) =>
  job.lines.every((line) => line.bottles === (line.cases ?? []).reduce((sum, [, count, bottles]) => sum + count * bottles, 0));

export const bottlesOf = (scans) => scans.reduce((sum, scan) => sum + scan.bottles, 0);

/** Bottles and cases expected and done of a job, and of each of its lines. */
export function progress(job, scans, products) {
  const lines = job.lines.map((line) => {
    const mine = scans.filter((scan) => scan.line === line.key);
    const size = products[line.gtin]?.case_size ?? 1;
    return {
      ...line, size, name: products[line.gtin]?.name ?? line.gtin, done: bottlesOf(mine),
      cases: Math.floor(line.bottles / size), casesDone: mine.filter((scan) => scan.sscc).length,
    };
  });
  const sum = (field) => lines.reduce((total, line) => total + line[field], 0);
  return { lines, bottles: sum("bottles"), done: sum("done"), cases: sum("cases"), casesDone: sum("casesDone") };
}
