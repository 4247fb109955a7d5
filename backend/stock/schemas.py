"""JSON shapes of stock."""

from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from backend.custody.rules import Movement
from backend.db.paging import Asked
from backend.identity.rules import OVERSEERS, Principal
from backend.identity.service import Members
from backend.stock.rules import StockRow
from backend.web.lists import PAGE_SIZE, ListQuery
from backend.web.shapes import BY_NAME, Moment, Strict, names_of
from scanner.device.capture import Step

Source = Literal["count", "scan", "pos"]


class ObservationIn(Strict):
    """A count to note."""

    id: UUID
    party: Annotated[str, Field(pattern=r"^\d{13}$")]
    gtin: Annotated[str, Field(pattern=r"^\d{14}$")]
    batch: str | None = Field(default=None, min_length=1, max_length=20)
    bottles: int = Field(ge=0)
    source: Source = "count"
    counted_at: AwareDatetime


class ObservationOut(BaseModel):
    """A count that was noted."""

    id: UUID
    party: str
    gtin: str
    batch: str | None
    bottles: int
    source: Source
    counted_at: datetime
    counted_by: str


class SoldDayOut(BaseModel):
    """Bottles that a store reported over the counter on a day (China Standard Time)."""

    party: str
    gtin: str
    on: date
    bottles: int


class StockList(ListQuery):
    """What the stock of parties may be asked: by product, by province (two digits), by words of a party."""

    sort: Literal["region", "-region", "name", "-name"] = "region"
    gtin: Annotated[str, Field(pattern=r"^\d{14}$")] | None = None
    region: Annotated[str, Field(pattern=r"^\d{2}$")] | None = None
    filters: ClassVar[tuple[str, ...]] = ("gtin", "region", "q")

    def asked(self, size: int = PAGE_SIZE) -> Asked:
        """A file has the rows of each party and batch, which have one order."""
        asked = super().asked(size)
        return replace(asked, sort="party", descending=False) if self.format is not None else asked


class MovementList(ListQuery):
    """What a party's movements may be asked: in which order of their capture."""

    sort: Literal["-told", "told"] = "-told"
    filters: ClassVar[tuple[str, ...]] = ()


class MovementOut(BaseModel):
    """What a step did to a party's stock: `change` bottles more or less."""

    evidence: str
    step: Annotated[Step, BY_NAME, names_of(Step)]
    at: Moment
    gtin: str
    batch: str
    change: int
    party: str
    counterparty: str | None
    late: bool

    @classmethod
    def of(cls, movement: Movement, change: int) -> "MovementOut":
        """A movement for programs."""
        return cls(
            evidence=movement.evidence.hex(),
            step=movement.step,
            at=movement.at,
            gtin=movement.batch.gtin,
            batch=movement.batch.batch,
            change=change,
            party=movement.party,
            counterparty=movement.counterparty,
            late=movement.late,
        )


class StockOut(BaseModel):
    """A batch at a party, in bottles."""

    party: str
    gtin: str
    batch: str
    held: int
    allocated: int
    on_the_way: int
    available: int

    @classmethod
    def of(cls, row: StockRow) -> "StockOut":
        """A row of stock for programs."""
        return cls(**row.__dict__, available=row.available)


def members_of(by: Principal, region: str | None = None, words: str = "") -> Members:
    """Parties whose stock a person may see: all, or their own and those they supply; nobody's has no party."""
    return Members(None if by.has(*OVERSEERS) else by.party or "", region, words)
