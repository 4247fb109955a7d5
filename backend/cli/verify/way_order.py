"""The steps of a way together: of one unit, in the order of the chain, each once, each where the last one left it."""

from typing import NamedTuple

from backend.cli.verify.answers import About
from backend.verification.line import HANDING, Line
from ledger_indexer.proving.proof_file import DoesNotHold
from scanner.device.event_values import Reading, Step
from scanner.evidence.proof_file import ProofFile

_BEARING = frozenset({Step.HARVEST, Step.FERMENT, Step.DISTIL, Step.BLEND, Step.BOTTLE})
_GIVING = frozenset({Step.SHIP, Step.SELL})


class Thing(NamedTuple):
    """What the way is of: the unit with what it lies in, and of a bottle its batch and the proof of its code."""

    line: Line
    batch: bytes | None
    code: ProofFile | None


class StepFacts(NamedTuple):
    """A step, shown by itself: what it is called, its evidence, reading and party, batch and root of its units as
    captured; `counts` unless it was declared an error. `place` is where it stands on chain (block, transaction, log),
    `at` the same by chain, ledger, block and transaction's hash; of a packing `leaf` is its place in the log."""

    name: str
    evidence: bytes
    reading: Reading
    party: str
    batch: bytes
    units: bytes
    counts: bool
    place: tuple[int, int, int]
    at: tuple[int, str, int, str]
    leaf: int | None = None


class Way:
    """Follows the steps one by one. `take` and `end` raise DoesNotHold."""

    def __init__(self, thing: Thing) -> None:
        self._thing = thing
        self._numbers: dict[bytes, int] = {}
        self._packings: dict[bytes, int] = {}
        self._commissions: list[StepFacts] = []
        self._moved = False
        self._rests: list[int] = []
        self._senders: dict[bytes, str] = {}
        self._holder: str | None = None
        self._last = (0, 0)
        self._record: tuple[int, int, int] | None = None
        self._leaf: int | None = None

    def take(self, number: int, facts: StepFacts) -> About:
        """The next step; what it is about, and by which packings (numbers of steps) it is about the unit."""
        before = self._numbers.setdefault(facts.evidence, number)
        if before != number:
            raise DoesNotHold(f"it is step {before} once more")
        self._require_order(facts)
        if facts.reading.packing is not None:
            self._pack(number, facts)
            return {"about": "unit", "rests_on": []}
        about, rests = self._about(facts), self._tied(facts)
        if facts.counts:
            self._count(number, facts)
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

    def _require_order(self, facts: StepFacts) -> None:
        """Records stand in the order of their places on chain, packings in that of their leaves. Between the two the
        chain shows no order; what the signers say of the time does."""
        if facts.leaf is not None:
            if self._leaf is not None and facts.leaf <= self._leaf:
                raise DoesNotHold(f"its leaf, {facts.leaf}, comes before that of the packing before it, {self._leaf}")
            self._leaf = facts.leaf
            return
        if self._record is not None and facts.place <= self._record:
            raise DoesNotHold(f"it was recorded in block {facts.place[0]}, before the step before it")
        self._record = facts.place

    def _pack(self, number: int, facts: StepFacts) -> None:
        self._packings[facts.evidence] = number
        if self._thing.line.take(facts.evidence, facts.reading):
            self._require_time(number, facts)
            self._require_holder(facts, "packed")

    def _about(self, facts: StepFacts) -> str:
        """Whether a step is about the unit, its whole batch, or others of it; DoesNotHold when about nothing of these.

        What was declared an error moves nothing, so that it may be told of a unit that was elsewhere.
        """
        reading, step, line = facts.reading, facts.reading.step, self._thing.line
        ours = line.concerns(reading) if facts.counts else line.speaks(reading)
        if not ours and (self._thing.batch is None or step in HANDING):
            raise DoesNotHold(f"the {facts.name} says nothing of this unit")
        if self._thing.batch is not None and facts.batch != self._thing.batch:
            raise DoesNotHold(f"the step is of batch 0x{facts.batch.hex()}, not of this bottle's")
        if ours or not {each.key for each in reading.units}.isdisjoint(line.names):
            return "unit"
        return "others" if reading.units and step not in _BEARING else "batch"

    def _tied(self, facts: StepFacts) -> list[int]:
        if not facts.reading.named:
            return self._rests
        ties = self._thing.line.ties(facts.reading)
        return sorted(self._packings[each] for each in ties if each in self._packings)

    def _count(self, number: int, facts: StepFacts) -> None:
        reading, step = facts.reading, facts.reading.step
        rests = self._tied(facts)
        if self._thing.line.take(facts.evidence, reading):
            self._require_time(number, facts)
            self._moved, self._rests = True, rests
        if step in _GIVING:
            self._require_holder(facts, "handed over")
        if step is Step.SHIP:
            self._senders[facts.evidence] = facts.party
        elif step is Step.RETURN:
            self._holder = self._senders.get(reading.ref or b"", self._holder)
        elif step is Step.RECEIVE or step in _BEARING:
            self._holder = facts.party
        elif step is Step.COMMISSION:
            self._commissions.append(facts)

    def _require_time(self, number: int, facts: StepFacts) -> None:
        """By its signer's own word it did not happen before the last step that moved or packed the unit."""
        time, before = self._last
        if facts.reading.time < time:
            raise DoesNotHold(f"by its signer's word it happened before step {before}")
        self._last = (facts.reading.time, number)

    def _require_holder(self, facts: StepFacts, done: str) -> None:
        if self._holder is not None and facts.party != self._holder:
            raise DoesNotHold(f"it was {done} by party {facts.party}, the steps before it leave it with {self._holder}")
        self._holder = facts.party

    def _require_commissioned(self, code: ProofFile) -> None:
        """The codes were commissioned by a step of the file, just where the proof of the code says."""
        if not self._commissions:
            raise DoesNotHold("no step commissions the codes of this batch")
        for each in self._commissions:
            if each.units != code.checkpoint.root:
                units = each.units.hex()
                raise DoesNotHold(f"the codes that were commissioned have the root 0x{units}, not this code's")
        at = code.chain
        named = (at.chain_id, "0x" + at.contract.hex(), at.block, "0x" + at.transaction.hex())
        if named not in [each.at for each in self._commissions]:
            raise DoesNotHold("the proof of the code names another transaction than that which commissioned the codes")
