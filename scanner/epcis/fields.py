"""Checks of the values that EPCIS fields hold; each raises Malformed with the path of the field."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from scanner.epcis import epc
from scanner.epcis.context import Context
from scanner.epcis.json_text import child
from scanner.epcis.vocabulary import Vocabulary
from scanner.errors import Malformed
from scanner.gs1 import element_string

Check = Callable[[object, str, Context], None]

_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}(\.[0-9]{1,12})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_OFFSET = re.compile(r"[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00)")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x20\x7f<>\"{}|\\^`]+")
_BARE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def anything(value: object, path: str, context: Context) -> None:
    """A value that is looked at elsewhere, or not at all."""


def text(value: object, path: str, _: Context) -> None:
    """A text, possibly empty."""
    if not isinstance(value, str):
        raise Malformed(path, "must be a text")


def uri(value: object, path: str, _: Context) -> None:
    """An absolute URI or compact URI; EPC URIs must have the shape of their scheme."""
    if not isinstance(value, str):
        raise Malformed(path, "must be a URI")
    if not _URI.fullmatch(value):
        raise Malformed(path, f"{value[:100]!r} is not a URI")
    if reason := epc.complaint(value):
        raise Malformed(path, reason)


def thing(value: object, path: str, context: Context) -> None:
    """A URI, or the GS1 element string of a thing, which scanners and house systems write where a URI should stand."""
    if isinstance(value, str) and (value.startswith("(") or value[:1].isdigit()):
        try:
            element_string.parse(value)
        except Malformed as error:
            raise Malformed(path, error.reason) from error
    else:
        uri(value, path, context)


def uri_reference(value: object, path: str, context: Context) -> None:
    """A URI, or one relative to the document, as XML's anyURI allows."""
    if isinstance(value, str) and re.fullmatch(r"[^\s:<>]+", value):
        return
    uri(value, path, context)


def any_uri(value: object, path: str, context: Context) -> None:
    """As `uri_reference`, without a look at the shape of EPC URIs: master data names things of its own kind."""
    if not isinstance(value, str) or re.search(r"[\s<>]", value) or not value:
        raise Malformed(path, "must be a URI")


def time(value: object, path: str, _: Context) -> None:
    """Date and time with an offset (RFC 3339)."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise Malformed(path, f"{str(value)[:100]!r} is not a date and time with an offset")
    try:
        datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Malformed(path, f"{value!r} does not exist") from None


def offset(value: object, path: str, _: Context) -> None:
    """Offset from UTC, -14:00 to +14:00."""
    if not isinstance(value, str) or not _OFFSET.fullmatch(value):
        raise Malformed(path, f"{str(value)[:100]!r} is not an offset as +08:00")


def number(value: object, path: str, _: Context) -> None:
    """A JSON number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Malformed(path, "must be a number")


def quantity(value: object, path: str, context: Context) -> None:
    """A number of things or of a unit: zero or more."""
    number(value, path, context)
    if isinstance(value, int | float) and value < 0:
        raise Malformed(path, "must not be negative")


def boolean(value: object, path: str, _: Context) -> None:
    """True or false."""
    if not isinstance(value, bool):
        raise Malformed(path, "must be true or false")


def matching(pattern: str, what: str) -> Check:
    """A text that matches the whole of `pattern`."""
    compiled = re.compile(pattern)

    def check(value: object, path: str, _: Context) -> None:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            raise Malformed(path, f"{str(value)[:100]!r} is not {what}")

    return check


def one_of(*words: str) -> Check:
    """One of `words`."""

    def check(value: object, path: str, _: Context) -> None:
        if not isinstance(value, str) or value not in words:
            raise Malformed(path, f"{str(value)[:100]!r} is not one of {', '.join(words)}")

    return check


def word(vocabulary: Vocabulary, *, private: bool = False) -> Check:
    """A word of the CBV in any of its forms, or somebody's own URI; `private` lets their own bare words pass."""

    def check(value: object, path: str, context: Context) -> None:
        if isinstance(value, str) and vocabulary.short(value) is not None:
            return
        if isinstance(value, str) and vocabulary.claims(value) and not (private and _BARE.fullmatch(value)):
            raise Malformed(path, f"{value[:100]!r} is not a {vocabulary.name} of the CBV")
        if not private or not isinstance(value, str) or ":" in value:
            uri(value, path, context)

    return check


def bare_or_uri(value: object, path: str, context: Context) -> None:
    """A name of a list that GS1 keeps adding to (measurement types, alarms), or a URI."""
    if not isinstance(value, str) or not _BARE.fullmatch(value):
        uri(value, path, context)


def many(item: Check, *, least: int = 0, most: int | None = None) -> Check:
    """A list of `item`."""

    def check(value: object, path: str, context: Context) -> None:
        if not isinstance(value, list):
            raise Malformed(path, "must be a list")
        if len(value) < least or (most is not None and len(value) > most):
            bound = f"at least {least}" if len(value) < least else f"at most {most}"
            raise Malformed(path, f"has {len(value)} entries, needs {bound}")
        for at, inner in enumerate(value):
            item(inner, f"{path}[{at}]", context)

    return check


def one_or_list(item: Check) -> Check:
    """One `item`, or a list that holds one."""
    listed = many(item, least=1, most=1)

    def check(value: object, path: str, context: Context) -> None:
        (listed if isinstance(value, list) else item)(value, path, context)

    return check


def fields(known: Mapping[str, Check], *required: str, either: tuple[str, ...] = ()) -> Check:
    """An object with these fields; besides them only extensions that the context declares."""

    def check(value: object, path: str, context: Context) -> None:
        if not isinstance(value, dict):
            raise Malformed(path, "must be an object")
        for name in required:
            if name not in value:
                raise Malformed(child(path, name), "is missing")
        if either and not any(name in value for name in either):
            raise Malformed(path, f"needs {' or '.join(either)}")
        for name, inner in value.items():
            if (inner_check := known.get(name)) is not None:
                inner_check(inner, child(path, name), context)
            elif not context.declares(name):
                raise Malformed(child(path, name), "is no EPCIS field, and no extension with a declared prefix")

    return check


def extensions(value: object, path: str, context: Context) -> None:
    """An object of nothing but extensions, such as `ilmd`."""
    _EXTENSIONS(value, path, context)


_EXTENSIONS = fields({})
