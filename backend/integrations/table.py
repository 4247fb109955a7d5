"""Reading a table as other systems write it: compressed or not, in what encoding, with which delimiter."""

import codecs
import csv
import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO

from backend.errors import Malformed

SAMPLE_BYTES = 256 * 1024
DELIMITERS = ",;\t|"
HEAD_LINES = 20
_NOTE = re.compile(r'"?sep=([^\w\s"]|\t)"?[,;\t|]*', re.IGNORECASE)
FIELD_BYTES_MAX = 64 * 1024
_GZIP = b"\x1f\x8b"


class NotATable(Malformed):
    """The file is not a table of text with a header and columns."""


@dataclass(frozen=True)
class Format:
    """How a file is written. `noted`: its first line is no row but a spreadsheet's note of the delimiter, `sep=;`."""

    encoding: str
    delimiter: str
    compressed: bool
    noted: bool = False


def sniff(path: Path) -> Format:
    """Tell a file's format from its beginning.

    Raises:
        NotATable: it is empty, binary, or has one column.
    """
    with path.open("rb") as file:
        compressed = file.read(2) == _GZIP
    with _opened(path, compressed) as raw:
        try:
            sample = raw.read(SAMPLE_BYTES)
        except (OSError, EOFError, zlib.error) as error:
            raise NotATable(f"{path.name}: the compressed file is damaged") from error
    encoding = _encoding(sample, path)
    text = codecs.getincrementaldecoder(encoding)("strict").decode(sample, False)
    lines = [line for line in text.splitlines() if line.strip()][:HEAD_LINES]
    if not lines:
        raise NotATable(f"{path.name}: the file is empty")
    if note := _NOTE.fullmatch(lines[0].strip()):
        return Format(encoding, note[1], compressed, noted=True)
    # What most lines have; where that says nothing, what the first line has most of: titles may stand above the header.
    delimiter = max(DELIMITERS, key=lambda sign: (sum(sign in line for line in lines), lines[0].count(sign)))
    if not any(delimiter in line for line in lines):
        raise NotATable(f"{path.name}: one column only; a table has delimiters such as comma, semicolon or tab")
    return Format(encoding, delimiter, compressed)


def _encoding(sample: bytes, path: Path) -> str:
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\x00" in sample:
        raise NotATable(f"{path.name}: holds null bytes; save the sheet as CSV first")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            codecs.getincrementaldecoder(encoding)("strict").decode(sample, False)
            return encoding
        except UnicodeDecodeError:
            continue
    raise NotATable(f"{path.name}: neither UTF-8 nor GB 18030")


def _opened(path: Path, compressed: bool) -> IO[bytes]:
    return gzip.open(path, "rb") if compressed else path.open("rb")  # type: ignore[return-value]


class Table:
    """A file's rows, one at a time; `hash` is complete when all are read."""

    def __init__(self, path: Path, form: Format) -> None:
        self._path, self._form = path, form
        self._hash = sha256()

    @property
    def hash(self) -> bytes:
        """SHA-256 of the bytes read, as they lie in the file before any decompression is undone."""
        return self._hash.digest()

    def rows(self, seen: Callable[[int], None]) -> Iterator[tuple[int, list[str]]]:
        """(line, row) of every row that is not blank; `seen` is told how many bytes of the file are behind.

        Raises:
            NotATable: the file cannot be decoded or read to its end.
        """
        with self._path.open("rb") as file:
            counted = _Counted(file, self._hash.update, seen)
            raw: io.RawIOBase | gzip.GzipFile = gzip.GzipFile(fileobj=counted) if self._form.compressed else counted
            text = io.TextIOWrapper(io.BufferedReader(raw), self._form.encoding, newline="")
            csv.field_size_limit(FIELD_BYTES_MAX)
            line = 0
            try:
                before = self._pass_note(text)
                line = before
                reader = csv.reader(text, delimiter=self._form.delimiter, strict=False)
                for row in reader:
                    line, begin = before + reader.line_num, line + 1
                    if any(cell.strip() for cell in row):
                        yield begin, row
            except UnicodeDecodeError as error:
                raise NotATable(f"line {line + 1}: not {self._form.encoding} text") from error
            except (csv.Error, OSError, EOFError, zlib.error) as error:
                raise NotATable(f"line {line + 1}: {error}") from error

    def _pass_note(self, text: IO[str]) -> int:
        """Read past the note of the delimiter; how many lines that took."""
        if not self._form.noted:
            return 0
        count = 1
        while not text.readline().strip():
            count += 1
        return count


class _Counted(io.RawIOBase):
    """A file that tells what of it was read."""

    def __init__(self, file: IO[bytes], hash_more: Callable[[bytes], object], seen: Callable[[int], None]) -> None:
        self._file, self._hash_more, self._seen = file, hash_more, seen
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self._hash_more(data)
        self._count += len(data)
        self._seen(self._count)
        return len(data)
