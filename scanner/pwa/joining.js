// How this device joins a party and admits others (EIP-712, domain "Jiulian Participants"): the twin of
// scanner/device/joining.py.
import { concat, hex, unhex, utf8, word } from "./bytes.js";
import { Malformed } from "./errors.js";
import { addressOf } from "./signing.js";
import { keccak_256 as keccak, secp256k1, sha256 } from "./vendor.js";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_LETTERS = 20;
const [domainHash, joinHash, name, version] = [
  "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)",
  "Join(bytes32 party,bytes32 device,bytes32 by)",
  "Jiulian Participants",
  "1",
].map((text) => keccak(utf8(text)));
const [BEGIN, HEAD] = ["jiulian-join:", "jiulian-join:2"];
const REQUEST = /^(jiulian-join:2:(\d{13}):(0x[0-9a-f]{40}):(0x[0-9a-f]{40})?:(0x[0-9a-f]{130}):([^:\s]{1,600})):([0-9a-f]{8})$/;

/** Who admits when the brand proposes a key. */
export const BRAND = "";

const deviceId = (address) => keccak(unhex(address));
const byDevice = (address) => (address === BRAND ? new Uint8Array(32) : deviceId(address));
const byInvitation = (address) => concat(new Uint8Array(12), unhex(address));
const signed = (said, key) => {
  const signature = secp256k1.sign(said, key, { prehash: false, format: "recovered" });
  return "0x" + hex(concat(signature.slice(1), Uint8Array.of(signature[0] + 27)));
};

/** The 32 bytes to sign when the device of an address joins; `by` is 32 bytes. `domain` is {chain_id, contract}. */
export function joinDigest(gln, signer, by, domain) {
  const where = keccak(concat(domainHash, name, version, word(domain.chain_id), new Uint8Array(12), unhex(domain.contract)));
  const struct = keccak(concat(joinHash, sha256(utf8(gln)), deviceId(signer), by));
  return keccak(concat(Uint8Array.of(0x19, 0x01), where, struct));
}

/** The key that a code yields, however it is spaced or cased; letters that look alike are one. Throws
 * Malformed of the "letter" that no code has, or of the "code" when it is too short or too long. */
export function keyOfCode(code) {
  const letters = code.replace(/[\s-]/g, "").toUpperCase().replace(/O/g, "0").replace(/[IL]/g, "1");
  const foreign = [...letters].find((letter) => !ALPHABET.includes(letter));
  if (foreign) throw new Malformed("letter", foreign);
  if (letters.length !== CODE_LETTERS) throw new Malformed("code", "is not a code of 20 letters and digits");
  return sha256(utf8("jiulian-invitation:" + letters));
}

/** What a party's first device posts to redeem its code. */
export function redemption(gln, key, label, code, domain) {
  const secret = keyOfCode(code);
  const said = joinDigest(gln, addressOf(key), byInvitation(addressOf(secret)), domain);
  return { party: gln, signer: addressOf(key), label, possession: signed(said, key), signature: signed(said, secret) };
}

/** One text, to be shown as a QR code: the device of `key` asks the device `by` (or the brand) to let it in. */
export function requestText(gln, key, label, by, domain) {
  const possession = signed(joinDigest(gln, addressOf(key), byDevice(by), domain), key);
  const text = [HEAD, gln, addressOf(key), by, possession, encodeURIComponent(label)].join(":");
  return `${text}:${check(text)}`;
}

// The name stands outside the signature: what was cut or changed on its way is told by this.
const check = (text) => hex(sha256(utf8(text))).slice(0, 8);

/** What a request says: {party, signer, by, possession, label}. Throws Malformed of the "request" when it is none,
 * or ("damaged") when it was cut or changed on its way. */
export function readRequest(asked) {
  const text = asked.trim();
  const found = REQUEST.exec(text);
  if (!found || check(found[1]) !== found[7]) {
    if (text.startsWith(BEGIN)) throw new Malformed("damaged", "was cut or changed on its way");
    throw new Malformed("request", "is not the request of a device");
  }
  const [, , party, signer, by = BRAND, possession, label] = found;
  try {
    return { party, signer, by, possession, label: decodeURIComponent(label) };
  } catch {
    throw new Malformed("request", "has a name that cannot be read");
  }
}

/** What is posted when the device of `key` admits the device that asks. Throws Malformed when another one was asked. */
export function admission(text, gln, key, domain) {
  const { party, signer, by, possession, label } = readRequest(text);
  if (party !== gln) throw new Malformed("party", "is another company");
  if (by !== addressOf(key)) throw new Malformed("by", "is another device");
  return { signer, label, possession, by, signature: signed(joinDigest(gln, signer, byDevice(by), domain), key) };
}
