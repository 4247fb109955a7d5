// Root of the house's one Merkle tree (RFC 6962, section 2.1, SHA-256).
import { concat } from "./bytes.js";
import { sha256 } from "./vendor.js";

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** The root over leaves in their order; leaves are bytes. */
export function root(leaves) {
  if (leaves.length === 0) return sha256(new Uint8Array());
  if (leaves.length === 1) return sha256(concat(LEAF, leaves[0]));
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha256(concat(NODE, root(leaves.slice(0, split)), root(leaves.slice(split))));
}
