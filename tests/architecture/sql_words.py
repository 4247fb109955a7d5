"""Where SQL names tables: its words one by one, with what each list of tables goes on over."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

HOLE = "\0"
"""What an f-string, `%` or `format` fills in."""
_NAME = rf'"?[\w{HOLE}$]+"?'
_WORD = re.compile(rf"--[^\n]*|/\*.*?\*/|(?P<word>'[^']*'|{_NAME}(?:\s*\.\s*{_NAME})*|[(),;])", re.DOTALL)
_LISTS = {"from", "join", "truncate", "table", "lock", "analyze", "vacuum", "using"}
_SINGLE = {"into", "update", "copy", "references"}
_BETWEEN = {"only", "lateral", "if", "not", "exists", "table", "verbose", "full", "concurrently", "view"}
_ENDS = {
    "where",
    "group",
    "order",
    "having",
    "limit",
    "offset",
    "fetch",
    "for",
    "window",
    "union",
    "intersect",
    "except",
}
_ENDS |= {"returning", "set", "select", "values", "when", "to", "in", "with", "default"}
_ON = {"create", "drop", "grant", "revoke", "comment"}
_OPTIONS = {"vacuum", "analyze"}
_COLUMNS_OR_OPTIONS = _OPTIONS | {"using"}
_SEQUENCES = {"nextval", "setval", "currval", "pg_get_serial_sequence", "to_regclass"}
_WRITING = {"into", "update", "truncate", "copy", "delete", "lock"}


@dataclass(frozen=True)
class Named:
    """A name in the place of a table: its schema, or nothing, and whether the statement writes there."""

    schema: str
    name: str
    written: bool


@dataclass
class _Place:
    """What is expected inside one pair of brackets."""

    asked: str = ""
    listing: bool = False
    first: str = ""


@dataclass
class _Reading:
    """The words so far: places, outermost first, and the two words before the next."""

    places: list[_Place] = field(default_factory=lambda: [_Place()])
    before: tuple[str, str] = ("", "")

    def take(self, word: str) -> Iterator[Named]:
        place = self.places[-1]
        if word == "(":
            self._open(place)
        elif word == ")":
            self.places = self.places[:-1] or [_Place()]
        elif word == ",":
            place.asked = "from" if place.listing else ""
        elif word == ";":
            self.places = [_Place()]
        elif word.startswith("'"):
            yield from self._sequence(word)
        elif not self._keyword(word.lower(), place) and place.asked:
            yield _named(word, place.asked in _WRITING)
            place.asked = ""
        self.before = (self.before[1], word.lower())

    def _open(self, place: _Place) -> None:
        """Brackets where a table is expected hold tables or a query; all others hold what they like."""
        holds_tables = bool(place.asked) and self.before[1] not in _COLUMNS_OR_OPTIONS
        self.places.append(_Place(place.asked if holds_tables else "", holds_tables))
        if self.before[1] not in _OPTIONS:
            place.asked = ""

    def _sequence(self, word: str) -> Iterator[Named]:
        if self.before[1] == "(" and self.before[0] in _SEQUENCES:
            yield _named(word.strip("'"), True)

    def _keyword(self, word: str, place: _Place) -> bool:
        """Whether a word is one of SQL's own, which says what may follow."""
        place.first = place.first or word
        if word == "from" and self.before[1] == "distinct":
            return True
        if place.asked and word in _BETWEEN:
            return True
        if word in _LISTS or word in _SINGLE or (word == "on" and place.first in _ON):
            place.asked = "delete" if (word, self.before[1]) == ("from", "delete") else word
            place.listing = word in _LISTS or (place.listing and word not in _SINGLE)
            return True
        if word in _ENDS:
            place.asked, place.listing = "", False
            return True
        return False


def _named(word: str, written: bool) -> Named:
    parts = [part.strip().strip('"').lower() for part in word.split(".")]
    return Named(parts[-2] if len(parts) > 1 else "", HOLE if HOLE in parts[-1] else parts[-1], written)


def tables_in(text: str) -> Iterator[Named]:
    """Names in the places of tables, `HOLE` for one that is filled in."""
    reading = _Reading()
    for found in _WORD.finditer(text):
        if found["word"]:
            yield from reading.take(found["word"])
    yield from (_named(each, False) for each in re.findall(r"'([\w.]+)'\s*::\s*regclass", text))
