import assert from "node:assert/strict";
import { test } from "node:test";

import { checkDigit } from "../../../scanner/pwa/gs1.js";
import { readCode } from "../../../scanner/pwa/codes.js";
import { unhex } from "../../../scanner/pwa/bytes.js";
import { caseUri, formatTime } from "../../../scanner/pwa/events.js";
import { absencesOf, capturesOf } from "../../../scanner/pwa/finish.js";
import { judge } from "../../../scanner/pwa/judge.js";
import { casesAllNamed, jobsOf, progress } from "../../../scanner/pwa/work.js";

const GTIN = "06901234500011";
const OTHER = "06901234500028";
const sscc = (number) => ((body) => body + checkDigit(body))(`0690123400000${String(number).padStart(4, "0")}`);

const work = () => ({
  party: { gln: "6901234000030", name: "中心仓" },
  places: [{ gln: "6901234000030", name: "中心仓" }],
  products: { [GTIN]: { name: "陈酿", case_size: 6 }, [OTHER]: { name: "果酒", case_size: 12 } },
  batches: [
    { gtin: GTIN, batch: "B1", recalled: false, cases: [[sscc(0), 100, 6]] },
    { gtin: GTIN, batch: "B2", recalled: false, cases: [[sscc(100), 100, 6]] },
    { gtin: GTIN, batch: "B3", recalled: true, cases: [[sscc(200), 100, 6]] },
    { gtin: OTHER, batch: "C1", recalled: false, cases: [[sscc(300), 10, 12]] },
  ],
  ship: [
    shipment("one", "2026-01-02", [{ gtin: GTIN, batch: "B1", bottles: 14 }]),
    shipment("two", "2026-01-01", [{ gtin: GTIN, batch: "B2", bottles: 6 }]),
  ],
  receive: [
    delivery("aa", "doc", "B8", 12, [[sscc(800), 2, 6]]),
    delivery("bb", "doc", "B9", 6, [[sscc(900), 1, 6]]),
    delivery("cc", "cc", "B7", 6, [[sscc(700), 1, 6]]),
  ],
});

function shipment(order, since, lines) {
  return { order, uri: `urn:jiulian:order:${order}`, place: "6901234000030", buyer: "6901234000047", buyer_name: `客户${order}`, territory: "成都市", since, lines };
}

function delivery(consignment, document, batch, bottles, cases) {
  return { consignment: consignment.repeat(32), document, sender: "6901234000023", sender_name: "酒厂", territory: "", since: "2026-01-03", gtin: GTIN, batch, bottles, cases };
}

const jobs = (queue = [], begun = []) => jobsOf(work(), queue, 1000, begun);
const job = (id, ...rest) => jobs(...rest).find((each) => each.id === id);
const verdict = (text, id, scans = [], sent = new Set()) =>
  judge(readCode(text), { work: work(), job: job(id), jobs: jobs(), scans, sent });
const scanned = (text, id, scans = []) => [...scans, verdict(text, id, scans).scan];

test("the longest waiting job comes first; a delivery of two batches is one job", () => {
  assert.deepEqual(jobs().map((each) => each.id), ["ship:two", "ship:one", "receive:6901234000023:cc", "receive:6901234000023:doc"]);
  assert.deepEqual(job("receive:6901234000023:doc").lines.map((line) => line.batch), ["B8", "B9"]);
});

test("what did not come is named case by case, and is no longer to do", () => {
  const gone = job("receive:6901234000023:doc");
  assert.equal(casesAllNamed(gone), true);
  assert.equal(casesAllNamed({ lines: [{ ...gone.lines[0], bottles: 13 }] }), false, "a loose bottle is known by no number");
  assert.equal(casesAllNamed({ lines: [{ ...gone.lines[0], bottles: 6 }] }), false, "a part of it was received just now");
  const device = { key: unhex("01".repeat(32)), party: "6901234000030", domain: { chain_id: 1, contract: "0x" + "5f".repeat(20) } };
  const records = absencesOf(gone, device, "2026-01-07T08:00:00.000+08:00");
  const events = records.map((each) => JSON.parse(each.message).event);
  assert.deepEqual(events.map((each) => [each.bizStep, each.quantityList[0].quantity]), [["jl:return", 12], ["jl:return", 6]]);
  assert.deepEqual(events[0].epcList, [caseUri(sscc(800)), caseUri(sscc(801))]);
  assert.match(events[0].destinationList[0].destination, /6901234.*00002/, "back to who sent it");
  const queue = records.map((each) => ({ ...each, state: "waiting" }));
  assert.equal(jobs(queue).find((each) => each.id === gone.id), undefined);
});

test("a delivery whose sender says that it arrived says on which day first, also once it was begun", () => {
  const told = work();
  [told.receive[0].delivered_at, told.receive[1].delivered_at] = ["2026-01-06T01:00:00+08:00", "2026-01-05T18:00:00+00:00"];
  const [doc, other] = ["receive:6901234000023:doc", "receive:6901234000023:cc"];
  const delivered = (id, begun = []) => jobsOf(told, [], 1000, begun).find((each) => each.id === id).delivered;
  assert.equal(delivered(doc), "2026-01-06T01:00:00+08:00", "the earlier moment, whatever its offset");
  assert.equal(delivered(other), null);
  assert.equal(delivered(doc, [job(doc)]), "2026-01-06T01:00:00+08:00", "told after the job was begun");
});

test("what this device shipped and the server has not counted yet is no longer to do", () => {
  const about = { kind: "ship", order: "urn:jiulian:order:one", gtin: GTIN, batch: "B1", bottles: 12 };
  const left = (record) => job("ship:one", [{ about, ...record }])?.lines[0].bottles;
  assert.equal(left({ state: "waiting" }), 2);
  assert.equal(left({ state: "accepted", answered_at: 2000 }), 2, "accepted after the work was fetched");
  assert.equal(left({ state: "accepted", answered_at: 500 }), 14, "the work fetched later counts it already");
  assert.equal(left({ state: "refused", answered_at: 2000 }), 14, "what was refused has not left");
  assert.equal(job("ship:one", [{ state: "waiting", about: { ...about, bottles: 14 } }]), undefined);
});

test("a job that was begun stays as it was, even when the server no longer lists it", () => {
  const begun = { ...job("ship:one"), id: "ship:gone" };
  assert.ok(jobs([], [begun]).some((each) => each.id === "ship:gone"));
});

test("a case of the order is good and counts its bottles", () => {
  const said = verdict(sscc(5), "ship:one");
  assert.equal(said.verdict, "good");
  assert.equal(said.scan.bottles, 6);
});

for (const [about, text, cause] of [
  ["other order", sscc(150), "这是另一张单的货"],
  ["recalled", sscc(250), "召回批次，不能发"],
  ["wrong product", sscc(303), "商品不对"],
  ["not held here", sscc(999), "不在本仓账上"],
  ["unknown", "hello", "不认识的码"],
]) {
  test(`red: ${about}`, () => {
    const said = verdict(text, "ship:one");
    assert.deepEqual([said.verdict, said.cause], ["red", cause]);
  });
}

test("red: a case that this device has shipped before", () => {
  const code = readCode(sscc(5));
  assert.equal(verdict(sscc(5), "ship:one", [], new Set([code.epc])).cause, "这一件已经发出");
});

test("amber: scanned twice, and more than the batch needs", () => {
  let scans = scanned(sscc(1), "ship:one");
  assert.equal(verdict(sscc(1), "ship:one", scans).cause, "已经扫过了");
  scans = scanned(sscc(2), "ship:one", scans);
  assert.equal(verdict(sscc(3), "ship:one", scans).cause, "这一批已经够了");
});

test("loose bottles are scanned one by one, but never in place of a case", () => {
  const bottle = (serial) => `https://id.gs1.org/01/${GTIN}/10/B1/21/${serial}`;
  let scans = scanned(bottle("ONE"), "ship:one");
  scans = scanned(bottle("TWO"), "ship:one", scans);
  assert.equal(verdict(bottle("THREE"), "ship:one", scans).cause, "请扫箱码，不扫瓶码");
});

test("a case of another delivery, or of none, is not received", () => {
  assert.equal(verdict(sscc(800), "receive:6901234000023:doc").verdict, "good");
  assert.equal(verdict(sscc(700), "receive:6901234000023:doc").cause, "这是另一批到货");
  assert.equal(verdict(sscc(1), "receive:6901234000023:doc").cause, "不在这批到货里");
});

test("progress counts bottles and cases of each line", () => {
  const id = "receive:6901234000023:doc";
  const scans = scanned(sscc(900), id, scanned(sscc(800), id));
  const sums = progress(job(id), scans, work().products);
  assert.deepEqual([sums.done, sums.bottles, sums.casesDone, sums.cases], [12, 18, 2, 3]);
  assert.deepEqual(sums.lines.map((line) => line.done), [6, 6]);
});

test("what was scanned becomes one signed event for each batch", () => {
  const id = "receive:6901234000023:doc";
  const scans = scanned(sscc(900), id, scanned(sscc(801), id, scanned(sscc(800), id)));
  const device = { key: new Uint8Array(32).fill(7), domain: { chain_id: 1, contract: "0x" + "11".repeat(20) }, party: "6901234000030" };
  const time = formatTime(new Date("2026-03-18T04:00:00.123Z"), 480);
  const captures = capturesOf(job(id), scans, device, time);
  assert.deepEqual(captures.map((each) => each.about.bottles), [12, 6]);
  const { event } = JSON.parse(captures[0].message);
  assert.equal(event.eventTime, "2026-03-18T12:00:00.123+08:00");
  assert.equal(event.eventTimeZoneOffset, "+08:00");
  assert.deepEqual(event.bizTransactionList, [{ type: "desadv", bizTransaction: `ni:///sha-256;${"aa".repeat(32)}` }]);
  assert.deepEqual(event.epcList, [sscc(800), sscc(801)].map((each) => `https://id.gs1.org/00/${each}`));
});

test("a time west of Greenwich keeps its sign", () => {
  assert.equal(formatTime(new Date("2026-03-18T04:00:00Z"), -210), "2026-03-18T00:30:00.000-03:30");
});
