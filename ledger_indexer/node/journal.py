"""The journal: every transaction in its order and every block's time, before they are mined.

A frame is `length, crc32 of the body, body`; the body is one letter for the kind and its content:

    T  raw transaction                      written and synced before its sender is answered
    S  number, timestamp, count             synced before the block is mined
    M  number, hash                         after it was mined; written along with what comes next

A crash may tear the end that was not synced yet: nobody was told of it, so it is cut off. Damage before an M frame is
another thing, because that frame is only written once all before it is safe: it is reported and never cut.
"""

import mmap
import os
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from ledger_indexer.node.errors import JournalDamaged
from ledger_indexer.node.home import sync_folder

MAGIC = b"jiulian-journal-1\n"
_FRAME = struct.Struct(">II")
_SEAL = struct.Struct(">QQI")
_MINED = struct.Struct(">Q32s")
_MINED_FRAME_LENGTH = struct.pack(">I", 1 + _MINED.size)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A transaction the node took, to be mined in the next block."""

    raw: bytes


@dataclass(frozen=True, slots=True)
class Sealed:
    """A block about to be mined from the `count` transactions accepted since the last one."""

    number: int
    timestamp: int
    count: int


@dataclass(frozen=True, slots=True)
class Mined:
    """The hash (32 bytes) that a sealed block got."""

    number: int
    hash: bytes


Entry: TypeAlias = Accepted | Sealed | Mined


def encode(entry: Entry) -> bytes:
    """One frame."""
    match entry:
        case Accepted(raw):
            body = b"T" + raw
        case Sealed(number, timestamp, count):
            body = b"S" + _SEAL.pack(number, timestamp, count)
        case Mined(number, block_hash):
            body = b"M" + _MINED.pack(number, block_hash)
    return _FRAME.pack(len(body), zlib.crc32(body)) + body


def scan(data: bytes | mmap.mmap, offset: int = 0) -> Iterator[tuple[Entry, int]]:
    """Entries from `offset` on, each with the offset after it; ends silently before the first bad frame."""
    size = len(data)
    while offset + _FRAME.size <= size:
        length, checksum = _FRAME.unpack_from(data, offset)
        end = offset + _FRAME.size + length
        if length == 0 or end > size:
            return
        body = data[offset + _FRAME.size : end]
        if zlib.crc32(body) != checksum:
            return
        yield _decode(body), end
        offset = end


def read(path: Path, offset: int = 0) -> Iterator[tuple[Entry, int]]:
    """Entries of a journal file after `offset` (0 is its beginning)."""
    if not path.exists() or path.stat().st_size <= len(MAGIC):
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        yield from scan(data, max(offset, len(MAGIC)))


def sound_end(data: bytes | mmap.mmap, offset: int) -> int:
    """Where the good part ends; raises JournalDamaged when a safely stored block stands after a bad frame."""
    end = offset
    for _, after in scan(data, offset):
        end = after
    candidate = data.find(_MINED_FRAME_LENGTH, end)
    while candidate != -1:
        for entry, _ in scan(data, candidate):
            if isinstance(entry, Mined):
                raise JournalDamaged(
                    f"the journal is damaged at byte {end}, but block {entry.number} is stored after it; "
                    "restore the journal from a copy"
                )
            break
        candidate = data.find(_MINED_FRAME_LENGTH, candidate + 1)
    return end


class Journal:
    """The journal open for appending, by one process."""

    def __init__(self, path: Path, *, sound_from: int = 0) -> None:
        """Open or create it and cut a torn end; bytes before `sound_from` are taken as sound (a snapshot has them)."""
        self._path = path
        if not path.exists() or path.stat().st_size < len(MAGIC):
            path.write_bytes(MAGIC)
            sync_folder(path.parent)
        self.cut = _cut_torn_end(path, max(sound_from, len(MAGIC)))
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        self.end = os.fstat(self._descriptor).st_size

    def append(self, entries: Iterable[Entry]) -> None:
        """Write entries; they are safe only after `sync`."""
        content = memoryview(b"".join(encode(entry) for entry in entries))
        while content:
            written = os.write(self._descriptor, content)
            self.end += written
            content = content[written:]

    def sync(self) -> None:
        """Return once all that was appended survives a power cut."""
        os.fdatasync(self._descriptor)

    def close(self) -> None:
        """Sync and let go of the file."""
        os.fsync(self._descriptor)
        os.close(self._descriptor)


def _cut_torn_end(path: Path, offset: int) -> int:
    """Cut a torn end and return how many bytes went."""
    with path.open("r+b") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise JournalDamaged(f"{path} is not a journal of this version")
        size = path.stat().st_size
        if size < offset:
            raise JournalDamaged(f"{path} is {size} bytes long, but a snapshot has seen {offset}")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            end = sound_end(data, offset)
        if end < size:
            file.truncate(end)
            os.fsync(file.fileno())
        return size - end


def _decode(body: bytes) -> Entry:
    kind, content = body[:1], body[1:]
    if kind == b"T":
        return Accepted(content)
    if kind == b"S":
        return Sealed(*_SEAL.unpack(content))
    if kind == b"M":
        return Mined(*_MINED.unpack(content))
    raise JournalDamaged(f"the journal holds an entry of an unknown kind {kind!r}")
