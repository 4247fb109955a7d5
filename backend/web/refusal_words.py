"""Refusals in people's words: one sentence a kind and language, from `locale/refusals/<language>.po`.

In a sentence `{name}` stands for a detail of the refusal, in words; what stands in `[…]` is left out when one of its
details is not known. An entry is a kind (`NotHolder`), or a kind about one field or detail (`Malformed/price_yuan`,
`NotFound/order`); `{order:submitted}` is a state as the vocabulary calls it. Where two capabilities have refusals of
one name, msgctxt is the capability. Words for values are entries whose msgctxt is the sort of value (`reason`, `field`,
`why`); states, steps and roles stand in the vocabulary.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from babel import Locale
from babel.messages.pofile import read_po

from backend.errors import JiulianError
from backend.web import vocabulary

_HOME = Path(__file__).parent / "locale" / "refusals"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_STATE = re.compile(r"\{(\w+):(\w+)\}")
_PART = re.compile(r"\[[^\]]*\]")
_BEGINNING = re.compile(r"[。：；]|[.:;] ")
"""Where the beginning of a sentence ends, which says what is wrong; what to do follows."""


@dataclass(frozen=True)
class Said:
    """What is to be told: kinds from the own to the family's, the capability that said no, and the details."""

    kinds: tuple[str, ...]
    capability: str
    details: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def of(cls, error: JiulianError) -> "Said":
        """What an error says."""
        own = type(error)
        kinds = tuple(each.__name__ for each in own.__mro__ if issubclass(each, JiulianError))
        return cls(kinds, own.__module__.split(".")[1] if "." in own.__module__ else "", error.details)

    @property
    def ids(self) -> Iterator[str]:
        """Names of the entries that fit, the nearest first."""
        for kind in self.kinds:
            yield f"{kind}/{self.details.get('field')}"
            yield from (f"{kind}/{name}" for name, value in reversed(list(self.details.items())) if value is not None)
            yield kind


@dataclass(frozen=True)
class Event:
    """A step that speaks against what was asked: what, when and by whom."""

    step: str
    at: datetime
    by: str


@dataclass(frozen=True)
class Found:
    """Names of what details refer to: parties by GLN, products by GTIN, events by the hex of their evidence."""

    parties: Mapping[str, str] = field(default_factory=dict)
    products: Mapping[str, str] = field(default_factory=dict)
    events: Mapping[str, Event] = field(default_factory=dict)


@lru_cache
def texts(language: str) -> dict[tuple[str, str], str]:
    """All entries of a language, by msgctxt and msgid."""
    with (_HOME / f"{language}.po").open("rb") as file:
        read = read_po(file, locale=Locale.parse(language))
    found = {(each.context or "", str(each.id)): str(each.string) for each in read if each.id}
    return {
        id: _STATE.sub(lambda state: vocabulary.say(state[1], state[2], language), text) for id, text in found.items()
    }


def placeholders(sentence: str) -> set[str]:
    """Names of the details that a sentence speaks of."""
    return set(_PLACEHOLDER.findall(sentence))


def needed(sentence: str) -> set[str]:
    """Those without which it cannot be said."""
    return placeholders(_PART.sub("", sentence))


def pick(said: Said, language: str) -> str:
    """The sentence of the nearest kind that these details can fill."""
    known = texts(language)
    have = {name for name, value in said.details.items() if value is not None}
    for id in said.ids:
        sentence = known.get((said.capability, id)) or known.get(("", id))
        if sentence and needed(sentence) <= have:
            return sentence
    return known["", "JiulianError"]


def kind_in_words(kind: str, language: str) -> str | None:
    """What refusals of a kind say whoever is refused: the beginning of its sentence, with … for what differs.

    None: no refusal of ours is called so.
    """
    known = texts(language)
    sentence = known.get(("", kind)) or next((text for (_, id), text in known.items() if id == kind), None)
    return _BEGINNING.split(_PLACEHOLDER.sub("…", _PART.sub("", sentence)))[0].rstrip(".。") if sentence else None


def fill(sentence: str, words: Mapping[str, str]) -> str:
    """A sentence with its details in words; a part in brackets only when all of its details have words."""

    def part(match: re.Match[str]) -> str:
        inner = match[0][1:-1]
        return inner if placeholders(inner) <= words.keys() else ""

    text = _PLACEHOLDER.sub(lambda match: words.get(match[1], "—"), _PART.sub(part, sentence))
    return text[:1].upper() + text[1:]
