"""JSON shapes of the catalogue."""

from datetime import date, datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field

from backend.web.shapes import Strict

Gtin14 = Annotated[str, Field(pattern=r"^\d{14}$", description="GTIN written with 14 digits")]


class ProductIn(Strict):
    """A product to add."""

    gtin: Gtin14
    name: str = Field(min_length=1, max_length=120)
    name_en: str = Field(default="", max_length=120)
    volume_ml: int = Field(gt=0, le=1_000_000)
    abv_permille: int = Field(ge=0, le=1000)
    case_size: int = Field(gt=0, le=1000)
    shelf_life_days: int | None = Field(default=None, gt=0)
    serialised: bool = True


class PriceIn(Strict):
    """A price to set; `adcode` is a region of 2, 4 or 6 digits, empty for the whole country."""

    gtin: Gtin14
    adcode: str = Field(default="", pattern=r"^(\d{2}|\d{4}|\d{6})?$")
    amount_fen: int = Field(gt=0)
    floor_fen: int = Field(gt=0)
    valid_from: AwareDatetime
    valid_to: AwareDatetime | None = None


class CodeRunIn(Strict):
    """Codes to make for a batch."""

    gtin: Gtin14
    batch: str = Field(min_length=1, max_length=20)
    count: int = Field(gt=0, le=5_000_000)
    case_size: int = Field(gt=0, le=1000)
    sscc_prefix: str | None = Field(default=None, pattern=r"^\d{1,16}$")
    produced_on: date | None = None


class ProductOut(BaseModel):
    """A product as it is kept; `abv_permille` is alcohol by volume in tenths of a per cent."""

    gtin: str
    name: str
    name_en: str
    volume_ml: int
    abv_permille: int
    case_size: int
    shelf_life_days: int | None
    serialised: bool


class PriceOut(BaseModel):
    """A price of a bottle in fen, for a region (prefix of its code) and a half-open time."""

    gtin: str
    prefix: str
    amount_fen: int
    floor_fen: int
    valid_from: datetime
    valid_to: datetime | None


class CaseOut(BaseModel):
    """A case of a code run: units [begin, end) of its leaves."""

    sscc: str
    gtin: str
    batch: str
    begin: int
    end: int


class CodeRunOut(BaseModel):
    """Codes of a batch; `run_file` is the CSV with the inner codes, there only when they were made just now."""

    gtin: str
    batch: str
    count: int
    case_size: int
    units_root: str
    cases: list[CaseOut]
    run_file: str | None
