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

/** Puts another key in the place of this device's. */
export const replaceKey = (db, key) => keep(db, "key", hex(key));
