"""JSON shapes of stock."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from backend.stock.rules import StockRow


class ObservationIn(BaseModel):
    """A count to note."""

    model_config = ConfigDict(extra="forbid")

    id: UUID
    party: Annotated[str, Field(pattern=r"^\d{13}$")]
    gtin: Annotated[str, Field(pattern=r"^\d{14}$")]
    batch: str | None = Field(default=None, min_length=1, max_length=20)
    bottles: int = Field(ge=0)
    source: Literal["count", "scan", "pos"] = "count"
    counted_at: AwareDatetime


def row_json(row: StockRow) -> dict[str, object]:
    """A row of stock as JSON."""
    return {**row.__dict__, "available": row.available}
