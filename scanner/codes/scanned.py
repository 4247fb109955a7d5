"""What a scanned text is: a case, a bottle, or nothing we know and why. The twin of scanner/pwa/codes.js."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from scanner.codes.serials import ALPHABET, SERIAL_LENGTH, check_serial
from scanner.errors import Malformed
from scanner.gs1 import digital_link, element_string
from scanner.gs1.associations import Element
from scanner.gs1.check_digit import has_check_digit
from scanner.gs1.scan_text import scan_text


class Fault(StrEnum):
    """Why a text is no code of ours."""

    UNKNOWN = "unknown"
    CHECK = "check"
    """A serial of our length and letters with a wrong check character: it was misread or does not exist."""
    CAPS_LOCK = "caps_lock"
    """Capitals and small letters have changed places, and what was meant is not certain."""
    INPUT_METHOD = "input_method"
    """Signs that only an input method types."""
    GLUED = "glued"
    """Two codes have run together."""


@dataclass(frozen=True, slots=True)
class Case:
    """A case or a pallet: its SSCC."""

    sscc: str


@dataclass(frozen=True, slots=True)
class Bottle:
    """A bottle; `batch` is None when its code names none."""

    gtin: str
    batch: str | None
    serial: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A text that names neither."""

    fault: Fault


Scanned = Case | Bottle | Unreadable

_SSCC = re.compile(r"(?:00|\(00\))?([0-9]{18})")
_SSCCS_GLUED = re.compile(r"(?:(?:00)?[0-9]{18}){2,}")
_ADDRESS = re.compile(r"https?:/", re.IGNORECASE)


def read_scan(raw: str) -> Scanned:
    """The case or the bottle of a text as a reader gives it."""
    scan = scan_text(raw)
    text = scan.text
    if len(_ADDRESS.findall(text)) > 1 or _SSCCS_GLUED.fullmatch(text):
        return Unreadable(Fault.GLUED)
    if (match := _SSCC.fullmatch(text)) and has_check_digit(match[1]):
        return Case(match[1])
    try:
        if _ADDRESS.match(text):
            return _of_elements(digital_link.parse(text).elements, text)
        if scan.is_gs1 or text.startswith("("):
            return _of_elements(element_string.parse(text), text)
    except Malformed:
        pass
    return Unreadable(Fault.UNKNOWN if text.isascii() else Fault.INPUT_METHOD)


def _of_elements(elements: Sequence[Element], text: str) -> Scanned:
    values: dict[str, str] = {}
    for code, value in elements:
        if values.setdefault(code, value) != value:
            return Unreadable(Fault.GLUED)
    if "00" in values:
        return Case(values["00"])
    if "01" in values and "21" in values:
        return _bottle(Bottle(values["01"], values.get("10"), values["21"]), text)
    return Unreadable(Fault.UNKNOWN)


def _bottle(read: Bottle, text: str) -> Scanned:
    """The bottle with its serial in capitals, as ours are; a serial of another make stays as it is."""
    capitals = read.serial.upper()
    if len(capitals) != SERIAL_LENGTH or set(capitals) - set(ALPHABET):
        return read
    if any(letter.isupper() for letter in read.serial) and capitals != read.serial:
        return read  # both kinds of letters: no Caps Lock does that, so it is another maker's
    if not check_serial(capitals):
        return Unreadable(Fault.CHECK)
    if capitals == read.serial:
        return read
    return _turned(read, text)


def _turned(read: Bottle, text: str) -> Scanned:
    """With Caps Lock on, `http` comes as `HTTP` and the batch is turned too. A link that was all capitals comes all
    small: whether its batch was written in capitals is not certain then, and it is not guessed."""
    batch, serial = read.batch, read.serial.upper()
    if batch is not None and text.startswith("HTTP"):
        batch = batch.swapcase()
    elif batch is not None and batch != batch.upper() and batch == batch.lower():
        return Unreadable(Fault.CAPS_LOCK)
    return Bottle(read.gtin, batch, serial)
