"""The GS1 identifiers of the trade as values that cannot be wrong: parsed once, at the door."""

from dataclasses import dataclass
from typing import Self

from scanner.errors import Malformed
from scanner.gs1.check_digit import CSET82, check_digit, has_check_digit, is_digits


def _digits(field: str, text: str, lengths: tuple[int, ...]) -> str:
    """`text` when it is all digits, of one of `lengths` and ends with its check digit."""
    if not is_digits(text):
        raise Malformed(field, f"{text!r} is not all digits")
    if len(text) not in lengths:
        wanted = " or ".join(str(length) for length in lengths)
        raise Malformed(field, f"has {len(text)} digits, needs {wanted}")
    if not has_check_digit(text):
        raise Malformed(field, f"check digit is {text[-1]}, must be {check_digit(text[:-1])}")
    return text


def _letters(field: str, text: str) -> str:
    """`text` when it is 1 to 20 characters of GS1 character set 82."""
    if not 1 <= len(text) <= 20:
        raise Malformed(field, f"has {len(text)} characters, needs 1 to 20")
    for letter in text:
        if letter not in CSET82:
            raise Malformed(field, f"character {letter!r} is not allowed")
    return text


@dataclass(frozen=True, slots=True)
class Gtin:
    """Global Trade Item Number, held as 14 digits; `parse` also takes the 8, 12 and 13 digits of a retail code."""

    value: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises Malformed when the length or the check digit is wrong."""
        return cls(_digits("gtin", text, (8, 12, 13, 14)).zfill(14))

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Sscc:
    """Serial Shipping Container Code of a case or pallet: 18 digits."""

    value: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises Malformed when the length or the check digit is wrong."""
        return cls(_digits("sscc", text, (18,)))

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Gln:
    """Global Location Number of a party or a place: 13 digits."""

    value: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises Malformed when the length or the check digit is wrong."""
        return cls(_digits("gln", text, (13,)))

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Serial:
    """Serial number of one item (AI 21): 1 to 20 characters of GS1 character set 82."""

    value: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises Malformed when it is empty, too long, or holds another character."""
        return cls(_letters("serial", text))

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Batch:
    """Batch of a product (AI 10): 1 to 20 characters of GS1 character set 82."""

    value: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises Malformed when it is empty, too long, or holds another character."""
        return cls(_letters("batch", text))

    def __str__(self) -> str:
        return self.value
