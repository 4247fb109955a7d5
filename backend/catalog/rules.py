"""Values of the catalogue and how regions, prices and batches relate. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from backend.errors import Malformed, Refused

NATION = "100000"
"""GB/T 2260 code of the whole country; as a prefix it is the empty text."""


class ProductDiffers(Refused):
    """A product with this GTIN exists and is described differently."""


class PriceOverlaps(Refused):
    """Another price of this product holds for the same region at that time."""


class PriceNotSensible(Malformed):
    """A price must be positive, its floor no higher than the list price, and end after it begins."""


class BatchHasOtherCodes(Refused):
    """This batch already has codes, of another number or case size."""


class CodesCommissionedBefore(Refused):
    """Codes with this root were commissioned before they were entered here: make others for the batch."""


@dataclass(frozen=True)
class Product:
    """What is sold, by GTIN-14. `abv_permille` is alcohol by volume in tenths of a per cent (520 = 52 %vol).

    `serialised`: every bottle moves by its code, and nothing of a batch leaves who bottled it before its codes are in
    force. So it is with a batch for which a code run was made, in any case.
    """

    gtin: str
    name: str
    name_en: str
    volume_ml: int
    abv_permille: int
    case_size: int
    shelf_life_days: int | None = None
    serialised: bool = False

    def label(self, language: str) -> str:
        """Name in the reader's language."""
        return self.name if language == "zh" or not self.name_en else self.name_en


@dataclass(frozen=True)
class Place:
    """A prefecture (GB/T 2260, six digits); degrees WGS 84; population in thousands (census of 2020)."""

    adcode: str
    name: str
    name_en: str
    province: str
    province_en: str
    lat: float
    lon: float
    population: int

    def label(self, language: str) -> str:
        """Name in the reader's language."""
        return self.name if language == "zh" else self.name_en

    def province_label(self, language: str) -> str:
        """Name of the province in the reader's language."""
        return self.province if language == "zh" else self.province_en


@dataclass(frozen=True)
class Price:
    """List and floor price of a bottle in fen for consumers of a region, while `valid_from` <= t < `valid_to`."""

    gtin: str
    prefix: str
    amount_fen: int
    floor_fen: int
    valid_from: datetime
    valid_to: datetime | None = None

    def __post_init__(self) -> None:
        if not 0 < self.floor_fen <= self.amount_fen:
            raise PriceNotSensible(amount_fen=self.amount_fen, floor_fen=self.floor_fen)
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise PriceNotSensible(valid_from=self.valid_from.isoformat(), valid_to=self.valid_to.isoformat())


@dataclass(frozen=True)
class CodeRunRecord:
    """The code run of a batch as kept: never an inner code. Dates are None where a drink keeps without end."""

    id: int
    gtin: str
    batch: str
    count: int
    case_size: int
    root: bytes
    made_at: datetime
    produced_on: date | None = None
    best_before: date | None = None


@dataclass(frozen=True)
class Case:
    """A case of a code run: units [begin, end) of its leaves."""

    sscc: str
    gtin: str
    batch: str
    begin: int
    end: int

    @property
    def bottles(self) -> int:
        """Bottles packed in it."""
        return self.end - self.begin


@dataclass(frozen=True)
class Unit:
    """A bottle as the ledger knows it. `inner_hash` is hexadecimal; the inner code itself is not kept."""

    gtin: str
    batch: str
    serial: str
    sscc: str
    index: int
    inner_hash: str
    run: int


def prefix_of(adcode: str) -> str:
    """Shortest prefix that names a region: '510000' -> '51', '510100' -> '5101', '100000' -> ''.

    Raises:
        Malformed: not two, four or six digits.
    """
    if adcode in ("", NATION):
        return ""
    if not (adcode.isascii() and adcode.isdigit() and len(adcode) in (2, 4, 6)) or adcode[0] == "0":
        raise Malformed(f"{adcode!r} is not a GB/T 2260 code of 2, 4 or 6 digits", adcode=adcode)
    while len(adcode) > 2 and adcode.endswith("00"):
        adcode = adcode[:-2]
    return adcode


def lies_in(adcode: str, prefix: str) -> bool:
    """Whether a prefecture is part of a region."""
    return adcode.startswith(prefix)


def best_price(prices: Iterable[Price], adcode: str, at: datetime) -> Price | None:
    """The price that holds in a prefecture at a time: of those that do, the one of the smallest region."""
    holding = [
        price
        for price in prices
        if lies_in(adcode, price.prefix) and price.valid_from <= at and (price.valid_to is None or at < price.valid_to)
    ]
    return max(holding, key=lambda price: len(price.prefix), default=None)


def region_label(prefix: str, places: Iterable[Place], language: str) -> str:
    """Name of a region: the country, a province or a prefecture; the bare code where we know no name."""
    if not prefix:
        return "全国" if language == "zh" else "Nationwide"
    prefix = prefix.removesuffix("00")  # a municipality is a province and its one prefecture: 1100 is 11
    for place in places:
        if len(prefix) == 2 and place.adcode.startswith(prefix):
            return place.province_label(language)
        if prefix_of(place.adcode) == prefix:
            return place.label(language)
    return prefix
