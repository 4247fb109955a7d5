"""JSON shapes of dealers."""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Digits13 = Annotated[str, Field(pattern=r"^\d{13}$")]
Gtin14 = Annotated[str, Field(pattern=r"^\d{14}$")]
Region = Annotated[str, Field(pattern=r"^(\d{2}|\d{4}|\d{6})?$", description="GB/T 2260 code or prefix; empty: all")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


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
