// RFC 6962 trees with SHA-256, by WebCrypto. A check never throws: whatever stands in a proof is a stranger's word.

export const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');

export const unhex = (text) => Uint8Array.from(text.replace(/^0x/, '').match(/../g) || [], (pair) => parseInt(pair, 16));

export const utf8 = (text) => new TextEncoder().encode(text);

export const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));

const joined = (...parts) => {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
};

export const leafHash = (data) => sha256(joined([0], data));

const nodeHash = (left, right) => sha256(joined([1], left, right));

/** Root over leaf hashes: an odd last node goes up as it is. */
export async function root(leaves) {
  let level = leaves;
  while (level.length > 1) {
    const above = [];
    for (let at = 0; at < level.length; at += 2) {
      above.push(at + 1 < level.length ? nodeHash(level[at], level[at + 1]) : level[at]);
    }
    level = await Promise.all(above);
  }
  return level.length ? level[0] : sha256(new Uint8Array());
}

/** Whether the path shows the leaf at `index` of a tree of `size` leaves with this root (RFC 9162, 2.1.3.2). */
export async function included(leaf, index, size, wanted, path) {
  const whole = Number.isSafeInteger(index) && Number.isSafeInteger(size) && 0 <= index && index < size;
  if (!whole || [leaf, wanted, ...path].some((hash) => hash.length !== 32)) return false;
  let at = index;
  let last = size - 1;
  let found = leaf;
  const half = (n) => Math.floor(n / 2); // bit operators would cut numbers at 32 bits
  for (const sibling of path) {
    if (last === 0) return false;
    if (at % 2 || at === last) {
      found = await nodeHash(sibling, found);
      while (at % 2 === 0 && at) [at, last] = [half(at), half(last)];
    } else {
      found = await nodeHash(found, sibling);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && hex(found) === hex(wanted);
}
