"""JSON shapes of dealers."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from backend.dealers.rules import DealerCard
from backend.web.lists import ListQuery

Digits13 = Annotated[str, Field(pattern=r"^\d{13}$")]
Gtin14 = Annotated[str, Field(pattern=r"^\d{14}$")]
Region = Annotated[str, Field(pattern=r"^(\d{2}|\d{4}|\d{6})?$", description="GB/T 2260 code or prefix; empty: all")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DealerList(ListQuery):
    """What a list of dealers may be asked: by words of the name or GLN."""

    sort: Literal["region", "-region", "name", "-name", "standing", "-standing"] = "region"


class TerritoryOut(BaseModel):
    """A region that a dealer may supply, of one product or all."""

    id: UUID
    dealer: str
    prefix: str
    gtin: str | None
    valid_from: datetime
    valid_to: datetime | None


class DealerPartyOut(BaseModel):
    """The company of a dealer."""

    gln: str
    name: str
    roles: list[str]
    adcode: str
    supplier: str | None
    standing: str


class DealerOut(BaseModel):
    """A dealer; bottles are its own and those of the stores it supplies."""

    party: DealerPartyOut
    territories: list[TerritoryOut]
    stores: int
    held: int
    held_by_stores: int

    @classmethod
    def of(cls, card: DealerCard) -> "DealerOut":
        """A dealer for programs."""
        party = DealerPartyOut(**{**card.party.__dict__, "roles": sorted(card.party.roles)})
        territories = [TerritoryOut(**each.__dict__) for each in card.territories]
        numbers = {"stores": card.stores, "held": card.held, "held_by_stores": card.held_by_stores}
        return cls(party=party, territories=territories, **numbers)


class TerritoryIn(_Strict):
    """A region to give to a dealer, for one product or all."""

    id: UUID
    dealer: Digits13
    adcode: Region
    gtin: Gtin14 | None = None
    valid_from: AwareDatetime
    valid_to: AwareDatetime | None = None


class TransferIn(_Strict):
    """A delivery outside a territory to allow."""

    id: UUID
    dealer: Digits13
    receiver: Digits13 | None = None
    adcode: Region
    gtin: Gtin14
    bottles: int = Field(gt=0)
    reason: str = Field(min_length=1, max_length=500)
    valid_from: AwareDatetime
    valid_to: AwareDatetime
