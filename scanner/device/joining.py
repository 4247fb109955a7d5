"""How a key joins a party and leaves it: what is signed (EIP-712, domain "Jiulian Participants"), and a party's code.

Both who admits and the key that joins sign the same `Join`: nobody brings a key in that is not there, and no signature
serves another key, party or way. The name of a device stands outside that signature, since the contract knows no names:
a request ends in a checksum, so that a text that was cut or changed on its way is refused, and who admits compares the
fingerprint with the new phone's. A code is 100 random bits in Crockford's base 32; the key that it yields signs the
`Join` of the party's first device, so that whoever overhears that signature has nothing.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import quote, unquote

from eth_hash.auto import keccak

from scanner.device import signing
from scanner.device.names import party_id
from scanner.device.signing import DOMAIN_TYPE, Domain
from scanner.errors import Malformed

NAME, VERSION = "Jiulian Participants", "1"
BRAND = bytes(32)
"""Who admits when the brand proposes a key."""
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1"})
_CODE_LETTERS = 20
_REQUEST = re.compile(
    r"(jiulian-join:2:(\d{13}):0x([0-9a-f]{40}):(?:0x([0-9a-f]{40}))?:0x([0-9a-f]{130}):([^:\s]{1,600})):([0-9a-f]{8})",
    re.ASCII,
)
_BEGIN = "jiulian-join:"
_HEAD = keccak(DOMAIN_TYPE.encode()) + keccak(NAME.encode()) + keccak(VERSION.encode())
_JOIN = keccak(b"Join(bytes32 party,bytes32 device,bytes32 by)")
_LEAVE = keccak(b"Leave(bytes32 party,bytes32 device,bytes32 by)")


@dataclass(frozen=True, slots=True)
class Statement:
    """A device joins or leaves a party on the word of `by`; 32 bytes each."""

    party: bytes
    device: bytes
    by: bytes

    def join(self, domain: Domain) -> bytes:
        """The 32 bytes to sign for joining."""
        return self._digest(_JOIN, domain)

    def leave(self, domain: Domain) -> bytes:
        """The 32 bytes to sign for leaving."""
        return self._digest(_LEAVE, domain)

    def _digest(self, kind: bytes, domain: Domain) -> bytes:
        where = keccak(_HEAD + domain.chain_id.to_bytes(32) + domain.contract.rjust(32, b"\0"))
        return keccak(b"\x19\x01" + where + keccak(kind + self.party + self.device + self.by))


@dataclass(frozen=True, slots=True)
class Request:
    """A device asks to join: GLN, address, who is asked (an address; None is the brand), own signature, name."""

    party: str
    signer: bytes
    by: bytes | None
    possession: bytes
    label: str


def request_text(gln: str, key: bytes, label: str, by: bytes | None, domain: Domain) -> str:
    """One text, to be shown as a QR code: the device of `key` asks the device `by` (or the brand) to let it in."""
    body = _joining(gln, key, label, BRAND if by is None else by_device(by), domain)[1]
    asked = "" if by is None else _hex(by)
    text = ":".join(("jiulian-join:2", gln, body["signer"], asked, body["possession"], quote(label, safe="!*'()")))
    return f"{text}:{_check(text)}"


def read_request(text: str) -> Request:
    """What a request says.

    Raises:
        Malformed: it is none, or ("damaged") one that was cut or changed on its way.
    """
    text = text.strip()
    found = _REQUEST.fullmatch(text)
    if found is None or _check(found[1]) != found[7]:
        if text.startswith(_BEGIN):
            raise Malformed("damaged", "was cut or changed on its way")
        raise Malformed("request", "is not the request of a device")
    _, party, signer, by, possession, label, _ = found.groups()
    try:
        name = unquote(label, errors="strict")
    except UnicodeDecodeError as error:
        raise Malformed("request", "has a name that cannot be read") from error
    asked = bytes.fromhex(by) if by else None
    return Request(party, bytes.fromhex(signer), asked, bytes.fromhex(possession), name)


def _check(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:8]


def by_device(signer: bytes) -> bytes:
    """`by` of a device that admits or revokes: its id."""
    return signing.device_id(signer)


def by_invitation(address: bytes) -> bytes:
    """`by` of an invitation: its address (20 bytes) as a word."""
    return address.rjust(32, b"\0")


def new_code(random: Callable[[int], bytes]) -> str:
    """A code to hand over: four groups of five letters."""
    number = int.from_bytes(random(13)) % len(_ALPHABET) ** _CODE_LETTERS
    letters = "".join(_ALPHABET[number // 32**at % 32] for at in range(_CODE_LETTERS))
    return "-".join(letters[at : at + 5] for at in range(0, _CODE_LETTERS, 5))


def key_of_code(code: str) -> bytes:
    """The key (32 bytes) that a code yields, however it is spaced or cased; letters that look alike are one.

    Raises:
        Malformed: it is no code.
    """
    letters = "".join(code.split()).replace("-", "").upper().translate(_ALIKE)
    if len(letters) != _CODE_LETTERS or not set(letters) <= set(_ALPHABET):
        raise Malformed("code", "is not a code of 20 letters and digits")
    return sha256(b"jiulian-invitation:" + letters.encode()).digest()


def redemption(gln: str, key: bytes, label: str, code: str, domain: Domain) -> dict[str, str]:
    """What a party's first device posts to redeem its code; `key` is the device's secp256k1 key."""
    secret = key_of_code(code)
    statement, body = _joining(gln, key, label, by_invitation(signing.address_of(secret)), domain)
    return {"party": gln, **body, "signature": _hex(signing.sign_digest(statement, secret))}


def admission(gln: str, key: bytes, label: str, by: bytes, domain: Domain) -> dict[str, str]:
    """What is posted when the device of the key `by` admits the device of `key`."""
    signer = signing.address_of(by)
    statement, body = _joining(gln, key, label, by_device(signer), domain)
    return {**body, "by": _hex(signer), "signature": _hex(signing.sign_digest(statement, by))}


def proposal(gln: str, key: bytes, label: str, domain: Domain) -> dict[str, str]:
    """What the brand posts to propose the device of `key`."""
    return {"party": gln, **_joining(gln, key, label, BRAND, domain)[1]}


def revocation(gln: str, signer: bytes, by: bytes, domain: Domain) -> dict[str, str]:
    """What is posted when the device of the key `by` revokes another one, or itself."""
    speaker = signing.address_of(by)
    statement = Statement(party_id(gln), signing.device_id(signer), by_device(speaker)).leave(domain)
    return {"signer": _hex(signer), "by": _hex(speaker), "signature": _hex(signing.sign_digest(statement, by))}


def _joining(gln: str, key: bytes, label: str, by: bytes, domain: Domain) -> tuple[bytes, dict[str, str]]:
    signer = signing.address_of(key)
    statement = Statement(party_id(gln), signing.device_id(signer), by).join(domain)
    body = {"signer": _hex(signer), "label": label, "possession": _hex(signing.sign_digest(statement, key))}
    return statement, body


def _hex(value: bytes) -> str:
    return "0x" + value.hex()
