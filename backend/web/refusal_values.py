"""Details of refusals in people's words: names for numbers, codes in groups, times of the clock on the wall."""

import logging
import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from backend.web import vocabulary
from backend.web.i18n import moment_in_words, number_in_words
from backend.web.refusal_words import Event, Found, texts

_log = logging.getLogger("jiulian.web")
PARTIES = frozenset(
    {
        "party",
        "holder",
        "sender",
        "seller",
        "buyer",
        "addressee",
        "says",
        "claims",
        "device_of",
        "gln",
        "signed_by",
        "dealer",
        "maker",
    }
)
PRODUCTS = frozenset({"gtin", "of_gtin"})
UNITS = frozenset({"unit", "inside", "parent"})
EVENTS = frozenset({"against"})
TIMES = frozenset(
    {"event_time", "declared", "last", "born_at", "shipped_at", "opened_at", "revoked_at", "since", "now", "until"}
)
_ROLES = frozenset({"roles", "needs"})
"""A party's where its `roles` are told, else those of a log-in: a brand is one thing, who works for it another."""
_SORTS = frozenset({"reason", "why"})
_STATES: Mapping[str, tuple[str, ...]] = {
    "step": ("step",),
    "state": ("unit",),
    "standing": ("standing",),
    "change": ("sanction",),
}
"""Kinds of the vocabulary by the details that name a state; of several the first that knows it."""
_NUMBER = re.compile(r"[0-9]{1,9}")
_UNIT = re.compile(r"/00/(\d{18})$|/21/([^/?#]+)$")
_LOCALES = {"zh": "zh_Hans_CN", "en": "en"}


def in_words(names: Iterable[str], details: Mapping[str, object], found: Found, language: str) -> dict[str, str]:
    """The details that have words in a language, by name; others are left out."""
    said = {name: _word_or_none(name, details, found, language) for name in names}
    if details.get("inside") == details.get("unit"):
        said["inside"] = None  # what lies in itself is not worth telling
    return {name: word for name, word in said.items() if word is not None}


def _word_or_none(name: str, details: Mapping[str, object], found: Found, language: str) -> str | None:
    """A detail's word. None also where it cannot be said: whoever was refused learns the rest of the sentence."""
    try:
        return _word(name, details, found, language)
    except (ArithmeticError, LookupError, TypeError, ValueError):
        _log.exception("a detail of a refusal has no words", extra={"detail": name})
        return None


def _word(name: str, details: Mapping[str, object], found: Found, language: str) -> str | None:
    value = details.get(name)
    if value is None or value == "":
        return None
    if name in PARTIES:
        return found.parties.get(str(value), _plain(value))
    if name in PRODUCTS:
        return found.products.get(str(value)) or _shape("product", language, code=_plain(value))
    if name in UNITS:
        return _unit(str(value), language)
    if name in EVENTS:
        return _event(found.events.get(str(value)), language)
    if name in TIMES:
        return _time(str(value), language)
    if name in _STATES:
        return _state(_STATES[name], str(value), language)
    if name == "address":
        return _field(str(value), language) or _field(str(value).rpartition("/")[2], language)
    if name == "field":
        return _field(str(value), language)
    if name in _SORTS:
        return texts(language).get((name, str(value)))
    if name in _ROLES and isinstance(value, Iterable):
        kinds = ("party_role",) if "roles" in details else ("user_role",)
        return _join((_state(kinds, str(each), language) or _plain(each) for each in value), language)
    return _other(name, value, language)


def _field(path: str, language: str) -> str | None:
    """A field of a form or of JSON; in a list, as `lines.0.bottles`, with the number of its entry."""
    parts = path.split(".")
    number = next((int(part) for part in reversed(parts) if _NUMBER.fullmatch(part)), None)
    named = next((part for part in reversed(parts) if not _NUMBER.fullmatch(part)), "")
    word = texts(language).get(("field", named))
    return word if word is None or number is None else _shape("entry", language, field=word, number=str(number + 1))


def _other(name: str, value: object, language: str) -> str:
    if name.endswith("_fen") and isinstance(value, int):
        return f"¥{value // 100:,}.{value % 100:02d}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number_in_words(value, _LOCALES[language])
    if isinstance(value, list | tuple):
        return _join((_plain(each) for each in value), language)
    return _plain(value)


def _state(kinds: Iterable[str], value: str, language: str) -> str | None:
    """A state as it stands within a sentence: English writes it small."""
    for kind in kinds:
        if value in vocabulary.KINDS[kind]:
            word = vocabulary.say(kind, value, language)
            return word[:1].lower() + word[1:]
    return None


def _join(words: Iterable[str], language: str) -> str:
    return texts(language)["shape", "join"].join(words)


def _plain(value: object) -> str:
    text = "".join(each if each.isprintable() else " " for each in str(value))
    return text if len(text) <= 60 else text[:59] + "…"


def _shape(sort: str, language: str, **values: str) -> str:
    return texts(language)["shape", sort].format(**values)


def _unit(key: str, language: str) -> str:
    """A case by its SSCC in threes, a bottle by its serial in fours: as the app shows what is typed."""
    match = _UNIT.search(key)
    if match is None:
        return _plain(key)
    code, size, sort = (match[1], 3, "case") if match[1] else (match[2], 4, "bottle")
    return _shape(sort, language, code=_plain(" ".join(code[at : at + size] for at in range(0, len(code), size))))


def _event(event: Event | None, language: str) -> str | None:
    if event is None:
        return None
    step = _state(_STATES["step"], event.step, language) or vocabulary.say("step", "none", language)
    return _shape("event", language, step=step, at=_moment(event.at, language), by=event.by)


def _time(text: str, language: str) -> str:
    """A time that a detail tells; what is none as it stands."""
    try:
        return _moment(datetime.fromisoformat(text), language)
    except ValueError:
        return _plain(text)


def _moment(value: datetime, language: str) -> str:
    return moment_in_words(value, _LOCALES[language])
