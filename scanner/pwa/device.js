// This device's key: made here at first use, or brought in; kept in the device's own store and nowhere else.
import { hex, unhex } from "./bytes.js";
import { get, keep } from "./db.js";
import { Malformed } from "./errors.js";
import { addressOf, isKey, newKey } from "./signing.js";

/** The key of 32 bytes; made when there is none. */
export async function loadKey(db) {
  const kept = await get(db, "keep", "key");
  if (kept) return unhex(kept);
  const key = newKey();
  await keep(db, "key", hex(key));
  return key;
}

/** A key from what a person pasted or a key file held: 64 hexadecimal digits, or the file of `jiulian-scanner`. */
export function parseKey(text) {
  const trimmed = text.trim();
  if (!trimmed.startsWith("{")) return checked(trimmed);
  let file;
  try {
    file = JSON.parse(trimmed);
  } catch {
    throw new Malformed("key", "is no key file");
  }
  if (file.sealed) throw new Malformed("key", "is locked with a passphrase");
  const key = checked(String(file.key));
  if (file.address && file.address !== addressOf(key)) throw new Malformed("key", "does not belong to its address");
  return key;
}

function checked(text) {
  if (!/^(0x)?[0-9a-fA-F]{64}$/.test(text) || !isKey(unhex(text))) throw new Malformed("key", "is not 64 hexadecimal digits");
  return unhex(text);
}

/** Keys that were set aside for a new one, the oldest first. One that the brand stopped can still stop, on the chain, a
 * device that waits and that its company does not want: so it is not thrown away. */
export const formerKeys = async (db) => ((await get(db, "keep", "former")) ?? []).map(unhex);

/** Sets a key aside, once. */
export async function setAside(db, key) {
  const former = (await get(db, "keep", "former")) ?? [];
  if (!former.includes(hex(key))) await keep(db, "former", [...former, hex(key)]);
}

/** A key as the file of `jiulian-scanner`. */
export const keyFile = (key) => JSON.stringify({ version: 1, address: addressOf(key), key: `0x${hex(key)}` }, null, 1);

/** Puts another key in the place of this device's. */
export const replaceKey = (db, key) => keep(db, "key", hex(key));
