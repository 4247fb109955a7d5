"""JSON shapes of dealers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from backend.dealers.rules import DealerCard, Territory, Transfer
from backend.identity.rules import PartyRole, Standing
from backend.web.lists import ListQuery
from backend.web.shapes import Moment, Strict

Digits13 = Annotated[str, Field(pattern=r"^\d{13}$")]
Gtin14 = Annotated[str, Field(pattern=r"^\d{14}$")]
Region = Annotated[str, Field(pattern=r"^(\d{2}|\d{4}|\d{6})?$", description="GB/T 2260 code or prefix; empty: all")]


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


class TransferOut(BaseModel):
    """An approved delivery outside a dealer's territory."""

    id: UUID
    dealer: str
    receiver: str | None
    prefix: str
    gtin: str
    bottles: int
    reason: str
    valid_from: datetime
    valid_to: datetime
    approved_by: str
    approved_at: datetime


class DealerPartyOut(BaseModel):
    """The company of a dealer."""

    gln: str
    name: str
    roles: list[PartyRole]
    adcode: str
    supplier: str | None
    standing: Standing


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


class DealerTerritoryOut(TerritoryOut):
    """A territory beside its dealer, with its times as `Moment` writes them."""

    valid_from: Moment
    valid_to: Moment | None


class DealerTransferOut(TransferOut):
    """A transfer beside its dealer, with its times as `Moment` writes them."""

    valid_from: Moment
    valid_to: Moment
    approved_at: Moment


class DealerHistoryOut(BaseModel):
    """A dealer with every territory and transfer that it ever had."""

    party: DealerPartyOut
    territories: list[DealerTerritoryOut]
    stores: int
    held: int
    held_by_stores: int
    transfers: list[DealerTransferOut]

    @classmethod
    def with_history(
        cls, card: DealerCard, territories: Sequence[Territory], transfers: Sequence[Transfer]
    ) -> "DealerHistoryOut":
        """A dealer for programs, its times included."""
        return cls(
            party=DealerOut.of(card).party,
            territories=[DealerTerritoryOut(**each.__dict__) for each in territories],
            stores=card.stores,
            held=card.held,
            held_by_stores=card.held_by_stores,
            transfers=[DealerTransferOut(**each.__dict__) for each in transfers],
        )


class TerritoryIn(Strict):
    """A region to give to a dealer, for one product or all."""

    id: UUID
    dealer: Digits13
    adcode: Region
    gtin: Gtin14 | None = None
    valid_from: AwareDatetime
    valid_to: AwareDatetime | None = None


class TransferIn(Strict):
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
