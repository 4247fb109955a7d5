"""What the value of an application identifier may hold: lengths, characters, and the rules of its parts."""

import calendar
import re
from collections.abc import Callable

from scanner.errors import Malformed
from scanner.gs1.application_identifiers import ApplicationIdentifier, Part, get
from scanner.gs1.check_digit import CSET82, check_digit, check_pair, has_check_digit
from scanner.gs1.iso_codes import COUNTRY_LETTERS, COUNTRY_NUMBERS, CURRENCY_NUMBERS

_CHARSETS = {
    "N": frozenset("0123456789"),
    "X": frozenset(CSET82),
    "Y": frozenset("#-/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    "Z": frozenset("-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz="),
}
_NAMES = {"N": "digits", "X": "character set 82", "Y": "character set 39", "Z": "base64url"}


def check_value(code: str, value: str) -> None:
    """Raises Malformed, naming the AI, when `value` is not a value of the AI `code`."""
    identifier = get(code)
    for part, text in _split(identifier, value):
        wrong = next((letter for letter in text if letter not in _CHARSETS[part.charset]), None)
        if wrong is not None:
            raise Malformed(code, f"character {wrong!r} is not in {_NAMES[part.charset]}")
        for rule in part.rules:
            if (reason := _RULES[rule](text)) is not None:
                raise Malformed(code, reason)


def _split(identifier: ApplicationIdentifier, value: str) -> list[tuple[Part, str]]:
    found, rest = [], value
    for part in identifier.parts:
        text, rest = rest[: part.longest], rest[part.longest :]
        if not text and part.optional:
            continue
        if len(text) < part.shortest:
            raise Malformed(identifier.code, f"value {value!r} is too short")
        found.append((part, text))
    if rest:
        raise Malformed(identifier.code, f"value {value!r} is too long")
    return found


def _check(text: str) -> str | None:
    return None if has_check_digit(text) else f"check digit is {text[-1]}, must be {check_digit(text[:-1])}"


def _key(text: str) -> str | None:
    # The shortest company prefix that GS1 gives out has four digits.
    return None if re.match("[0-9]{4}", text) else "must begin with a company prefix of at least 4 digits"


def _pair(text: str) -> str | None:
    if len(text) < 3:
        return "is too short for its check pair"
    good = check_pair(text[:-2])
    return None if text[-2:] == good else f"check pair is {text[-2:]}, must be {good}"


def _date(text: str, *, day_zero: bool = False) -> str | None:
    """YYMMDD; the century does not matter here, and 00 stands for a leap year (2000)."""
    month, day = int(text[2:4]), int(text[4:6])
    if not 1 <= month <= 12:
        return f"month {text[2:4]} does not exist"
    last = calendar.monthrange(2000 + int(text[:2]), month)[1]
    return None if (0 if day_zero else 1) <= day <= last else f"day {text[4:6]} does not exist"


def _long_date(text: str) -> str | None:
    return "year 0000 does not exist" if text[:4] == "0000" else _date(text[2:8])


def _hhmm(text: str) -> str | None:
    if int(text[:2]) > 23:
        return f"hour {text[:2]} does not exist"
    return f"minute {text[2:4]} does not exist" if len(text) > 2 and int(text[2:4]) > 59 else None


def _mmss(text: str) -> str | None:
    if len(text) not in (2, 4):
        return "must be minutes, or minutes and seconds"
    return None if all(int(text[at : at + 2]) < 60 for at in range(0, len(text), 2)) else f"{text} is no time"


def _piece(text: str) -> str | None:
    # That the piece is within the total is not asked: Digital Links in the field write piece 2 of 1.
    return "piece and total must not be zero" if "00" in (text[:2], text[2:]) else None


def _position(text: str) -> str | None:
    place, slash, end = text.partition("/")
    if not slash or len(place) != 1 or not (place + end).isdigit():
        return "must be a position and the total, as 1/2"
    return None if 1 <= int(place) <= int(end) else f"position {place} is beyond the end {end}"


def _iban(text: str) -> str | None:
    if len(text) <= 10:
        return "is too short for an IBAN"
    if text[:2] not in COUNTRY_LETTERS:
        return f"country {text[:2]} does not exist"
    if not text.isalnum() or text != text.upper():
        return "an IBAN is digits and capital letters"
    moved = "".join(str(int(letter, 36)) for letter in text[4:] + text[:4])
    return None if int(moved) % 97 == 1 else "the IBAN's check digits are wrong"


def _countries(text: str) -> str | None:
    if len(text) % 3:
        return "must be country codes of three digits each"
    unknown = [text[at : at + 3] for at in range(0, len(text), 3) if text[at : at + 3] not in COUNTRY_NUMBERS]
    return f"country {unknown[0]} does not exist" if unknown else None


def _matches(pattern: str, reason: str) -> Callable[[str], str | None]:
    compiled = re.compile(pattern)
    return lambda text: None if compiled.fullmatch(text) else reason


def _member(known: frozenset[str], what: str) -> Callable[[str], str | None]:
    return lambda text: None if text in known else f"{what} {text} does not exist"


def _at_most(limit: int, what: str) -> Callable[[str], str | None]:
    return lambda text: None if int(text) <= limit else f"{what} is out of range"


_RULES: dict[str, Callable[[str], str | None]] = {
    "check": _check,
    "key": _key,
    "pair": _pair,
    "date": _date,
    "date0": lambda text: _date(text, day_zero=True),
    "day": _long_date,
    "minute": lambda text: _long_date(text[:8]) or _hhmm(text[8:]),
    "hour": lambda text: _date(text[:6]) or _hhmm(text[6:]),
    "hhmm": _hhmm,
    "mmss": _mmss,
    "piece": _piece,
    "position": _position,
    "iban": _iban,
    "country": _member(COUNTRY_NUMBERS, "country"),
    "processor": _member(COUNTRY_NUMBERS | {"999"}, "country"),
    "countries": _countries,
    "country_letters": _member(COUNTRY_LETTERS, "country"),
    "currency": _member(CURRENCY_NUMBERS, "currency"),
    "percent": _matches("([^%]|%[0-9A-Fa-f]{2})*", "holds a wrong percent sequence"),
    "yes_no": _matches("[01]", "must be 0 or 1"),
    "sex": _matches("[0129]", "must be 0, 1, 2 or 9"),
    "winding": _matches("[019]", "must be 0, 1 or 9"),
    "zero": _matches("0", "must be 0"),
    "nonzero": _matches("0*[1-9][0-9]*", "must not be zero"),
    "no_zero": _matches("0|[1-9][0-9]*", "must not begin with 0"),
    "hyphen": _matches("-", "must be a hyphen"),
    "importer": _matches("[-0-9A-Z_a-z]", "is not an importer index"),
    "media": _matches("0[1-9]|10|[89][0-9]", "is not an AIDC media type"),
    "latitude": _at_most(1_800_000_000, "latitude"),
    "longitude": _at_most(3_600_000_000, "longitude"),
}
