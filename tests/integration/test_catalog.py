"""The catalogue on PostgreSQL: products, prices, code runs and their proofs."""

import random
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from backend.catalog import service
from backend.catalog.rules import BatchHasOtherCodes, Price, PriceOverlaps, Product, ProductDiffers
from scanner.codes.run import leaf, make_run
from scanner.evidence.proof import verify_inclusion

pytestmark = pytest.mark.integration

AGED = Product("06901234500011", "云岭陈酿", "Yunling Aged", 500, 520, 6)


def seeded(seed: int = 1) -> random.Random:
    return random.Random(seed)


def test_the_same_product_again_changes_nothing_and_another_one_is_refused(session: Session, now: datetime) -> None:
    service.add_product(session, AGED, now=now)
    service.add_product(session, AGED, now=now)
    assert service.list_products(session) == [AGED]
    with pytest.raises(ProductDiffers):
        service.add_product(session, Product(AGED.gtin, "别的酒", "Other", 500, 420, 6), now=now)


def test_one_region_has_one_price_at_a_time(session: Session, now: datetime) -> None:
    service.add_product(session, AGED, now=now)
    nation = Price(AGED.gtin, "", 49_900, 39_900, now)
    service.set_price(session, nation, now=now)
    service.set_price(session, nation, now=now)
    service.set_price(session, Price(AGED.gtin, "51", 51_900, 41_900, now, now + timedelta(days=30)), now=now)
    with pytest.raises(PriceOverlaps):
        service.set_price(session, Price(AGED.gtin, "51", 53_900, 41_900, now + timedelta(days=29)), now=now)
    service.set_price(session, Price(AGED.gtin, "51", 53_900, 41_900, now + timedelta(days=30)), now=now)

    def fen(adcode: str, days: int) -> int:
        price = service.price_at(session, AGED.gtin, adcode, now + timedelta(days=days))
        assert price is not None
        return price.amount_fen

    assert [fen("510100", 0), fen("510100", 30), fen("320100", 30)] == [51_900, 53_900, 49_900]
    assert service.price_at(session, AGED.gtin, "510100", now - timedelta(days=1)) is None


@pytest.mark.parametrize("count", [1, 2, 7, 25, 64])
def test_every_bottle_of_a_batch_proves_itself_against_the_root(session: Session, now: datetime, count: int) -> None:
    service.add_product(session, AGED, now=now)
    run = make_run(AGED.gtin, "YL2603A", count, 6, "06901234", seeded().randbytes)
    service.add_code_run(session, run, now=now)
    for each in run.units:
        unit = service.find_unit(session, each.gtin, each.serial)
        assert unit is not None
        assert (unit.batch, unit.sscc, unit.index) == (each.batch, each.sscc, each.index)
        size, path, root = service.unit_proof(session, unit)
        assert root == run.root
        proved = leaf(unit.gtin, unit.batch, unit.serial, unit.inner_hash, unit.sscc)
        assert verify_inclusion(proved, unit.index, size, root, path)
    assert sum(len(service.units_of_case(session, case.sscc)) for case in run.cases) == count


def test_a_batch_gets_its_codes_once(session: Session, now: datetime) -> None:
    service.add_product(session, AGED, now=now)
    order = service.CodeRunOrder(AGED.gtin, "YL2603A", 12, 6, produced_on=date(2026, 3, 1))
    record, run = service.make_code_run(session, order, random=seeded().randbytes, now=now)
    assert run is not None
    assert record.best_before is None
    again, nothing = service.make_code_run(session, order, random=seeded(2).randbytes, now=now)
    assert (again, nothing) == (record, None)
    more = service.CodeRunOrder(AGED.gtin, "YL2603A", 18, 6)
    with pytest.raises(BatchHasOtherCodes):
        service.make_code_run(session, more, random=seeded().randbytes, now=now)


def test_cases_of_two_batches_never_share_a_number(session: Session, now: datetime) -> None:
    service.add_product(session, AGED, now=now)
    seen = []
    for seed, batch in enumerate(("YL2603A", "YL2603B")):
        order = service.CodeRunOrder(AGED.gtin, batch, 13, 6)
        record, _ = service.make_code_run(session, order, random=seeded(seed).randbytes, now=now)
        seen += [case.sscc for case in service.list_cases(session, record)]
    assert len(seen) == len(set(seen)) == 6


def test_a_code_that_is_not_ours_is_not_found(session: Session, now: datetime) -> None:
    service.add_product(session, AGED, now=now)
    assert service.find_unit(session, AGED.gtin, "23456789ABCDEF") is None
    assert service.units_of_case(session, "006901234500000017") == []


def test_thousands_of_codes_are_kept_within_seconds(session: Session, now: datetime) -> None:
    service.add_product(session, AGED, now=now)
    run = make_run(AGED.gtin, "YL2603A", 6_000, 6, "06901234", seeded().randbytes)
    record = service.add_code_run(session, run, now=now)
    assert record.count == len(service.list_units(session, record)) == 6_000
