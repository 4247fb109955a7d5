"""JSON shapes of batches, and what their lists may be asked."""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import BaseModel, Field

from backend.custody.rules import Account, BatchKind
from backend.web.lists import ListQuery

_NUMBERS = ("born", "held", "in_transit", "sold", "lost", "consumed")


class BatchList(ListQuery):
    """What a list of batches may be asked: by kind or only recalled ones, by words in batch or product."""

    sort: Literal[
        "-born", "born", "batch", "-batch", "-held", "held", "-in_transit", "in_transit", "-sold", "sold", "-lost",
        "lost", "-consumed", "consumed",
    ] = "-born"  # fmt: skip
    kind: BatchKind | None = None
    filters: ClassVar[tuple[str, ...]] = ("kind", "q")


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
    kind: str
    unit: str
    against: str | None
    party: str
    details: dict[str, object]
    found_at: datetime


class BatchOut(BaseModel):
    """Where the units of a batch are; grams of grain, millilitres of spirit, or bottles."""

    gtin: str
    batch: str
    kind: str
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
