"""What a proof tells of a unit: its steps, and the packings that show under which name each of them moved it."""

from collections.abc import Collection, Mapping

from sqlalchemy.orm import Session

from backend.capture import service as capture
from backend.capture.rules import Stored
from backend.catalog.rules import Unit
from backend.units import history
from backend.units import service as units
from backend.verification.line import Line
from backend.verification.rules import Told
from scanner.device.events import case_uri, item_uri
from scanner.device.reading import read


def of_bottle(session: Session, unit: Unit, steps: Collection[bytes]) -> list[Told]:
    """Steps of a bottle, by evidence, with its packings, in the order of capture; it begins in its printed case."""
    key = item_uri(unit.gtin, unit.serial)
    return of_unit(session, key, steps, {key: case_uri(unit.sscc)})


def of_unit(
    session: Session, key: str, steps: Collection[bytes], inside: Mapping[str, str] | None = None
) -> list[Told]:
    """The same of any unit, by its canonical Digital Link. `inside` says what lies in what to begin with."""
    around = {each.evidence for each in history.told_around(session, key)}
    kept = capture.list_by_evidence(session, {*steps, *around})
    teller = _Teller(Line(key, inside), units.declared(session, around), set(steps))
    told = [teller.tell(each) for each in kept]
    wanted = teller.wanted
    return [each for each in told if each.voided or each.kept.evidence in wanted]


class _Teller:
    """Goes through captures in order; `wanted` are those that make up the way."""

    def __init__(self, line: Line, declared: Collection[bytes], steps: set[bytes]) -> None:
        self._line = line
        self._declared = declared
        self._steps = steps - set(declared)

    @property
    def wanted(self) -> set[bytes]:
        """Evidences of the steps, and of the packings that say under which name each of them moved the unit."""
        return self._steps | self._line.packings

    def tell(self, kept: Stored) -> Told:
        reading = read(kept.event)
        if kept.evidence in self._declared:
            return Told(kept, reading, voided=reading.voids is None and self._line.speaks(reading))
        self._line.take(kept.evidence, reading)
        return Told(kept, reading)
