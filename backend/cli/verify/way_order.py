"""The steps of a way together: of one unit, in the order of the chain, each once, each where the last one left it."""

from typing import Any, NamedTuple

from backend.cli.verify.way_steps import Shown
from backend.verification.line import HANDING, Line
from backend.verification.way_form import order_of
from ledger_indexer.proof_form import DoesNotHold
from scanner.device.reading import Step
from scanner.evidence.proof_file import ProofFile

_BEARING = frozenset({Step.HARVEST, Step.FERMENT, Step.DISTIL, Step.BLEND, Step.BOTTLE})
_GIVING = frozenset({Step.SHIP, Step.SELL})


class Thing(NamedTuple):
    """What the way is of: the unit with what it lies in, and of a bottle its batch and the proof of its code."""

    line: Line
    batch: bytes | None
    code: ProofFile | None


class Way:
    """Follows the steps one by one. `take` and `end` raise DoesNotHold."""

    def __init__(self, thing: Thing) -> None:
        self._thing = thing
        self._numbers: dict[bytes, int] = {}
        self._packings: dict[bytes, int] = {}
        self._commissions: list[Shown] = []
        self._moved = False
        self._rests: list[int] = []
        self._senders: dict[bytes, str] = {}
        self._holder: str | None = None
        self._last: tuple[int, int] | None = None
        self._record: tuple[int, int, int] | None = None
        self._leaf: int | None = None

    def take(self, number: int, shown: Shown) -> dict[str, Any]:
        """The next step; what it is about, and by which packings (numbers of steps) it is about the unit."""
        before = self._numbers.setdefault(shown.capture.evidence, number)
        if before != number:
            raise DoesNotHold(f"it is step {before} once more")
        self._require_order(shown)
        if shown.reading.packing is not None:
            self._pack(number, shown)
            return {"about": "unit", "rests_on": []}
        about, rests = self._about(shown), self._tied(shown)
        if shown.counts:
            self._count(number, shown)
        return {"about": about, "rests_on": rests if about == "unit" else []}

    def end(self) -> None:
        """What can only be said of all steps together."""
        unsaid = sorted(number for key, number in self._packings.items() if key not in self._thing.line.packings)
        if unsaid:
            raise DoesNotHold(f"step {unsaid[0]}: the packing says nothing of this unit")
        if self._thing.code is not None:
            self._require_commissioned(self._thing.code)
        elif not self._moved:
            raise DoesNotHold("no step hands the case over")

    def _require_order(self, shown: Shown) -> None:
        """Records stand in the order of their places on chain, packings in that of their leaves. Between the two the
        chain shows no order; what the signers say of the time does."""
        if shown.step.packed is not None and shown.step.packed.leaf is not None:
            index = shown.step.packed.leaf.index
            if self._leaf is not None and index <= self._leaf:
                raise DoesNotHold(f"its leaf, {index}, comes before that of the packing before it, {self._leaf}")
            self._leaf = index
            return
        place = order_of(shown.step.stands)
        if self._record is not None and place <= self._record:
            raise DoesNotHold(f"it was recorded in block {place[0]}, before the step before it")
        self._record = place

    def _pack(self, number: int, shown: Shown) -> None:
        self._packings[shown.capture.evidence] = number
        if self._thing.line.take(shown.capture.evidence, shown.reading):
            self._require_time(number, shown)
            self._require_holder(shown, "packed")

    def _about(self, shown: Shown) -> str:
        """Whether a step is about the unit, its whole batch, or others of it; DoesNotHold when about nothing of these.

        What was declared an error moves nothing, so that it may be told of a unit that was elsewhere.
        """
        reading, step, line = shown.reading, shown.reading.step, self._thing.line
        ours = line.concerns(reading) if shown.counts else line.speaks(reading)
        if not ours and (self._thing.batch is None or step in HANDING):
            raise DoesNotHold(f"the {shown.answer['step']} says nothing of this unit")
        if self._thing.batch is not None and shown.capture.batch != self._thing.batch:
            raise DoesNotHold(f"the step is of batch 0x{shown.capture.batch.hex()}, not of this bottle's")
        if ours or not {each.key for each in reading.units}.isdisjoint(line.names):
            return "unit"
        return "others" if reading.units and step not in _BEARING else "batch"

    def _tied(self, shown: Shown) -> list[int]:
        if not shown.reading.named:
            return self._rests
        ties = self._thing.line.ties(shown.reading)
        return sorted(self._packings[each] for each in ties if each in self._packings)

    def _count(self, number: int, shown: Shown) -> None:
        reading, step = shown.reading, shown.reading.step
        rests = self._tied(shown)
        if self._thing.line.take(shown.capture.evidence, reading):
            self._require_time(number, shown)
            self._moved, self._rests = True, rests
        if step in _GIVING:
            self._require_holder(shown, "handed over")
        if step is Step.SHIP:
            self._senders[shown.capture.evidence] = shown.party
        elif step is Step.RETURN:
            self._holder = self._senders.get(reading.ref or b"", self._holder)
        elif step is Step.RECEIVE or step in _BEARING:
            self._holder = shown.party
        elif step is Step.COMMISSION:
            self._commissions.append(shown)

    def _require_time(self, number: int, shown: Shown) -> None:
        """By its signer's own word it did not happen before the last step that moved or packed the unit."""
        at = shown.reading.time
        if self._last is not None and at < self._last[0]:
            raise DoesNotHold(f"by its signer's word it happened before step {self._last[1]}")
        self._last = (at, number)

    def _require_holder(self, shown: Shown, done: str) -> None:
        if self._holder is not None and shown.party != self._holder:
            raise DoesNotHold(f"it was {done} by party {shown.party}, the steps before it leave it with {self._holder}")
        self._holder = shown.party

    def _require_commissioned(self, code: ProofFile) -> None:
        """The codes were commissioned by a step of the file, just where the proof of the code says."""
        if not self._commissions:
            raise DoesNotHold("no step commissions the codes of this batch")
        for each in self._commissions:
            if each.capture.units != code.checkpoint.root:
                units = each.capture.units.hex()
                raise DoesNotHold(f"the codes that were commissioned have the root 0x{units}, not this code's")
        if not any(_is_place(code, each) for each in self._commissions):
            raise DoesNotHold("the proof of the code names another transaction than that which commissioned the codes")


def _is_place(code: ProofFile, commission: Shown) -> bool:
    row, at = commission.step.stands, code.chain
    said = (at.chain_id, "0x" + at.contract.hex(), at.block, "0x" + at.transaction.hex())
    return said == (row.deployment.chain_id, row.deployment.batch_ledger, row.block.number, row.transaction.hash)
