"""What a reader adds to a code, or does to its signs, taken away: the text as it stands in the symbol.

A reader may put an AIM symbology identifier in front (ISO/IEC 15424: `]Q1`) and, where the code says its character
set, an ECI designator (`\\000026`). A hand scanner types; with a Chinese input method on, all signs or only some come
full width. Each of these has one sign of ASCII that it can stand for; whatever else there is stays as it is.
"""

import re
from dataclasses import dataclass

from scanner.gs1.element_string import SYMBOLOGIES

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
# Signs that Chinese input methods type for those of a web address or an element string; none is in a code itself.
_SIGNS = {ord(typed): meant for typed, meant in zip("\u3000。｡、【】", " ../[]", strict=True)}
_ASCII = _FULL_WIDTH | _SIGNS
# What frames a text (start and end of text, line ends, byte order mark); FNC1, ASCII 29, belongs to the code.
_FRAME = "".join(map(chr, (*range(0x1D), 0x1E, 0x1F, 0x20, 0x7F, 0xA0, 0x200B, 0xFEFF)))
_SYMBOLOGY = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_ECI = re.compile(r"(?:\\[0-9]{6})+")


@dataclass(frozen=True, slots=True)
class ScanText:
    """A code's text; `is_gs1` when the symbology or a leading FNC1 says that it is an element string."""

    text: str
    is_gs1: bool = False


def scan_text(raw: str) -> ScanText:
    """The text of a code as its symbol holds it."""
    text = raw.strip(_FRAME).translate(_ASCII).strip(_FRAME)
    is_gs1 = text.startswith(SYMBOLOGIES)
    if match := _SYMBOLOGY.match(text):
        text = text[match.end() :]
    if match := _ECI.match(text):
        text = text[match.end() :]
    if text.startswith("\x1d"):
        text, is_gs1 = text[1:], True
    return ScanText(text, is_gs1)
