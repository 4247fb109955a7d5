"""One carton's way and readings in the order of time, with the distance and speed between them. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from math import asin, cos, radians, sin, sqrt

EARTH_KM = 6371.0
FASTEST_KM_H = 900.0
"""Nothing in trade travels faster; what does was copied, not carried."""


@dataclass(frozen=True)
class Stop:
    """Something that happened to the carton somewhere. `readings` came in a row at one place; `late`: told more than a
    day after it happened."""

    kind: str
    at: datetime
    adcode: str | None
    who: str | None = None
    evidence: str | None = None
    readings: int = 0
    last_at: datetime | None = None
    km: float | None = None
    km_h: float | None = None
    late: bool = False

    @property
    def too_fast(self) -> bool:
        """Whether it was copied rather than carried."""
        return self.km_h is not None and self.km_h > FASTEST_KM_H


def kilometres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance of two points (latitude, longitude in degrees)."""
    lat1, lon1, lat2, lon2 = (radians(value) for value in (*a, *b))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(half))


def stops(events: Iterable[Stop], places: Mapping[str, tuple[float, float]]) -> tuple[Stop, ...]:
    """The events by time; readings in a row at one place joined; distance and speed from the place before."""
    found: list[Stop] = []
    for event in sorted(events, key=lambda stop: stop.at):
        last = found[-1] if found else None
        if last and last.kind == event.kind == "reading" and last.adcode == event.adcode:
            found[-1] = replace(last, readings=last.readings + event.readings, last_at=event.at)
            continue
        before = next((stop for stop in reversed(found) if stop.adcode), None)
        found.append(_measured(event, before, places))
    return tuple(found)


def _measured(event: Stop, before: Stop | None, places: Mapping[str, tuple[float, float]]) -> Stop:
    if before is None or event.adcode is None or before.adcode == event.adcode:
        return event
    here, there = places.get(event.adcode), places.get(before.adcode or "")
    if here is None or there is None:
        return event
    km = kilometres(here, there)
    hours = (event.at - (before.last_at or before.at)).total_seconds() / 3600
    return replace(event, km=km, km_h=km / hours if hours > 0 else None)
