"""A bottle or a case with whatever it lies in, followed event by event. Pure; makers and verifiers share it."""

from collections.abc import Mapping

from scanner.device.reading import DEPTH_MAX, Packing, Reading, Step

HANDING = frozenset({Step.SHIP, Step.RECEIVE, Step.RETURN, Step.SELL, Step.WRITE_OFF})
_USING_UP = frozenset({Step.FERMENT, Step.DISTIL, Step.BLEND, Step.BOTTLE})


class Line:
    """Where a unit lies, as far as the events that were taken say. `unit` and the keys in `inside` (what lies in what)
    are canonical Digital Links."""

    def __init__(self, unit: str, inside: Mapping[str, str] | None = None) -> None:
        self._unit = unit
        self._inside = dict(inside or {})
        self._shipped: set[bytes] = set()

    @property
    def names(self) -> tuple[str, ...]:
        """The unit and what it lies in, the outermost last: all names under which an event may move it now."""
        found = [self._unit]
        while (around := self._inside.get(found[-1])) is not None and len(found) <= DEPTH_MAX:
            found.append(around)
        return tuple(found)

    def concerns(self, reading: Reading) -> bool:
        """Whether an event moves the unit: by a name it goes under now, or by a consignment that took it along."""
        if reading.step not in HANDING | _USING_UP:
            return False
        if reading.named:
            return not {each.key for each in reading.units}.isdisjoint(self.names)
        return reading.step is not Step.SHIP and reading.ref in self._shipped

    def take(self, evidence: bytes, reading: Reading) -> bool:
        """Follow an event; whether it moved or repacked the unit or what it lies in.

        What is named out of its package leaves it. An event that says nothing of the unit changes nothing, nor does the
        declaration that another was an error.
        """
        if reading.voids is not None:
            return False
        if reading.packing is not None:
            before = self.names
            self._repack(reading.packing)
            return self.names != before
        if not self.concerns(reading):
            return False
        for key in {each.key for each in reading.units}.intersection(self.names):
            self._inside.pop(key, None)
        if reading.step is Step.SHIP:
            self._shipped.add(evidence)
        return True

    def _repack(self, packing: Packing) -> None:
        parent = packing.parent.key
        children = [each.key for each in packing.children]
        if packing.action == "ADD":
            self._inside |= dict.fromkeys(children, parent)
        elif packing.action == "DELETE":
            leaving = children or [key for key, around in self._inside.items() if around == parent]
            self._inside = {
                key: around for key, around in self._inside.items() if key not in leaving or around != parent
            }
