"""Signed notes as C2SP defines them (c2sp.org/signed-note): text, a blank line, one line for each signature.

Ed25519 (type 0x01) and ECDSA P-256 over SHA-256 (type 0x02) are known: the second because old phone browsers
check it with WebCrypto. The text of a note means nothing until `verify` has named who signed it.
"""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from scanner.errors import Malformed

ED25519, ECDSA_P256 = 0x01, 0x02
SIGNATURES_MAX = 64
_SIGNATURE_LINE = "\u2014 "

PublicKey = Ed25519PublicKey | EllipticCurvePublicKey
PrivateKey = Ed25519PrivateKey | EllipticCurvePrivateKey


@dataclass(frozen=True)
class NoteSignature:
    """One signature line: who says so, under which key, and the signature itself."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True)
class Note:
    """A text that ends in a newline, and its signatures, not yet checked."""

    text: str
    signatures: tuple[NoteSignature, ...] = ()


@dataclass(frozen=True)
class NoteKey:
    """A known signer: its name and public key. Malformed when the name or the curve cannot be used."""

    name: str
    public: PublicKey

    def __post_init__(self) -> None:
        if not is_key_name(self.name):
            raise Malformed("key name", "must be text without spaces or plus signs")
        if isinstance(self.public, EllipticCurvePublicKey) and not isinstance(self.public.curve, SECP256R1):
            raise Malformed("key", "must be on the curve P-256")

    @property
    def encoded(self) -> bytes:
        """Type byte and public key: 32 bytes for Ed25519, SPKI in DER for ECDSA."""
        if isinstance(self.public, Ed25519PublicKey):
            return bytes([ED25519]) + self.public.public_bytes_raw()
        return bytes([ECDSA_P256]) + self.public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def key_id(self) -> bytes:
        """First four bytes of the hash C2SP names for this type of key."""
        encoded = self.encoded
        hashed = encoded[1:] if encoded[0] == ECDSA_P256 else self.name.encode() + b"\n" + encoded
        return sha256(hashed).digest()[:4]

    def verifies(self, text: str, signature: bytes) -> bool:
        """Whether this key made the signature over the text."""
        try:
            if isinstance(self.public, Ed25519PublicKey):
                self.public.verify(signature, text.encode())
            else:
                self.public.verify(signature, text.encode(), ECDSA(SHA256()))
        except InvalidSignature:
            return False
        return True


def is_key_name(name: str) -> bool:
    """Whether C2SP lets a key have this name."""
    return bool(name) and not any(each.isspace() or each == "+" or ord(each) < 32 for each in name)


def format_key(key: NoteKey) -> str:
    """`name+key id+key`, the way a verifier is handed around and pinned."""
    return f"{key.name}+{key.key_id.hex()}+{b64encode(key.encoded).decode()}"


def parse_key(text: str) -> NoteKey:
    """The pair of `format_key`; Malformed when the id is not the key's."""
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    raw = decode_base64(encoded, "key")
    try:
        public = Ed25519PublicKey.from_public_bytes(raw[1:]) if raw[:1] == b"\x01" else load_der_public_key(raw[1:])
    except ValueError as error:
        raise Malformed("key", "is not a public key") from error
    if not isinstance(public, Ed25519PublicKey | EllipticCurvePublicKey):
        raise Malformed("key", "is neither Ed25519 nor ECDSA")
    key = NoteKey(name, public)
    if key.encoded != raw or key.key_id.hex() != key_id:
        raise Malformed("key id", "does not belong to the key")
    return key


def sign(note: Note, name: str, private: PrivateKey) -> Note:
    """The note with one more signature."""
    key = NoteKey(name, private.public_key())
    if isinstance(private, Ed25519PrivateKey):
        signature = private.sign(note.text.encode())
    else:
        signature = private.sign(note.text.encode(), ECDSA(SHA256()))
    return Note(note.text, (*note.signatures, NoteSignature(name, key.key_id, signature)))


def verify(note: Note, known: Iterable[NoteKey]) -> tuple[str, ...]:
    """Names of the known keys that signed; none when one of them signed wrongly. Unknown keys are passed over."""
    keys = {(key.name, key.key_id): key for key in known}
    names: dict[str, None] = {}
    for each in note.signatures:
        key = keys.get((each.name, each.key_id))
        if key is None:
            continue
        if not key.verifies(note.text, each.signature):
            return ()
        names[each.name] = None
    return tuple(names)


def format_note(note: Note) -> str:
    """Text of the note with its signature lines."""
    lines = [
        f"{_SIGNATURE_LINE}{each.name} {b64encode(each.key_id + each.signature).decode()}\n" for each in note.signatures
    ]
    return f"{note.text}\n{''.join(lines)}"


def parse_note(text: str) -> Note:
    """The pair of `format_note`. A note without signatures is understood too; it just proves nothing by itself."""
    if any(ord(each) < 32 and each != "\n" for each in text):
        raise Malformed("note", "has control characters")
    body, separator, tail = text.rpartition("\n\n")
    if not separator or not body or (tail and not tail.endswith("\n")):
        raise Malformed("note", "has no text that ends in an empty line")
    lines = tail.split("\n")[:-1]
    if len(lines) > SIGNATURES_MAX:
        raise Malformed("note", f"has more than {SIGNATURES_MAX} signatures")
    return Note(body + "\n", tuple(_parse_signature(line) for line in lines))


def _parse_signature(line: str) -> NoteSignature:
    name, _, encoded = line.removeprefix(_SIGNATURE_LINE).partition(" ")
    raw = decode_base64(encoded, "signature")
    if not line.startswith(_SIGNATURE_LINE) or not is_key_name(name) or len(raw) < 5:
        raise Malformed("signature", "is not of the form \u2014 name base64")
    return NoteSignature(name, raw[:4], raw[4:])


def decode_base64(text: str, field: str) -> bytes:
    """Bytes of standard base64 in its one spelling; Malformed(field) otherwise."""
    try:
        raw = b64decode(text, validate=True)
    except (Base64Error, ValueError) as error:
        raise Malformed(field, "is not base64") from error
    if b64encode(raw).decode() != text:
        raise Malformed(field, "is not base64 in its one spelling")
    return raw
