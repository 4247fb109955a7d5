// EIP-712 signatures over captures with secp256k1: the twin of scanner/device/signing.py.
import { concat, hex, unhex, utf8, word } from "./bytes.js";
import { captureOf } from "./capture.js";
import { keccak_256 as keccak, secp256k1 } from "./vendor.js";

const INPUT_TYPE = "Input(bytes32 batch,uint128 quantity)";
const CAPTURE_TYPE =
  "Capture(bytes32 evidence,bytes32 batch,uint8 step,uint128 quantity,bytes32 counterparty,bytes32 location," +
  "uint64 time,bytes32 units,bytes32 ref,bytes32 voids,Input[] inputs)" + INPUT_TYPE;
const DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
const [inputHash, captureHash, domainHash, name, version] = [
  INPUT_TYPE, CAPTURE_TYPE, DOMAIN_TYPE, "Jiulian BatchLedger", "1",
].map((text) => keccak(utf8(text)));

/** The 32 bytes that are signed. `domain` is {chain_id, contract: "0x…"}. */
export function digest(capture, domain) {
  const separator = keccak(
    concat(domainHash, name, version, word(domain.chain_id), new Uint8Array(12), unhex(domain.contract)),
  );
  const inputs = capture.inputs.map((each) => keccak(concat(inputHash, each.batch, word(each.quantity))));
  const struct = keccak(
    concat(
      captureHash, capture.evidence, capture.batch, word(capture.step), word(capture.quantity), capture.counterparty,
      capture.location, word(capture.time), capture.units, capture.ref, capture.voids, keccak(concat(...inputs)),
    ),
  );
  return keccak(concat(Uint8Array.of(0x19, 0x01), separator, struct));
}

/** r ‖ s ‖ v, 65 bytes: the lower s, v 27 or 28, the nonce of RFC 6979. */
export function sign(capture, key, domain) {
  const signature = secp256k1.sign(digest(capture, domain), key, { prehash: false, format: "recovered" });
  return concat(signature.slice(1), Uint8Array.of(signature[0] + 27));
}

/** The signer of a key: its address, as 0x and hexadecimal. */
export const addressOf = (key) => "0x" + hex(keccak(secp256k1.getPublicKey(key, false).slice(1)).slice(-20));

/** The one sign by which people tell devices apart: the first 8 bytes of the id on chain, in four groups. */
export const fingerprintOf = (address) => hex(keccak(unhex(address))).slice(0, 16).toUpperCase().match(/.{4}/g).join(" ");

export const newKey = () => secp256k1.utils.randomSecretKey();

export const isKey = (key) => secp256k1.utils.isValidSecretKey(key);

/** An event as it is handed in: {evidence (hex), message (text)}. */
export function signedMessage(event, key, domain) {
  const capture = captureOf(event);
  const signature = "0x" + hex(sign(capture, key, domain));
  return { evidence: hex(capture.evidence), message: JSON.stringify({ event, signer: addressOf(key), signature }) };
}
