"""JSON shapes of batches, and what their lists may be asked."""

from typing import ClassVar, Literal

from pydantic import BaseModel

from backend.custody.rules import Account
from backend.web.lists import ListQuery

KINDS = ("bottles", "spirit", "grain", "recalled")
_NUMBERS = ("born", "held", "in_transit", "sold", "lost", "consumed")


class BatchList(ListQuery):
    """What a list of batches may be asked: by kind or only recalled ones, by words in batch or product."""

    sort: Literal[
        "-born", "born", "batch", "-batch", "-held", "held", "-in_transit", "in_transit", "-sold", "sold", "-lost",
        "lost", "-consumed", "consumed",
    ] = "-born"  # fmt: skip
    kind: Literal[KINDS] | None = None  # type: ignore[valid-type]
    filters: ClassVar[tuple[str, ...]] = ("kind", "q")


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
