"""SQL of the catalogue: products, prices and places. Codes are in `store_codes`."""

import csv
from collections.abc import Collection, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from sqlalchemy import insert, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Row
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.catalog.rules import Place, Price, PriceOverlaps, Product
from backend.db.searching import holds, typed
from backend.db.tables.catalog import price, product

_PLACES = Path(__file__).parent / "places.csv"
HIDDEN_IN_REBUILDING = (product,)
"""What the catalogue wants of goods was asked when a capture was taken; products and code runs of later cannot make
wrong what was right then."""


@lru_cache
def load_places() -> Mapping[str, Place]:
    """All prefectures by adcode, read once from `places.csv`, which names its source."""
    with _PLACES.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return MappingProxyType(
            {
                row["adcode"]: Place(
                    row["adcode"],
                    row["name"],
                    row["name_en"],
                    row["province"],
                    row["province_en"],
                    float(row["lat"]),
                    float(row["lon"]),
                    int(row["population"]),
                )
                for row in rows
            }
        )


def _product(row: Row[tuple[object, ...]]) -> Product:
    return Product(
        row.gtin,
        row.name,
        row.name_en,
        row.volume_ml,
        row.abv_permille,
        row.case_size,
        row.shelf_life_days,
        row.serialised,
    )


def add_product(session: Session, value: Product, at: datetime) -> bool:
    """Add a product; False when its GTIN was there already."""
    added = session.execute(
        upsert(product).values(**value.__dict__, added_at=at).on_conflict_do_nothing().returning(product.c.gtin)
    )
    return added.first() is not None


def find_product(session: Session, gtin: str) -> Product | None:
    """The product with this GTIN."""
    row = session.execute(select(product).where(product.c.gtin == gtin)).one_or_none()
    return _product(row) if row else None


def list_products(session: Session) -> list[Product]:
    """All products by GTIN."""
    return [_product(row) for row in session.execute(select(product).order_by(product.c.gtin))]


def products_of(session: Session, gtins: Collection[str]) -> dict[str, Product]:
    """Some products by GTIN."""
    rows = session.execute(select(product).where(product.c.gtin.in_(set(gtins)))) if gtins else ()
    return {row.gtin: _product(row) for row in rows}


def list_matching(session: Session, words: str) -> list[str]:
    """GTINs of products whose name, in either language, holds some words."""
    found = typed(words)
    query = select(product.c.gtin).where(or_(holds(product.c.name, found), holds(product.c.name_en, found)))
    return list(session.execute(query).scalars())


def list_prices(session: Session, gtin: str | None = None) -> list[Price]:
    """Prices, all or a product's, the widest region and the oldest first."""
    query = select(price).order_by(price.c.gtin, price.c.prefix, price.c.valid_from)
    if gtin is not None:
        query = query.where(price.c.gtin == gtin)
    return [
        Price(r.gtin, r.prefix, r.amount_fen, r.floor_fen, r.valid_from, r.valid_to) for r in session.execute(query)
    ]


def add_price(session: Session, value: Price, at: datetime) -> None:
    """Add a price; the very same price again changes nothing.

    Raises:
        PriceOverlaps: another price of the product holds for the region at that time.
    """
    if value in list_prices(session, value.gtin):
        return
    try:
        with session.begin_nested():
            session.execute(insert(price).values(**value.__dict__, set_at=at))
    except IntegrityError as error:
        if "ex_price_one_at_a_time" not in str(error.orig):
            raise
        raise PriceOverlaps(gtin=value.gtin, prefix=value.prefix) from error
