"""Which application identifiers must, and must not, be on the same thing (General Specifications 4.13, 4.14).

They hold over all that is marked on one physical thing, not over each code on it; reading a code does not ask.
"""

from collections.abc import Sequence

from scanner.errors import Malformed
from scanner.gs1.application_identifiers import get

Element = tuple[str, str]
_SERIALISED_BY = {"01": "21", "8006": "21", "8010": "8011"}
_SERIAL_AFTER = {"253": 13, "255": 13, "8003": 14}


def check_together(elements: Sequence[Element]) -> None:
    """Raises Malformed when an AI is repeated with another value, lacks a companion, or meets a rival."""
    values: dict[str, str] = {}
    for code, value in elements:
        if values.setdefault(code, value) != value:
            raise Malformed(code, "is there twice with different values")
    for code in values:
        others = values.keys() - {code}
        identifier = get(code)
        for group in identifier.needs:
            if not any(_like(other, pattern) for other in others for pattern in group):
                raise Malformed(code, f"needs one of {', '.join(group)} beside it")
        for pattern in identifier.rivals:
            if rival := next((other for other in sorted(others) if _like(other, pattern)), None):
                raise Malformed(code, f"cannot stand beside {rival}")
    if "8030" in values:
        _check_signed(values)


def _like(code: str, pattern: str) -> bool:
    stem = pattern.rstrip("n")
    return code == pattern if stem == pattern else len(code) == len(pattern) and code.startswith(stem)


def _check_signed(values: dict[str, str]) -> None:
    """A digital signature is only for one thing: its key must name a single item."""
    for key, serial in _SERIALISED_BY.items():
        if key in values and serial not in values:
            raise Malformed("8030", f"{key} must have its serial {serial}")
    for key, length in _SERIAL_AFTER.items():
        if key in values and len(values[key]) <= length:
            raise Malformed("8030", f"{key} must have a serial part")
