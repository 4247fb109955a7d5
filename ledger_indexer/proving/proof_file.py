"""The files that `prove` writes and `verify` reads: a row's proof and an evidence head, as strict JSON. Pure.

A file says by its ``kind`` what it is. A field too many, one too few or one of another type is refused, so that what a
person reads in the file is all there is to it.
"""

import json
import re
from typing import TypeVar

import msgspec

ROW_KIND = "jiulian-row-proof@v1"
HEAD_KIND = "jiulian-evidence-head@v1"
_HEX = re.compile(r"0x([0-9a-f]{2})*")
Form = TypeVar("Form", bound="RowProof | HeadProof")


class DoesNotHold(Exception):
    """A proof says something that mathematics, or the chain, does not."""


class NotAProof(ValueError):
    """A file that cannot be understood as a proof."""


class Coordinates(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the contracts stand; the fields of a deployment file that a reader can compare."""

    chain_id: int
    block: int
    access_manager: str
    participants: str
    batch_ledger: str
    evidence_log: str


class BlockClaim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A block by number and hash, with every header field that its hash commits to, as nodes write them."""

    number: int
    hash: str
    header: dict[str, str]


class LogClaim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A log: its place among its receipt's logs and among its block's, and the contract that emitted it."""

    place: int
    index: int
    address: str


class TransactionClaim(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A transaction: its place in the block, and its hash; where the node gave them, its bytes and the nodes to it."""

    index: int
    hash: str
    raw: str | None = None
    path: list[str] | None = None


class RowClaim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The row as the mirror has it: the log's name, the block's Unix time, values as text (numbers in decimals)."""

    name: str
    time: int
    values: dict[str, str]


class RowProof(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file; ``receipt`` as it stands in the trie, ``path`` the encoded nodes from the root down."""

    kind: str = ROW_KIND
    deployment: Coordinates
    block: BlockClaim
    transaction: TransactionClaim
    receipt: str
    path: list[str]
    log: LogClaim
    row: RowClaim


class Leaf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A leaf of an evidence log: its data, its place and its inclusion path (RFC 6962), from the sibling up."""

    data: str
    index: int
    path: list[str]


class Earlier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An earlier head of the same log, and the consistency proof (RFC 6962) from it."""

    size: int
    root: str
    path: list[str]


class HeadProof(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A head of an evidence log: the row in which the contract accepted it, and what may be shown under it."""

    kind: str = HEAD_KIND
    anchored: RowProof
    leaf: Leaf | None = None
    earlier: Earlier | None = None


class _Kind(msgspec.Struct):
    kind: str


def parse(text: str | bytes) -> RowProof | HeadProof:
    """Read a file of either kind.

    Raises:
        NotAProof: it is neither; the words name what could not be understood.
    """
    try:
        kind = msgspec.json.decode(text, type=_Kind).kind
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotAProof(f"it is no JSON with a kind: {error}") from error
    if kind == ROW_KIND:
        return _read(text, RowProof)
    if kind == HEAD_KIND:
        head = _read(text, HeadProof)
        if head.anchored.kind != ROW_KIND:
            raise NotAProof(f"what anchors the head is of kind {head.anchored.kind!r}, not {ROW_KIND!r}")
        return head
    raise NotAProof(f"its kind, {kind!r}, is unknown")


def _read(text: str | bytes, form: type[Form]) -> Form:
    try:
        return msgspec.json.decode(text, type=form)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotAProof(f"it is not well-formed: {error}") from error


def format_proof(proof: RowProof | HeadProof) -> str:
    """The pair of ``parse``: indented for people, in the order in which it is checked."""
    return json.dumps(msgspec.to_builtins(proof), indent=1) + "\n"


def raw(text: str, what: str, size: int | None = None) -> bytes:
    """Bytes from 0x hex in lower case, of a size if one is given; NotAProof otherwise."""
    if not _HEX.fullmatch(text) or (size is not None and len(text) != 2 + 2 * size):
        raise NotAProof(f"the {what} is not {'' if size is None else f'{size} bytes of '}0x hexadecimal")
    return bytes.fromhex(text[2:])
