"""JSON shapes of batches, and what their lists may be asked."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, Field

from backend.capture.rules import EvidenceState
from backend.custody.rules import Account, BatchKind, Consignment, Delivery, Movement
from backend.units.told import Contradiction
from backend.web.lists import ListQuery
from backend.web.shapes import BY_NAME, Details, Moment, names_of
from scanner.device.capture import Step

_NUMBERS = ("born", "held", "in_transit", "sold", "lost", "consumed")


class BatchList(ListQuery):
    """What a list of batches may be asked: by kind or only recalled ones, by words in batch or product."""

    sort: Literal[
        "-born", "born", "batch", "-batch", "-held", "held", "-in_transit", "in_transit", "-sold", "sold", "-lost",
        "lost", "-consumed", "consumed",
    ] = "-born"  # fmt: skip
    kind: BatchKind | None = None
    filters: ClassVar[tuple[str, ...]] = ("kind", "q")


class StepList(ListQuery):
    """What the steps of a batch may be asked: in which order of their capture."""

    sort: Literal["-told", "told"] = "-told"
    filters: ClassVar[tuple[str, ...]] = ()


class FindingList(ListQuery):
    """What a list of findings may be asked: by who told, by kind, by batch."""

    sort: Literal["-found", "found"] = "-found"
    party: str | None = Field(default=None, max_length=64)
    kind: str | None = Field(default=None, max_length=40)
    batch: str = Field(default="", max_length=60)
    filters: ClassVar[tuple[str, ...]] = ("party", "kind", "batch")


class FindingOut(BaseModel):
    """A finding for programs: evidence in hex, the thing by its canonical name."""

    evidence: str
    kind: Contradiction | Literal["PastOurDesk"]
    unit: str
    against: str | None
    party: str
    details: Details
    found_at: datetime


class BatchOut(BaseModel):
    """Where the units of a batch are; grams of grain, millilitres of spirit, or bottles."""

    gtin: str
    batch: str
    kind: BatchKind
    recalled: bool
    born: int
    held: int
    in_transit: int
    sold: int
    lost: int
    consumed: int

    @classmethod
    def of(cls, account: Account) -> "BatchOut":
        """An account for programs."""
        numbers = {name: getattr(account, name) for name in _NUMBERS}
        gtin, batch = account.batch.gtin, account.batch.batch
        return cls(gtin=gtin, batch=batch, kind=account.kind, recalled=account.recalled, **numbers)


class HoldingOut(BaseModel):
    """How much of a batch a party holds."""

    party: str
    held: int


class DeliveredOut(BaseModel):
    """What a sender says to have arrived and nobody signed for; `late`: said more than a day afterwards."""

    evidence: str
    quantity: int
    at: Moment
    late: bool
    since: Moment

    @classmethod
    def of(cls, delivery: Delivery) -> "DeliveredOut":
        """An arrival by its sender's word."""
        return cls(
            evidence=delivery.evidence.hex(),
            quantity=delivery.quantity,
            at=delivery.at,
            late=delivery.late,
            since=delivery.since,
        )


class UnderWayOut(BaseModel):
    """A consignment that is open."""

    evidence: str
    sender: str
    addressee: str
    open: int
    shipped_at: Moment
    delivered: DeliveredOut | None

    @classmethod
    def of(cls, sent: Consignment, delivered: Delivery | None) -> "UnderWayOut":
        """A consignment, with what its sender says to have arrived."""
        arrived = DeliveredOut.of(delivered) if delivered else None
        return cls(
            evidence=sent.evidence.hex(),
            sender=sent.sender,
            addressee=sent.addressee,
            open=sent.open,
            shipped_at=sent.shipped_at,
            delivered=arrived,
        )


class QuantityOut(BaseModel):
    """So much of a batch."""

    gtin: str
    batch: str
    quantity: int


class StepOut(BaseModel):
    """A step, and how far its evidence is; `declared` is the evidence that declares it an error."""

    evidence: str
    step: Annotated[Step, BY_NAME, names_of(Step)]
    at: Moment
    party: str
    counterparty: str | None
    quantity: int
    late: bool
    declared: str | None
    state: EvidenceState

    @classmethod
    def of(cls, movement: Movement, state: EvidenceState, declaration: bytes | None) -> "StepOut":
        """A step for programs."""
        return cls(
            evidence=movement.evidence.hex(),
            step=movement.step,
            at=movement.at,
            party=movement.party,
            counterparty=movement.counterparty,
            quantity=movement.quantity,
            late=movement.late,
            declared=declaration.hex() if declaration else None,
            state=state,
        )


class BatchHistoryOut(BatchOut):
    """A batch with its holders, what is under way, what it came from, and a page of its steps."""

    holdings: list[HoldingOut]
    under_way: list[UnderWayOut]
    made_of: list[QuantityOut]
    used_for: list[QuantityOut]
    steps: list[StepOut]
