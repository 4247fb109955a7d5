"""Differences between the books and the mirror, and reports of comparisons. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, NotRequired, TypedDict, get_args

from backend.custody.rules import How, Place
from ledger_indexer.rows.balance_changes import Changes
from ledger_indexer.rows.movements import NOTHING

WAITING, SIGNER = "waiting", "signer"
PLACES: tuple[Place, ...] = get_args(Place)
PARTS = ("shipped", *get_args(How))
REFUSED = "the contract refused it: "
SHOWN_MAX = 1000
"""Differences that a report lists; the rest are only counted."""
PATIENCE = timedelta(minutes=30)
"""How long a capture may be on its way to the chain."""


Value = bytes | int | str | None
"""What one side has: an id, a number, a truth or a word; None where it has nothing."""
Shown = int | str | None
"""A value as JSON has it: ids in hex."""


class Answer(StrEnum):
    """What became of a capture, as books or chain tell it."""

    TAKEN = "taken"
    RECORDED = "recorded"
    REFUSED = "refused"


class NamesShown(TypedDict):
    """A batch and the others of a difference, in JSON."""

    gtin: str | None
    batch: str | None
    party: str | None


class DifferenceShown(TypedDict):
    """A difference in JSON, as `Difference` has it, with its sentence. Older ones know no `speaker` and `past_us`."""

    what: str
    batch_id: str
    field: str
    books: Shown
    chain: Shown
    names: NamesShown
    party_id: str | None
    consignment: str | None
    capture: str | None
    why: str | None
    speaker: NotRequired[str | None]
    past_us: NotRequired[bool]
    sentence: str


@dataclass(frozen=True, slots=True)
class Names:
    """A batch and the others of a difference, as people know them; None where the books know no such thing."""

    gtin: str | None = None
    batch: str | None = None
    party: str | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing of which the books say `books` and the chain says `chain`. Ids are those of the chain, 32 bytes.

    `what` is the thing: party, capture, declaration (that a capture was an error), input, account, holding,
    consignment, mark, recalled_units or units (a party has no `batch_id`); or `waiting`, a capture that is on its way
    for too long; or `signer`, a capture that no device known to the chain signed. `field` is its part.
    `capture` is the first capture after which the two part, `why` what is wrong with it; None when every capture of
    the batch is the same in both, so that a row was changed without one. `speaker` is the GLN of who said it, and
    `past_us` whether we were never given it: its party told the contract itself.
    """

    what: str
    batch_id: bytes
    field: str
    books: Value
    chain: Value
    names: Names = Names()
    party_id: bytes | None = None
    consignment: bytes | None = None
    capture: bytes | None = None
    why: str | None = None
    speaker: str | None = None
    past_us: bool = False

    @property
    def sentence(self) -> str:
        """For people."""
        if self.what == "party":
            who = self.names.party or (self.party_id or b"").hex()
            text = (
                f"party {who}: {self.field} is {_shown(self.books)} in the books and {_shown(self.chain)} on the chain"
            )
            return f"{text}; a key of ours told the contract what our books did not say"
        if self.what in (WAITING, SIGNER) and self.capture is not None:
            return f"capture {self.capture.hex()} of party {self.names.party}: {self.why}"
        batch = f"batch {self.names.batch} of {self.names.gtin}" if self.names.batch else f"batch {self.batch_id.hex()}"
        at = f", party {self.names.party or self.party_id.hex()}" if self.party_id else ""
        at += f", consignment {self.consignment.hex()}" if self.consignment else ""
        text = f"{batch}{at}: {self.field.replace('_', ' ')} is {_shown(self.books)} in the books"
        text += f" and {_shown(self.chain)} on the chain"
        if self.capture is None:
            return f"{text}; every capture of it is the same in both, so a row was changed without one"
        by = f" of party {self.speaker}" if self.speaker else ""
        past = "; we were never given it: its party told the contract itself" if self.past_us else ""
        return f"{text}; they part at capture {self.capture.hex()}{by}: {self.why}{past}"

    def as_json(self) -> DifferenceShown:
        """For programs; ids and evidence in hex."""
        return {
            "what": self.what,
            "batch_id": self.batch_id.hex(),
            "field": self.field,
            "books": _in_json(self.books),
            "chain": _in_json(self.chain),
            "names": {"gtin": self.names.gtin, "batch": self.names.batch, "party": self.names.party},
            "party_id": _hex(self.party_id),
            "consignment": _hex(self.consignment),
            "capture": _hex(self.capture),
            "why": self.why,
            "speaker": self.speaker,
            "past_us": self.past_us,
            "sentence": self.sentence,
        }


def _shown(value: Value) -> str:
    return "absent" if value is None else value.hex() if isinstance(value, bytes) else str(value)


def _in_json(value: Value) -> Shown:
    return value.hex() if isinstance(value, bytes) else value


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()


@dataclass(frozen=True, slots=True)
class Pair:
    """One thing as the two sides have it; a value is None where that side has no such row."""

    key: tuple[bytes, ...]
    names: Names
    books: Mapping[str, Value]
    chain: Mapping[str, Value]

    def numbers(self, name: str) -> tuple[int, int]:
        """A quantity as the two sides have it; 0 where a side has none."""
        return _number(self.books[name]), _number(self.chain[name])


def _number(value: Value) -> int:
    assert value is None or isinstance(value, int), "quantities are numbers"
    return value or 0


@dataclass(frozen=True, slots=True)
class UnderWay:
    """Captures that the mirror does not show yet, and what they do once it does."""

    evidences: frozenset[bytes] = frozenset()
    changes: Changes = field(default_factory=Changes)
    marked: frozenset[bytes] = frozenset()
    """Batches with a recall, a lift or a code run among them."""

    @property
    def batches(self) -> list[bytes]:
        """Batches whose accounts they change."""
        return list(self.changes.accounts)


class ReportShown(TypedDict):
    """A report in JSON; `differences` counts them all."""

    block: int | None
    compared: int
    waiting: int
    differences: int
    listed: list[DifferenceShown]


@dataclass(slots=True)
class Report:
    """What came of a comparison at one moment. `block` is the newest mirrored one, None when there is no mirror."""

    block: int | None
    compared: int = 0
    waiting: int = 0
    count: int = 0
    differences: list[Difference] = field(default_factory=list)

    def add(self, found: Iterable[Difference]) -> None:
        """Count differences, and keep the first of them."""
        for each in found:
            self.count += 1
            if len(self.differences) < SHOWN_MAX:
                self.differences.append(each)

    def as_json(self) -> ReportShown:
        """For programs."""
        return {
            "block": self.block,
            "compared": self.compared,
            "waiting": self.waiting,
            "differences": self.count,
            "listed": [each.as_json() for each in self.differences],
        }


@dataclass(frozen=True, slots=True)
class Run:
    """A comparison that was made: when, at which block, and the first difference as `Difference.as_json` has it."""

    ran_at: datetime
    block: int
    compared: int
    waiting: int
    differences: int
    first: DifferenceShown | None


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A capture that the chain may never take: it waits since `late_since`, or is signed by a device (`signer`) that
    the mirror does not know as one of the party's while nothing is on its way that would tell the chain of it."""

    evidence: bytes
    names: Names
    late_since: datetime | None
    signer: bytes | None


class MirrorRow(NamedTuple):
    """A capture in the mirror's shape of rows (`ledger_indexer.rows.tables.captured`)."""

    block_number: int
    log_index: int
    tx_hash: bytes
    at: int
    evidence: bytes
    batch: bytes
    party: bytes
    step: int
    quantity: int
    counterparty: bytes
    location: bytes
    event_time: int
    units_root: bytes
    ref: bytes
    device: bytes


def row_of(
    evidence: bytes, batch: bytes, party: bytes, step: int, quantity: int, counterparty: bytes | None, ref: bytes | None
) -> MirrorRow:
    """A capture in the mirror's shape of rows, without a place on the chain."""
    other, document = counterparty or NOTHING, ref or NOTHING
    return MirrorRow(
        0, 0, NOTHING, 0, evidence, batch, party, step, quantity, other, NOTHING, 0, NOTHING, document, NOTHING
    )


InputRow = tuple[int, int, bytes, int, bytes, bytes, int]
"""What a capture used up, in the mirror's shape: four numbers of its place, evidence, batch, quantity."""
