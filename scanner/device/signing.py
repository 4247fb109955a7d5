"""Signatures over captures: EIP-712 with secp256k1, and P-256 for keys that live in a browser.

The digest is computed here directly, with the type hashes taken once; a general EIP-712 encoder takes 50 times as
long and the tests hold the two equal.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from coincurve import PrivateKey, PublicKey
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from eth_hash.auto import keccak

from scanner.device.capture import Capture
from scanner.errors import Malformed

NAME, VERSION = "Jiulian BatchLedger", "1"
INPUT_TYPE = "Input(bytes32 batch,uint128 quantity)"
CAPTURE_TYPE = (
    "Capture(bytes32 evidence,bytes32 batch,uint8 step,uint128 quantity,bytes32 counterparty,bytes32 location,"
    "uint64 time,bytes32 units,bytes32 ref,bytes32 voids,Input[] inputs)" + INPUT_TYPE
)
DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
ADDRESS_BYTES, P256_SIGNER_BYTES = 20, 84
_SECP256K1_HALF = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0

_INPUT_HASH, _CAPTURE_HASH = keccak(INPUT_TYPE.encode()), keccak(CAPTURE_TYPE.encode())
_DOMAIN_HEAD = keccak(DOMAIN_TYPE.encode()) + keccak(NAME.encode()) + keccak(VERSION.encode())


@dataclass(frozen=True, slots=True)
class Domain:
    """Where a signature counts: one contract (20 bytes) on one chain."""

    chain_id: int
    contract: bytes

    def __post_init__(self) -> None:
        if len(self.contract) != ADDRESS_BYTES:
            raise Malformed("contract", "is not an address of 20 bytes")


def digest(capture: Capture, domain: Domain) -> bytes:
    """The 32 bytes that are signed: keccak256(0x1901 || domain separator || struct hash), EIP-712."""
    return keccak(b"\x19\x01" + _separator(domain) + struct_hash(capture))


def struct_hash(capture: Capture) -> bytes:
    """EIP-712 hash of a capture."""
    inputs = b"".join(keccak(_INPUT_HASH + each.batch + _word(each.quantity)) for each in capture.inputs)
    return keccak(
        _CAPTURE_HASH
        + capture.evidence
        + capture.batch
        + _word(capture.step)
        + _word(capture.quantity)
        + capture.counterparty
        + capture.location
        + _word(capture.time)
        + capture.units
        + capture.ref
        + capture.voids
        + keccak(inputs)
    )


def sign(capture: Capture, key: bytes, domain: Domain) -> bytes:
    """Signature of 65 bytes, r || s || v, with a secp256k1 key of 32 bytes; s is the lower one, v is 27 or 28."""
    return sign_digest(digest(capture, domain), key)


def sign_digest(message: bytes, key: bytes) -> bytes:
    """Signature over 32 bytes that were hashed as EIP-712 says; see `sign`."""
    signature = PrivateKey(key).sign_recoverable(message, hasher=None)
    return signature[:64] + bytes([signature[64] + 27])


def recover(capture: Capture, signature: bytes, domain: Domain) -> bytes:
    """Address (20 bytes) of the key that signed; Malformed when the signature is none that the contract takes."""
    return _recover(digest(capture, domain), signature)


def _recover(message: bytes, signature: bytes) -> bytes:
    if len(signature) != 65 or signature[64] not in (27, 28):
        raise Malformed("signature", "is not 65 bytes that end in 27 or 28")
    if int.from_bytes(signature[32:64], "big") > _SECP256K1_HALF:
        raise Malformed("signature", "has the upper of the two possible s")
    recoverable = signature[:64] + bytes([signature[64] - 27])
    try:
        public = PublicKey.from_signature_and_message(recoverable, message, hasher=None)
    except ValueError as error:
        raise Malformed("signature", "is not one of any key") from error
    return _address(public)


def verify(capture: Capture, signer: bytes, signature: bytes, domain: Domain) -> bool:
    """Whether the signer made the signature: an address, or ERC-7913 `verifier(20) || qx || qy` of a P-256 key.

    Which verifier contracts are trusted is for the enrolment to say; here the key alone is asked.
    """
    return verify_digest(digest(capture, domain), signer, signature)


def verify_digest(message: bytes, signer: bytes, signature: bytes) -> bool:
    """Whether the signer made the signature over 32 bytes that were hashed as EIP-712 says; see `verify`."""
    if len(signer) == ADDRESS_BYTES:
        try:
            return _recover(message, signature) == signer
        except Malformed:
            return False
    return len(signer) == P256_SIGNER_BYTES and _verify_p256(message, signer[20:], signature)


def address_of(key: bytes) -> bytes:
    """Address (20 bytes) of a secp256k1 key: its signer."""
    return _address(PrivateKey(key).public_key)


def new_key(random: Callable[[int], bytes]) -> bytes:
    """A secp256k1 key of 32 bytes."""
    while True:
        key = random(32)
        try:
            PrivateKey(key)
        except ValueError:  # zero or past the order of the curve: once in 2^128
            continue
        return key


def device_id(signer: bytes) -> bytes:
    """Id of a device on chain."""
    return keccak(signer)


def fingerprint(signer: bytes) -> str:
    """The one sign by which people tell devices apart: the first 8 bytes of the id on chain, in four groups."""
    text = device_id(signer).hex()[:16].upper()
    return " ".join(text[at : at + 4] for at in range(0, 16, 4))


def _verify_p256(message: bytes, key: bytes, signature: bytes) -> bool:
    """WebCrypto cannot sign a given hash: it signs the SHA-256 of the digest, and takes either s."""
    if len(signature) != 64:
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        public = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), b"\x04" + key)
        public.verify(encode_dss_signature(r, s), message, ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


@lru_cache(maxsize=64)
def _separator(domain: Domain) -> bytes:
    return keccak(_DOMAIN_HEAD + _word(domain.chain_id) + domain.contract.rjust(32, b"\0"))


def _address(public: PublicKey) -> bytes:
    return keccak(public.format(compressed=False)[1:])[-20:]


def _word(number: int) -> bytes:
    return number.to_bytes(32, "big")
