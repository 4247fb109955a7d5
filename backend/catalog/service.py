"""Use cases of the catalogue: what is sold, where, for how much; which codes there are and their proofs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from backend.catalog import rules, store, store_codes
from backend.catalog.rules import (
    BatchHasOtherCodes,
    Case,
    CodeRunRecord,
    CodesCommissionedBefore,
    Place,
    Price,
    Product,
    ProductDiffers,
    Unit,
)
from backend.db import locks
from backend.errors import NotFound
from scanner.codes.run import CodeRun, make_run
from scanner.codes.serials import Random
from scanner.evidence.proof import inclusion_path
from scanner.evidence.tree import HASH_BYTES

find_product = store.find_product
list_products = store.list_products
list_prices = store.list_prices
list_matching = store.list_matching
products_of = store.products_of
find_unit = store_codes.find_unit
find_units = store_codes.find_units
find_code_run = store_codes.find_run
find_numbered = store_codes.find_numbered
moves_by_codes = store_codes.moves_by_codes
HIDDEN_IN_REBUILDING = store.HIDDEN_IN_REBUILDING


@dataclass(frozen=True)
class CodeRunOrder:
    """Codes to be made for a batch; `sscc_prefix` None: extension digit 0 and 7 digits of the GTIN's prefix."""

    gtin: str
    batch: str
    count: int
    case_size: int
    sscc_prefix: str | None = None
    produced_on: date | None = None


def add_product(session: Session, product: Product, *, now: datetime) -> None:
    """Add a product (idempotent).

    Raises:
        ProductDiffers: the GTIN is taken by another description.
    """
    if not store.add_product(session, product, now) and get_product(session, product.gtin) != product:
        raise ProductDiffers(gtin=product.gtin)


def get_product(session: Session, gtin: str) -> Product:
    """The product with this GTIN-14.

    Raises:
        NotFound: no such product.
    """
    product = store.find_product(session, gtin)
    if product is None:
        raise NotFound(f"no product with GTIN {gtin}", gtin=gtin)
    return product


def list_places(_: Session) -> list[Place]:
    """All prefectures we know by name, by adcode."""
    return list(store.load_places().values())


def list_provinces(_: Session) -> list[str]:
    """Provinces by their two digits."""
    return sorted({adcode[:2] for adcode in store.load_places()})


def list_gtins(session: Session) -> list[str]:
    """GTINs of all products."""
    return [product.gtin for product in store.list_products(session)]


def find_place(_: Session, adcode: str) -> Place | None:
    """The prefecture with this GB/T 2260 code."""
    return store.load_places().get(adcode)


def region_label(_: Session, prefix: str, language: str) -> str:
    """Name of a region given by the prefix of its adcode."""
    return rules.region_label(prefix, store.load_places().values(), language)


def set_price(session: Session, price: Price, *, now: datetime) -> None:
    """Set a product's price for a region and time (idempotent).

    Raises:
        NotFound: no such product.
        PriceOverlaps: another price holds there and then.
    """
    get_product(session, price.gtin)
    store.add_price(session, price, now)


def price_at(session: Session, gtin: str, adcode: str, at: datetime) -> Price | None:
    """The price that held for a product in a prefecture at a time, or None where none was set."""
    return rules.best_price(store.list_prices(session, gtin), adcode, at)


def add_code_run(session: Session, run: CodeRun, *, now: datetime, produced_on: date | None = None) -> CodeRunRecord:
    """Keep a code run (idempotent by batch, as long as it is the same run).

    Raises:
        NotFound: no such product.
        BatchHasOtherCodes: the batch has a run with another root.
        CodesCommissionedBefore: its root was commissioned while nobody knew its units, and it moves without them.
    """
    product = get_product(session, run.gtin)
    locks.take(session, {locks.batch_name(run.gtin, run.batch)})
    kept = store_codes.find_run(session, run.gtin, run.batch)
    if kept is not None:
        if kept.root != run.root:
            raise BatchHasOtherCodes(gtin=run.gtin, batch=run.batch, count=kept.count, case_size=kept.case_size)
        return kept
    if store_codes.was_commissioned(session, run.gtin, run.batch, run.root):
        raise CodesCommissionedBefore(gtin=run.gtin, batch=run.batch, root=run.root.hex())
    return store_codes.add_run(session, run, now, produced_on, _best_before(product, produced_on))


def _best_before(product: Product, produced_on: date | None) -> date | None:
    """GB 7718 asks no shelf life of drinks of 10 %vol and more; those simply keep."""
    if product.shelf_life_days is None or produced_on is None:
        return None
    return produced_on + timedelta(days=product.shelf_life_days)


def make_code_run(
    session: Session, order: CodeRunOrder, *, random: Random, now: datetime
) -> tuple[CodeRunRecord, CodeRun | None]:
    """Make and keep the codes of a batch. The run with its inner codes is given once; None when it is kept already.

    Raises:
        NotFound: no such product.
        BatchHasOtherCodes: the batch has codes, of another number or case size.
    """
    get_product(session, order.gtin)
    kept = store_codes.find_run(session, order.gtin, order.batch)
    if kept is not None:
        if (kept.count, kept.case_size) != (order.count, min(order.case_size, order.count)):
            raise BatchHasOtherCodes(gtin=order.gtin, batch=order.batch, count=kept.count, case_size=kept.case_size)
        return kept, None
    prefix = order.sscc_prefix or "0" + order.gtin[1:8]
    first = store_codes.take_case_numbers(session, prefix, -(-order.count // order.case_size))
    run = make_run(order.gtin, order.batch, order.count, order.case_size, prefix, random, first_case=first)
    return add_code_run(session, run, now=now, produced_on=order.produced_on), run


def get_code_run(session: Session, gtin: str, batch: str) -> CodeRunRecord:
    """The run of a batch.

    Raises:
        NotFound: the batch has no codes.
    """
    record = store_codes.find_run(session, gtin, batch)
    if record is None:
        raise NotFound(f"batch {batch} of {gtin} has no codes", gtin=gtin, batch=batch)
    return record


def list_units(session: Session, record: CodeRunRecord) -> list[Unit]:
    """All bottles of a run in the order of their leaves."""
    return store_codes.list_units(session, record.id)


def list_cases(session: Session, record: CodeRunRecord) -> list[Case]:
    """All cases of a run in order."""
    return store_codes.list_cases(session, record.id)


def find_case(session: Session, sscc: str) -> Case | None:
    """The case with this SSCC."""
    found = store_codes.find_case(session, sscc)
    return found[0] if found else None


def units_of_case(session: Session, sscc: str) -> list[Unit]:
    """The bottles packed in a case, in the order of their leaves; none when the SSCC is not ours."""
    found = store_codes.find_case(session, sscc)
    return store_codes.list_units(session, found[1], found[0].begin, found[0].end) if found else []


def unit_proof(session: Session, unit: Unit) -> tuple[int, Sequence[bytes], bytes]:
    """Size, inclusion path and root that prove a bottle's leaf in the unit-code tree of its batch."""
    record = get_code_run(session, unit.gtin, unit.batch)
    wanted: list[tuple[int, int]] = []

    def note(level: int, index: int) -> bytes:
        wanted.append((level, index))
        return bytes(HASH_BYTES)

    inclusion_path(unit.index, record.count, note)  # a rehearsal that says which nodes the path is made of
    nodes = store_codes.read_nodes(session, record.id, wanted)
    return record.count, inclusion_path(unit.index, record.count, lambda *at: nodes[at]), record.root
