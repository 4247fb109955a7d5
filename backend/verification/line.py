"""A bottle or a case with whatever it lies in, followed event by event. Pure; makers and verifiers share it."""

from collections.abc import Mapping

from scanner.device.event_values import Packing, Reading, Step
from scanner.device.reading import DEPTH_MAX

HANDING = frozenset({Step.SHIP, Step.RECEIVE, Step.RETURN, Step.SELL, Step.WRITE_OFF})
_USING_UP = frozenset({Step.FERMENT, Step.DISTIL, Step.BLEND, Step.BOTTLE})
_ARRIVING = frozenset({Step.RECEIVE, Step.RETURN})


class Line:
    """Where a unit lies, and whether it is on its way, as far as the events that were taken say. `unit` and the keys in
    `inside` (what lies in what) are canonical Digital Links."""

    def __init__(self, unit: str, inside: Mapping[str, str] | None = None) -> None:
        self._unit = unit
        self._inside = dict(inside or {})
        self._packed: dict[str, bytes] = {}
        self._consignment: bytes | None = None
        self._gone = False
        self.packings: set[bytes] = set()
        """Evidences of the packings that say under which names the unit moves, or moved."""

    @property
    def names(self) -> tuple[str, ...]:
        """The unit and what it lies in, the outermost last: all names under which an event may move it now."""
        found = [self._unit]
        while (around := self._inside.get(found[-1])) is not None and len(found) <= DEPTH_MAX:
            found.append(around)
        return tuple(found)

    @property
    def links(self) -> list[bytes]:
        """Evidences of the packings by which it goes under these names, the innermost first."""
        return [self._packed[name] for name in self.names[:-1] if name in self._packed]

    def speaks(self, reading: Reading) -> bool:
        """Whether an event says that it moves the unit: by a name it goes under now, or by the consignment it is in."""
        if reading.step not in HANDING | _USING_UP:
            return False
        if reading.named:
            return not {each.key for each in reading.units}.isdisjoint(self.names)
        return self._closes(reading) and reading.ref == self._consignment

    def concerns(self, reading: Reading) -> bool:
        """Whether an event that says so can have moved the unit: what is on its way only arrives, and out of the
        consignment that took it along; what has arrived does not do so again; what is sold, lost or used up is gone."""
        on_its_way = reading.ref if self._closes(reading) else None
        return self.speaks(reading) and not self._gone and self._consignment == on_its_way

    def ties(self, reading: Reading) -> list[bytes]:
        """Evidences of the packings by which a name in the event is one of the unit's, the innermost first."""
        keys = {each.key for each in reading.units}
        depth = next((at for at, name in enumerate(self.names) if name in keys), 0)
        return [self._packed[name] for name in self.names[:depth] if name in self._packed]

    def take(self, evidence: bytes, reading: Reading) -> bool:
        """Follow an event; whether it moved or repacked the unit or what it lies in.

        What is named out of its package leaves it. An event that says nothing of the unit changes nothing, nor does the
        declaration that another was an error.
        """
        if reading.voids is not None:
            return False
        if reading.packing is not None:
            return self._repacked(evidence, reading.packing)
        if not self.concerns(reading):
            return False
        for key in {each.key for each in reading.units}.intersection(self.names):
            self._inside.pop(key, None)
        self._consignment = evidence if reading.step is Step.SHIP else None
        self._gone = reading.step not in _ARRIVING | {Step.SHIP}
        return True

    def _closes(self, reading: Reading) -> bool:
        return reading.step in _ARRIVING or (reading.step is Step.WRITE_OFF and reading.ref is not None)

    def _repacked(self, evidence: bytes, packing: Packing) -> bool:
        before = self.names
        self._repack(packing)
        self._packed |= {each.key: evidence for each in packing.children}
        if self.names == before:
            return False
        # A pallet may have come into its container long before this case came onto the pallet.
        self.packings |= {evidence, *self.links}
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
