// Signed captures on their way to the server: the twin of scanner/device/outbox.py. They go out in the order they were
// made, since a receipt means nothing before its shipment; an answered one is never sent again.
import { all, settled, write } from "./db.js";

const RETRY_FIRST_MS = 1000;
const RETRY_MAX_MS = 300_000;

/** Times in milliseconds since 1970. */
export const newRecord = (capture, now) => ({
  ...capture, state: "waiting", reason: "", attempts: 0, due_at: now, added_at: now, answered_at: null,
});

export const list = (db) => all(db, "queue");

/** The head of the queue when its time has come; the others wait behind it. */
export function nextDue(records, now) {
  const head = records.find((each) => each.state === "waiting");
  return head && head.due_at <= now ? head : null;
}

/** What an answer ("accepted", "refused", "later") makes of a record. `refusal` is what the server wrote; `final`: it
 * would say the same for ever. */
export function answered(record, { verdict, reason, refusal = null, final = false }, now) {
  const attempts = record.attempts + 1;
  if (verdict !== "later") return { ...record, state: verdict, reason, refusal, final, seen: false, attempts, answered_at: now };
  const wait = Math.min(RETRY_FIRST_MS * 2 ** Math.min(record.attempts, 32), RETRY_MAX_MS);
  return { ...record, reason, attempts, due_at: now + wait };
}

const put = (db, record) => write(db, ["queue"], (store) => settled(store.put(record)));

/** Sends what is due until all is answered or nobody answers. `send(message)` gives {verdict, reason}. */
export async function flush(db, send, clock = Date.now) {
  let moved = 0;
  for (;;) {
    const record = nextDue(await list(db), clock());
    if (!record) return moved;
    const answer = await send(record.message);
    await put(db, answered(record, answer, clock()));
    if (answer.verdict === "later") return moved;
    moved += 1;
  }
}

/** Makes what waits due now: the network is back, or a person asks. */
export async function hurry(db, now) {
  const waiting = (await list(db)).filter((each) => each.state === "waiting" && each.due_at > now);
  for (const record of waiting) await put(db, { ...record, due_at: now });
}

/** A person has a refused capture sent once more, unchanged. */
export const resend = (db, record, now) => put(db, { ...record, state: "waiting", due_at: now, answered_at: null });

/** A person has read why a capture is refused: it is kept and can be taken away, but is no longer to be looked after. */
export const putAway = (db, record) => put(db, { ...record, seen: true });

/** The address of the key that signed a record. */
export const signerOf = (record) => JSON.parse(record.message).signer;

/** Whether a person still has to look after a record. */
export const isOpen = (record) => record.state !== "accepted" && !record.seen;

/** The queue as a file for people: every capture that is not yet accepted, as it would be sent. */
export function exported(records, now) {
  const open = records.filter((each) => each.state !== "accepted");
  const captures = open.map(({ message, evidence, state, reason, refusal, seen, attempts, added_at }) => ({
    evidence, state, reason, refusal: refusal ?? null, seen: Boolean(seen), attempts,
    added_at: new Date(added_at).toISOString(), capture: JSON.parse(message),
  }));
  return JSON.stringify({ exported_at: new Date(now).toISOString(), captures }, null, 1);
}
