"""Tells whoever asks why the house says no: in the language of the request, with names looked up."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import isfinite

from fastapi import Request
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from backend.errors import JiulianError
from backend.web import refusal_values as values
from backend.web import refusal_words as words
from backend.web.i18n import language_of
from backend.web.observing import note_refusal
from backend.web.refusal_words import Found, Said


@dataclass(frozen=True)
class Wanted:
    """What sentences refer to and only the books can name: GLNs, GTINs, hex of evidence."""

    parties: frozenset[str]
    products: frozenset[str]
    events: frozenset[str]


Find = Callable[[Session, Wanted, str], Found]
"""Names of what is wanted, in a language; what is not in the books is left out."""


def told(request: Request, error: JiulianError, session: Session | None = None) -> str:
    """Why the house says no, as a sentence for people. Names come from `session`, else from one of its own.

    What is told was refused, whoever shows it: it is counted here, once.
    """
    note_refusal(request.scope, error)
    return tell(request, [Said.of(error)], session)[0]


def as_json(request: Request, error: JiulianError, session: Session | None = None) -> dict[str, object]:
    """A refusal for programs: `kind`, `message` and `details` stay as they are in every language; `told` is for people.

    `final`: the same message would be refused for ever.
    """
    sentence = told(request, error, session)
    said = {"kind": error.kind, "message": _kept(str(error)), "told": sentence, "final": error.final}
    return {**said, "details": _kept(error.details)}


_NUMBER_MOST = 10**300
"""Numbers beyond it are told as texts: programs write and read no longer ones."""


def _kept(value: object) -> object:
    """A detail as JSON can carry it: what it cannot as a text."""
    if isinstance(value, Mapping):
        return {str(name): _kept(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_kept(each) for each in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < _NUMBER_MOST else hex(value)
    if isinstance(value, float) and isfinite(value):
        return value
    return str(value).encode("utf-8", "replace").decode("utf-8")


def tell(request: Request, said: Iterable[Said], session: Session | None = None) -> list[str]:
    """A sentence for each of these."""
    language = language_of(request)
    picked = [(each, words.pick(each, language)) for each in said]
    found = _find(request, _wanted((each.details, sentence) for each, sentence in picked), language, session)
    return [
        words.fill(sentence, values.in_words(words.placeholders(sentence), each.details, found, language))
        for each, sentence in picked
    ]


def _wanted(picked: Iterable[tuple[Mapping[str, object], str]]) -> Wanted:
    named = [(name, details.get(name)) for details, sentence in picked for name in words.placeholders(sentence)]

    def of(sort: frozenset[str]) -> frozenset[str]:
        return frozenset(value for name, value in named if name in sort and isinstance(value, str) and _is_name(value))

    return Wanted(of(values.PARTIES), of(values.PRODUCTS), of(values.EVENTS))


def _is_name(value: str) -> bool:
    """Whether the books can be asked for it: they hold neither NUL nor half a character."""
    return value != "" and value.isprintable()


def _find(request: Request, wanted: Wanted, language: str, session: Session | None) -> Found:
    find: Find | None = getattr(request.app.state, "find", None)
    if find is None or not (wanted.parties or wanted.products or wanted.events):
        return Found()
    if session is not None:
        return find(session, wanted, language)
    try:
        with request.app.state.sessions() as own:
            return find(own, wanted, language)
    except SQLAlchemyError:  # a refusal is told all the same, with numbers for names
        return Found()
