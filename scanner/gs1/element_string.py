"""GS1 element strings: bracketed for people, `(01)...(10)...`, and raw with FNC1 for machines.

`parse` takes either, with or without the symbology identifier a scanner puts in front; `format_bracketed` and
`format_raw` write them. Elements are (AI, value) in the order in which they stand.
"""

from collections.abc import Sequence

from scanner.errors import Malformed
from scanner.gs1.application_identifiers import FIXED_LENGTHS, find
from scanner.gs1.associations import Element
from scanner.gs1.content import check_value

FNC1 = "\x1d"
# GS1-128, DataBar and Composite, DataMatrix, QR, DotCode: only these carry element strings.
SYMBOLOGIES = ("]C1", "]e0", "]d2", "]Q3", "]J1")


def parse(text: str) -> tuple[Element, ...]:
    """The elements of `text`; raises Malformed naming the AI that is wrong."""
    if text.startswith("]"):
        if text[:3] not in SYMBOLOGIES:
            raise Malformed("element string", f"symbology {text[:3]!r} carries no element string")
        return parse_raw(text[3:])
    return parse_bracketed(text) if text.startswith("(") else parse_raw(text)


def parse_bracketed(text: str) -> tuple[Element, ...]:
    """Elements of `(01)06901234567892(10)L1`; an opening bracket inside a value is written as `\\(`."""
    if not text.startswith("("):
        raise Malformed("element string", "must begin with a bracketed application identifier")
    elements, at = [], 0
    while at < len(text):
        close = text.find(")", at)
        if close < 0:
            raise Malformed("element string", f"bracket at character {at + 1} is not closed")
        code, value, at = text[at + 1 : close], [], close + 1
        while at < len(text) and text[at] != "(":
            if text.startswith("\\(", at):
                at += 1
            value.append(text[at])
            at += 1
        elements.append(_element(code, "".join(value)))
    return tuple(elements)


def parse_raw(text: str) -> tuple[Element, ...]:
    """Elements of a raw string; FNC1 stands as ASCII 29, and may also stand in front of the whole."""
    rest = text.removeprefix(FNC1)
    if not rest:
        raise Malformed("element string", "is empty")
    elements = []
    while rest:
        code = next((rest[:size] for size in (2, 3, 4) if find(rest[:size])), None)
        if code is None:
            raise Malformed("element string", f"no application identifier begins {rest[:4]!r}")
        if (length := FIXED_LENGTHS.get(rest[:2])) is not None:
            value, rest = rest[len(code) : length], rest[length:].removeprefix(FNC1)
        else:
            value, _, rest = rest[len(code) :].partition(FNC1)
        elements.append(_element(code, value))
    return tuple(elements)


def _element(code: str, value: str) -> Element:
    check_value(code, value)
    return code, value


def format_bracketed(elements: Sequence[Element]) -> str:
    """For people: each AI in brackets; raises Malformed when a value is wrong."""
    _check(elements)
    return "".join(f"({code}){value.replace('(', chr(92) + '(')}" for code, value in elements)


def format_raw(elements: Sequence[Element]) -> str:
    """For a symbol: FNC1 only after values whose length is not predefined, and not at the end."""
    _check(elements)
    last = len(elements) - 1
    return "".join(
        code + value + ("" if at == last or code[:2] in FIXED_LENGTHS else FNC1)
        for at, (code, value) in enumerate(elements)
    )


def _check(elements: Sequence[Element]) -> None:
    if not elements:
        raise Malformed("element string", "is empty")
    for code, value in elements:
        check_value(code, value)
