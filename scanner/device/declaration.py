"""What an event declares not to have happened: itself, without its `errorDeclaration` (EPCIS 2.0, 7.4.1.2)."""

from collections.abc import Mapping, Sequence

from scanner.device.times import seconds_of
from scanner.epcis.canonical import evidence
from scanner.errors import Malformed

FIELD = "errorDeclaration"


def voided(event: Mapping[str, object]) -> bytes | None:
    """Evidence of the event that this one voids; None when it declares no error.

    Raises:
        Malformed: the declaration is no object, has no time, or a reason or corrective events that are no texts.
    """
    if (declaration := _declaration(event)) is None:
        return None
    _time(declaration)
    if not isinstance(declaration.get("reason", ""), str):
        raise Malformed(f"{FIELD}.reason", "is not text")
    corrective = declaration.get("correctiveEventIDs", [])
    if not isinstance(corrective, list) or not all(isinstance(each, str) for each in corrective):
        raise Malformed(f"{FIELD}.correctiveEventIDs", "is not a list of texts")
    return evidence(_doubles({key: value for key, value in event.items() if key != FIELD}))


def corrective_ids(event: Mapping[str, object]) -> Sequence[str]:
    """The ids of the events that say what was right, of a declaration that `voided` has read."""
    declaration = _declaration(event) or {}
    ids = declaration.get("correctiveEventIDs", [])
    return [each for each in ids if isinstance(each, str)] if isinstance(ids, list) else []


def declared_at(event: Mapping[str, object]) -> int | None:
    """When an event was declared an error, in whole seconds UTC since 1970; None when it was not.

    Raises:
        Malformed: the declaration is no object, or has no time.
    """
    declaration = _declaration(event)
    return None if declaration is None else _time(declaration)


def _declaration(event: Mapping[str, object]) -> Mapping[str, object] | None:
    if FIELD not in event:
        return None
    declaration = event[FIELD]
    if not isinstance(declaration, Mapping):
        raise Malformed(FIELD, "is not an object")
    return declaration


def _time(declaration: Mapping[str, object]) -> int:
    return seconds_of(declaration.get("declarationTime"), f"{FIELD}.declarationTime")


def _doubles(value: object) -> object:
    """The value with integers of more than 21 digits as other readers of JSON have them; RFC 8785 writes both alike."""
    if isinstance(value, Mapping):
        return {key: _doubles(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_doubles(each) for each in value]
    return float(str(value)) if type(value) is int and abs(value) >= 10**21 else value
