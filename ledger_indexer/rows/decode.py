"""Logs from the wire to rows, by offsets compiled once from each log's declaration.

Stricter than the ABI asks: a value with set bits beyond its type, a length that does not fit or padding that
is not zero is refused, and the log goes to quarantine with its bytes.
"""

from binascii import unhexlify
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from struct import Struct
from struct import error as StructError
from typing import NamedTuple, cast

from ledger_indexer.bindings.abi import AbiEvent, AbiInput, parse_declaration
from ledger_indexer.bindings.logs import LOGS
from ledger_indexer.blocks.wire import WireLog
from ledger_indexer.errors import Undecodable

Value = int | bytes | str
Row = tuple[Value, ...]
"""A row as the mirror keeps it: where its log stands, then the log's values in the order of its declaration."""
Decoder = Callable[[bytes, bytes], Row]
"""From all topics in a row and the data to the log's values in the order of its declaration."""

_NATIVE = {8: "B", 16: "H", 32: "I", 64: "Q"}


class RawLog(NamedTuple):
    """A log's bytes and place, as kept for ever."""

    block_number: int
    log_index: int
    tx_hash: bytes
    tx_index: int
    address: bytes
    topics: bytes
    data: bytes


@dataclass(slots=True)
class Decoded:
    """What some logs say: raw rows, rows by the log's name, and what could not be read with its reason."""

    raws: list[RawLog] = field(default_factory=list)
    rows: dict[str, list[Row]] = field(default_factory=dict)
    quarantined: list[tuple[RawLog, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reading:
    """Where a known log goes (``name``) and how it is read."""

    name: str
    decode: Decoder


Book = Mapping[tuple[bytes, bytes], Reading]
"""Readings by (address, first topic)."""


def book_of(watched: Mapping[str, str]) -> Book:
    """How to read the logs of the watched contracts (name to 0x address)."""
    book: dict[tuple[bytes, bytes], Reading] = {}
    for log in LOGS:
        event = parse_declaration(log.declaration)
        address = bytes.fromhex(watched[log.contract][2:])
        book[address, event.topic0] = Reading(log.__name__, compile_decoder(event))
    return book


def raws_of(wire: Iterable[WireLog]) -> list[RawLog]:
    """Bytes from hex; raises ValueError when a node sends what is not hex, or no hash of 32 bytes."""
    read, made = unhexlify, RawLog._make
    raws: list[RawLog] = []
    names: dict[str, bytes] = {}
    numbers: dict[str, int] = {}
    for log in wire:
        tx, address, block, order = log.transactionHash, log.address, log.blockNumber, log.transactionIndex
        if tx not in names:
            names[tx] = read(tx[2:])
            if len(names[tx]) != 32:
                raise ValueError(f"{tx} is not the hash of a transaction")
        if address not in names:
            names[address] = read(address[2:])
        if block not in numbers:
            numbers[block] = int(block, 16)
        if order not in numbers:
            numbers[order] = int(order, 16)
        topics = read("".join(log.topics).replace("0x", ""))
        data = read(log.data[2:])
        raws.append(
            made((numbers[block], int(log.logIndex, 16), names[tx], numbers[order], names[address], topics, data))
        )
    return raws


def decode_logs(raws: Sequence[RawLog], times: Mapping[int, int], book: Book) -> Decoded:
    """Read raw logs; ``times`` gives each block's Unix time. Logs the book does not know stay raw only."""
    decoded = Decoded(raws=list(raws))
    rows: dict[str, list[Row]] = {}
    for raw in raws:
        number, index, tx, _, address, topics, data = raw
        reading = book.get((address, topics[:32]))
        if reading is None:
            continue
        try:
            values = reading.decode(topics, data)
        except Undecodable as error:
            decoded.quarantined.append((raw, str(error)))
            continue
        row = (number, index, tx, times[number], *values)
        if reading.name in rows:
            rows[reading.name].append(row)
        else:
            rows[reading.name] = [row]
    decoded.rows = rows
    return decoded


def compile_decoder(event: AbiEvent) -> Decoder:
    """Build the reader of one declaration: unsigned integers, ``bytesN``, ``address``, ``bool``, ``bytes``.

    Raises ValueError for other types. The reader raises Undecodable.
    """
    indexed = [i for i in event.inputs if i.indexed]
    plain = [i for i in event.inputs if not i.indexed]
    topics_head, topics_checks, topics_values = _words(indexed, "t")
    data_head, data_checks, data_values = _words(plain, "d")
    dynamic = [i for i in plain if i.type == "bytes"]
    if any(i.type == "bytes" for i in indexed):
        raise ValueError(f"{event.name}: an indexed 'bytes' is only a hash")
    by_input = dict(zip(indexed, topics_values, strict=True)) | dict(zip(plain, data_values, strict=True))
    values = "".join(f"{by_input[i]}, " for i in event.inputs)
    size = 32 * len(plain)
    length = f"len(data) < {size}" if dynamic else f"len(data) != {size}"
    checks = " or ".join([*topics_checks, *data_checks]) or "False"
    source = (
        "def decode(topics, data):\n"
        f"    if len(topics) != {32 * (len(indexed) + 1)} or {length}:\n"
        f"        raise Undecodable('{event.name}: wrong number of words')\n"
        f"    {_names(topics_head, 't')} = unpack_topics(topics, 32)\n"
        f"    {_names(data_head, 'd')} = unpack_data(data)\n"
        f"    if {checks}:\n"
        f"        raise Undecodable('{event.name}: a value exceeds its type')\n"
        f"    return ({values})\n"
    )
    scope: dict[str, object] = {
        "Undecodable": Undecodable,
        "unpack_topics": Struct(">" + "".join(topics_head)).unpack_from,
        "unpack_data": Struct(">" + "".join(data_head)).unpack_from,
        "tail": _tail,
        "zeros": [bytes(n) for n in range(33)],
        "whole": lambda word: int.from_bytes(word, "big"),
    }
    exec(source, scope)  # noqa: S102 - the source is built above from our own declarations, once at start
    return cast(Decoder, scope["decode"])


def _names(head: Sequence[str], prefix: str) -> str:
    parts = sum(len(_fields(code)) for code in head)
    return f"({''.join(f'{prefix}{i}, ' for i in range(parts))})"


def _fields(code: str) -> list[str]:
    """The values one format code yields: ``24sQ`` gives padding and value."""
    return [c for c in code if c.isalpha()]


def _words(inputs: Sequence[AbiInput], prefix: str) -> tuple[list[str], list[str], list[str]]:
    """Struct codes, conditions of refusal, and value expressions of a run of 32-byte words."""
    codes: list[str] = []
    checks: list[str] = []
    values: list[str] = []
    at = 0
    for each in inputs:
        code, check, value = _word(each.type, prefix, at)
        codes.append(code)
        checks.extend(check)
        values.append(value)
        at += len(_fields(code))
    return codes, checks, values


def _word(kind: str, prefix: str, at: int) -> tuple[str, list[str], str]:
    first, second, third = (f"{prefix}{at + n}" for n in range(3))
    if kind == "bytes":
        return "24sQ", [f"{first} != zeros[24]"], f"tail(data, {second})"
    if kind == "address":
        return "12s20s", [f"{first} != zeros[12]"], second
    if kind == "bool":
        return "31sB", [f"{first} != zeros[31]", f"{second} > 1"], f"({second} == 1)"
    if kind == "bytes32":
        return "32s", [], first
    if kind.startswith("bytes"):
        size = int(kind.removeprefix("bytes"))
        return f"{size}s{32 - size}s", [f"{second} != zeros[{32 - size}]"], first
    if not kind.startswith("uint"):
        raise ValueError(f"no reader for {kind}")
    bits = int(kind.removeprefix("uint"))
    if bits in _NATIVE:
        pad = 32 - bits // 8
        return f"{pad}s{_NATIVE[bits]}", [f"{first} != zeros[{pad}]"], second
    if bits == 128:
        return "16sQQ", [f"{first} != zeros[16]"], f"({second} << 64 | {third})"
    return "32s", [] if bits == 256 else [f"whole({first}) >> {bits}"], f"whole({first})"


_LENGTH = Struct(">24sQ")


def _tail(data: bytes, offset: int) -> bytes:
    """The dynamic bytes at an offset of the data."""
    try:
        zeros, length = _LENGTH.unpack_from(data, offset)
    except (StructError, OverflowError) as error:
        raise Undecodable("dynamic bytes lie outside the data") from error
    start, end = offset + 32, offset + 32 + length
    padded = start + (length + 31) // 32 * 32
    if any(zeros) or padded > len(data) or any(data[end:padded]):
        raise Undecodable("dynamic bytes do not fit the data")
    return data[start:end]
