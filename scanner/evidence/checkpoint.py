"""Tree heads as C2SP checkpoints (c2sp.org/tlog-checkpoint): origin, size and root, one line each, in a note."""

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass

from scanner.errors import Malformed
from scanner.evidence.note import Note, NoteKey, PrivateKey, decode_base64, format_note, parse_note
from scanner.evidence.note import sign as sign_note
from scanner.evidence.note import verify as verify_note
from scanner.evidence.tree import HASH_BYTES

SIZE_MAX = 2**64 - 1


@dataclass(frozen=True)
class Checkpoint:
    """What a log says about itself: `size` leaves under `root`. Extension lines are kept but mean nothing here."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for line in (self.origin, *self.extensions):
            if not line or "\n" in line:
                raise Malformed("checkpoint", "has an empty or broken line")
        if not 0 <= self.size <= SIZE_MAX:
            raise Malformed("size", "is not a number of leaves")
        if len(self.root) != HASH_BYTES:
            raise Malformed("root", "is not 32 bytes")


def format_text(checkpoint: Checkpoint) -> str:
    """The lines that are signed."""
    lines = [checkpoint.origin, str(checkpoint.size), b64encode(checkpoint.root).decode(), *checkpoint.extensions]
    return "".join(f"{line}\n" for line in lines)


def parse_text(text: str) -> Checkpoint:
    """The pair of `format_text`; one spelling only."""
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1]:
        raise Malformed("checkpoint", "needs an origin, a size and a root")
    origin, size, root, *extensions = lines[:-1]
    return Checkpoint(origin, parse_number(size, "size"), decode_base64(root, "root"), tuple(extensions))


def sign(checkpoint: Checkpoint, name: str, private: PrivateKey) -> str:
    """The checkpoint as a note with one signature; a log signs under its origin."""
    return format_note(sign_note(Note(format_text(checkpoint)), name, private))


def cosign(signed: str, name: str, private: PrivateKey) -> str:
    """The signed checkpoint with one more signature, of a witness."""
    return format_note(sign_note(parse_note(signed), name, private))


def parse(signed: str) -> tuple[Checkpoint, Note]:
    """Checkpoint and note, still unchecked: believe it only after `verify`."""
    note = parse_note(signed)
    return parse_text(note.text), note


def verify(signed: str, origin: str, known: Iterable[NoteKey]) -> tuple[Checkpoint, tuple[str, ...]]:
    """The checkpoint, and which of the known keys signed it; nobody did when its origin is another log's."""
    checkpoint, note = parse(signed)
    return checkpoint, verify_note(note, known) if checkpoint.origin == origin else ()


def parse_number(text: str, field: str) -> int:
    """A decimal of ASCII digits without leading zeroes; Malformed(field) otherwise."""
    if not text.isascii() or not text.isdigit() or (text[0] == "0" and text != "0") or len(text) > 20:
        raise Malformed(field, "is not a decimal number")
    return int(text)
