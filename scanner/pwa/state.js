// What the app knows, and the few ways in which it changes. Views read it and are told when it changed.
import { all, get, keep, openStore, settled, write } from "./db.js";
import { fetchDevice, fetchWork, submit } from "./client.js";
import { formerKeys, loadKey, replaceKey, setAside } from "./device.js";
import { formatTime } from "./events.js";
import { absencesOf, capturesOf } from "./finish.js";
import * as queue from "./queue.js";
import { addressOf, newKey } from "./signing.js";
import { deviceOf, standingOf } from "./standing.js";
import { jobsOf } from "./work.js";

export const state = { db: null, key: null, signer: "", work: null, workAt: 0, queue: [], scans: [], begun: [], asking: null, former: [], login: false, denied: false, online: true };
const listeners = new Set();

export const onChange = (listener) => listeners.add(listener);
const changed = () => listeners.forEach((listener) => listener());

export async function open() {
  state.db = await openStore();
  state.key = await loadKey(state.db);
  state.signer = addressOf(state.key);
  const kept = await get(state.db, "keep", "work");
  if (kept) Object.assign(state, { work: kept.work, workAt: kept.at });
  state.former = await formerKeys(state.db);
  state.asking = (await get(state.db, "keep", "asking")) ?? null;
  [state.scans, state.begun] = [await all(state.db, "scans"), await all(state.db, "jobs")];
  state.queue = await queue.list(state.db);
  navigator.storage?.persist?.();
  changed();
}

export const jobs = () => (state.work ? jobsOf(state.work, state.queue, state.workAt, state.begun) : []);
export const scansOf = (job) => state.scans.filter((scan) => scan.job === job.id);
export const unsent = () => state.queue.filter(queue.isOpen);
/** What was refused, read by a person and put away. */
export const putAwayRecords = () => state.queue.filter((each) => each.state !== "accepted" && each.seen);
/** The open job that a record was made for, if there is one still. */
export const jobOf = ({ about }) =>
  jobs().find((job) => job.kind === (about.kind === "return" ? "receive" : about.kind) && (job.kind === "ship" ? job.order === about.order : job.lines.some((line) => line.consignment === about.consignment)));
export const isReady = () => standingOf(state) === "enrolled";
/** Records signed with this device's present key that the server has not taken and that a person has not put away. */
export const unsentOfKey = () => unsent().filter((each) => queue.signerOf(each) === state.signer);

/** EPCs that this device has shipped already, whatever the server has heard of it. */
export const sentEpcs = () =>
  new Set(state.queue.filter((each) => each.about.kind === "ship" && each.state !== "refused").flatMap((each) => each.about.epcs));

/** Asks the server for the work; offline the work last seen stays. */
export async function refresh() {
  const at = Date.now();
  const { work, login = false, denied = false } = await fetchWork(state.signer);
  Object.assign(state, { login, denied, online: Boolean(work) || login || denied });
  if (work) {
    Object.assign(state, { work, workAt: at });
    await keep(state.db, "work", { work, at });
  }
  changed();
}

/** Keeps one scan, and with the first the job as it is now. On return it is durable. */
export async function addScan(job, scan) {
  const record = { ...scan, job: job.id, at: Date.now() };
  const begun = state.begun.some((each) => each.id === job.id);
  record.n = await write(state.db, ["scans", "jobs"], (scans, begunJobs) => {
    if (!begun) begunJobs.put(job);
    return settled(scans.add(record));
  });
  if (!begun) state.begun.push(job);
  state.scans.push(record);
  changed();
}

/** Takes the last scan of a job back; without any the job is no longer begun. */
export async function undoScan(job) {
  const mine = scansOf(job);
  const last = mine.at(-1);
  if (!last) return null;
  await write(state.db, ["scans", "jobs"], (scans, begunJobs) => {
    scans.delete(last.n);
    if (mine.length === 1) begunJobs.delete(job.id);
  });
  state.scans = state.scans.filter((each) => each !== last);
  if (mine.length === 1) state.begun = state.begun.filter((each) => each.id !== job.id);
  changed();
  return last;
}

const speaker = () => ({ key: state.key, domain: state.work.domain, party: state.work.party.gln });

/** Signs that nothing of a delivery came, and puts it into the queue. */
export async function sayAbsent(job) {
  const now = new Date();
  const captures = absencesOf(job, speaker(), formatTime(now, -now.getTimezoneOffset()));
  await write(state.db, ["queue"], (records) => {
    for (const capture of captures) records.add(queue.newRecord(capture, now.getTime()));
  });
  state.queue = await queue.list(state.db);
  changed();
  flush();
}

/** Signs what was scanned and puts it into the queue; scans and job leave in the same transaction. */
export async function finish(job) {
  const now = new Date();
  const scans = scansOf(job);
  const captures = capturesOf(job, scans, speaker(), formatTime(now, -now.getTimezoneOffset()));
  await write(state.db, ["queue", "scans", "jobs"], (records, kept, begunJobs) => {
    for (const capture of captures) records.add(queue.newRecord(capture, now.getTime()));
    for (const scan of scans) kept.delete(scan.n);
    begunJobs.delete(job.id);
  });
  state.scans = state.scans.filter((each) => each.job !== job.id);
  state.begun = state.begun.filter((each) => each.id !== job.id);
  state.queue = await queue.list(state.db);
  changed();
  flush();
  return captures;
}

/** Sends what waits. Only one tab at a time does. `now`: do not wait for the next try. */
export async function flush({ now = false } = {}) {
  const run = async () => {
    if (now) await queue.hurry(state.db, Date.now());
    const moved = await queue.flush(state.db, submit);
    state.queue = await queue.list(state.db);
    changed();
    if (moved) await refresh();
  };
  if (!navigator.locks) return run();
  return navigator.locks.request("jiulian-flush", { ifAvailable: !now }, (lock) => (lock ? run() : null));
}

export async function resend(record) {
  await queue.resend(state.db, record, Date.now());
  await flush({ now: true });
}

export async function putAway(record) {
  await queue.putAway(state.db, record);
  state.queue = await queue.list(state.db);
  changed();
}

/** Asks how this device stands, and for the work when that has changed. */
export async function checkDevice() {
  const now = await fetchDevice(state.signer);
  if (now?.signer === state.signer && JSON.stringify(now) !== JSON.stringify(deviceOf(state))) await refresh();
}

/** Keeps the request {signer, by, text} of this device until it is let in: it is shown again after a reload. */
export async function ask(asking) {
  await keep(state.db, "asking", asking);
  state.asking = asking;
  changed();
}

/** Makes a new key in the place of one that joins nowhere any more. What the old one signed stays in the queue. */
export async function renewKey() {
  await setAside(state.db, state.key);
  state.former = await formerKeys(state.db);
  await useKey(newKey());
}

export async function useKey(key) {
  await replaceKey(state.db, key);
  Object.assign(state, { key, signer: addressOf(key) });
  changed();
  await refresh();
}
