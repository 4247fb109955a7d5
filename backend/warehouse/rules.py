"""Cases by ranges: how a device knows a hundred thousand of them in a few lines. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from backend.errors import NotAllowed
from backend.units.rules import Unit
from scanner.errors import ScannerError
from scanner.gs1 import digital_link


class DeviceStanding(StrEnum):
    """How we know a device of the app, as it is told itself."""

    ENROLLED = "enrolled"
    UNKNOWN = "unknown"
    WAITS = "waits"
    """While its notice runs."""
    REVOKED = "revoked"
    """For good."""
    STOPPED = "stopped"
    """For good, before it came into force."""
    OTHER = "other"
    """It belongs to another party."""


class WorksForNobody(NotAllowed):
    """This person belongs to no party, so there is no warehouse to work in."""


@dataclass(frozen=True)
class CaseRange:
    """`count` cases with consecutive numbers from `first` (SSCC), `bottles` in each."""

    first: str
    count: int
    bottles: int


@dataclass(frozen=True)
class BatchCases:
    """A batch at hand, and its cases that are here."""

    gtin: str
    batch: str
    recalled: bool
    cases: tuple[CaseRange, ...]


def ranges(cases: Iterable[tuple[str, int]]) -> tuple[CaseRange, ...]:
    """Cases (SSCC, bottles) as ranges; those that follow each other and hold as many are one."""
    found: list[CaseRange] = []
    for sscc, bottles in sorted(cases):
        last = found[-1] if found else None
        if last and last.bottles == bottles and int(sscc[:17]) == int(last.first[:17]) + last.count:
            found[-1] = CaseRange(last.first, last.count + 1, bottles)
        else:
            found.append(CaseRange(sscc, 1, bottles))
    return tuple(found)


def sscc_of(epc: str) -> str | None:
    """The SSCC in a case's URI, or None for anything else."""
    try:
        return digital_link.parse(epc).value("00")
    except ScannerError:
        return None


def cases_of(units: Iterable[Unit]) -> Iterator[tuple[str, int]]:
    """Of units the cases, as (SSCC, bottles in it)."""
    for unit in units:
        sscc = sscc_of(unit.unit)
        if sscc is not None and unit.bottles:
            yield sscc, unit.bottles
