"""Opening a bottle: the inner code under the cap, once. Pure.

A right code is never turned away, whatever others did before behind the same address: it has 84 random bits, so that
nobody finds one by trying, and a limit that could refuse it would let anybody lock an owner out (decision 0015). Limits
are for wrong ones.
"""

from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest

from backend.catalog.rules import Unit
from backend.errors import Malformed, Refused, TooMany
from scanner.codes.serials import inner_hash, parse_inner
from scanner.errors import Malformed as Unreadable

WRONG_PER_HOUR = 20
"""So many wrong codes at one bottle within an hour are answered one by one; more are only asked to wait."""


class InnerCodeMistyped(Malformed):
    """This cannot be an inner code: a character was probably mistyped."""


class InnerCodeWrong(Refused):
    """This is not the inner code of this bottle."""


class TooManyWrongCodes(TooMany):
    """Too many wrong inner codes; the right one is still taken."""


class OpeningNotConfirmed(Malformed):
    """Opening cannot be undone, so it needs your confirmation."""


@dataclass(frozen=True)
class Opening:
    """A bottle was opened: when, and in which prefecture if the network named one. By whom is not kept."""

    opened_at: datetime
    gtin: str
    batch: str
    serial: str
    adcode: str | None
    evidence: bytes


@dataclass(frozen=True)
class Opened:
    """What came of a right code: the bottle's one opening; `own` when this very phone or form made it, now or before;
    `fresh` when it was made now."""

    opening: Opening
    own: bool
    fresh: bool


def check_inner(unit: Unit, typed: str) -> None:
    """Whether this is the code under the bottle's cap. Neither refusal repeats what was typed.

    Raises:
        InnerCodeMistyped: it is no inner code at all.
        InnerCodeWrong: it is not this bottle's.
    """
    try:
        code = parse_inner(typed.translate(_LIKE))
    except Unreadable as error:
        raise InnerCodeMistyped(field="inner") from error
    if not compare_digest(inner_hash(code), unit.inner_hash):
        raise InnerCodeWrong(gtin=unit.gtin, serial=unit.serial)


def is_right(unit: Unit, typed: str) -> bool:
    """Whether this is the code under the bottle's cap."""
    try:
        check_inner(unit, typed)
    except (InnerCodeMistyped, InnerCodeWrong):
        return False
    return True


_LIKE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {ord(dash): "-" for dash in "‐‑‒–—―－−"}
"""What a Chinese keyboard writes for letters, digits and hyphens."""


def opening_record(unit: Unit, adcode: str | None, at: datetime) -> dict[str, object]:
    """What the evidence log keeps of an opening: the bottle, the hour, the city. Nothing of the person or the code."""
    return {
        "kind": "opening",
        "gtin": unit.gtin,
        "batch": unit.batch,
        "serial": unit.serial,
        "hour": at.strftime("%Y-%m-%dT%H:00Z"),
        "adcode": adcode,
    }
