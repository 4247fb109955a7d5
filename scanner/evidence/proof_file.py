"""The proof file: one small text with which anybody checks a bottle or an event without asking us.

The form is C2SP's (c2sp.org/tlog-proof). What that form leaves to the application, its `extra` line, holds JSON with
the leaf's data and the chain's coordinates, so that a reader finds the head there:

    c2sp.org/tlog-proof@v1
    extra <base64 of {"block":…,"chain_id":…,"contract":"0x…","leaf":"0x…","transaction":"0x…"}>
    index 2
    <one base64 hash a line, from the leaf's sibling up>

    <checkpoint: origin, size, root; then its signatures, if any>

The checkpoint is the head of an evidence log, or for a bottle the unit-code root of its batch; the latter stands on
chain under the signature of the device that commissioned it, so it may come without signatures of its own.
Nothing in the file is true because the file says so: see `proves`, then compare the root with the chain.
"""

from base64 import b64encode
from dataclasses import dataclass
from json import dumps, loads

from scanner.errors import Malformed
from scanner.evidence.checkpoint import Checkpoint, format_text, parse_number, parse_text
from scanner.evidence.note import Note, NoteSignature, decode_base64, format_note, parse_note
from scanner.evidence.proof import verify_inclusion
from scanner.evidence.tree import HASH_BYTES, leaf_hash

HEADER = "c2sp.org/tlog-proof@v1"
PATH_MAX = 64


@dataclass(frozen=True)
class ChainCoordinates:
    """Where the head was written. Contract is 20 bytes, transaction 32, block a number."""

    chain_id: int
    contract: bytes
    block: int
    transaction: bytes


@dataclass(frozen=True)
class ProofFile:
    """Leaf data, its place and path, the head, and the head's place on chain."""

    leaf: bytes
    index: int
    path: tuple[bytes, ...]
    checkpoint: Checkpoint
    chain: ChainCoordinates
    signatures: tuple[NoteSignature, ...] = ()

    @property
    def note(self) -> Note:
        """The checkpoint as a note, for `note.verify`."""
        return Note(format_text(self.checkpoint), self.signatures)


def proves(file: ProofFile) -> bool:
    """Whether the leaf is in the tree of the file's checkpoint. Whether that head is real is for the chain to say."""
    head = file.checkpoint
    return verify_inclusion(leaf_hash(file.leaf), file.index, head.size, head.root, file.path)


def format_proof(file: ProofFile) -> str:
    """The text of the file."""
    extra = {
        "block": file.chain.block,
        "chain_id": file.chain.chain_id,
        "contract": "0x" + file.chain.contract.hex(),
        "leaf": "0x" + file.leaf.hex(),
        "transaction": "0x" + file.chain.transaction.hex(),
    }
    lines = [
        HEADER,
        "extra " + b64encode(dumps(extra, separators=(",", ":")).encode()).decode(),
        f"index {file.index}",
        *(b64encode(each).decode() for each in file.path),
    ]
    return "\n".join(lines) + "\n\n" + format_note(file.note)


def parse_proof(text: str) -> ProofFile:
    """The pair of `format_proof`. Malformed names what could not be understood."""
    head, separator, tail = text.partition("\n\n")
    lines = head.split("\n")
    if not separator or lines[0] != HEADER:
        raise Malformed("proof", f"does not begin with {HEADER}")
    if len(lines) < 3 or not lines[1].startswith("extra ") or not lines[2].startswith("index "):
        raise Malformed("proof", "needs an extra line and an index line")
    if len(lines) > 3 + PATH_MAX:
        raise Malformed("path", f"is longer than {PATH_MAX}")
    leaf, chain = _parse_extra(lines[1].removeprefix("extra "))
    path = tuple(_exactly(HASH_BYTES, decode_base64(line, "path"), "path") for line in lines[3:])
    note = parse_note(tail)
    return ProofFile(
        leaf=leaf,
        index=parse_number(lines[2].removeprefix("index "), "index"),
        path=path,
        checkpoint=parse_text(note.text),
        chain=chain,
        signatures=note.signatures,
    )


def _parse_extra(encoded: str) -> tuple[bytes, ChainCoordinates]:
    raw = decode_base64(encoded, "extra")
    try:
        extra = loads(raw)
    except (ValueError, RecursionError) as error:
        raise Malformed("extra", "is not JSON") from error
    if not isinstance(extra, dict):
        raise Malformed("extra", "is not an object")
    chain = ChainCoordinates(
        chain_id=_number(extra, "chain_id"),
        contract=_exactly(20, _bytes(extra, "contract"), "contract"),
        block=_number(extra, "block"),
        transaction=_exactly(32, _bytes(extra, "transaction"), "transaction"),
    )
    return _bytes(extra, "leaf"), chain


def _number(extra: dict[str, object], field: str) -> int:
    value = extra.get(field)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Malformed(field, "is not a number")
    return value


def _bytes(extra: dict[str, object], field: str) -> bytes:
    value = extra.get(field)
    if not isinstance(value, str) or not value.startswith("0x"):
        raise Malformed(field, "is not hexadecimal")
    try:
        return bytes.fromhex(value[2:])
    except ValueError as error:
        raise Malformed(field, "is not hexadecimal") from error


def _exactly(length: int, value: bytes, field: str) -> bytes:
    if len(value) != length:
        raise Malformed(field, f"is not {length} bytes")
    return value
