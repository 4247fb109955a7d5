"""Sorghum to bottle: farms, distillery, code runs, and pallets to the brand's warehouses."""

import csv
import io
from collections import defaultdict
from datetime import datetime, timedelta
from functools import partial

import msgspec

from backend.demo.company import BRAND, Company
from backend.demo.goods import Bottle
from backend.demo.plan import Bottling
from backend.demo.world import Member, nearest_warehouse
from scanner.device import events
from scanner.device.events import Lot, Parties, case_uri

SORGHUM, WHEAT = "06901234510010", "06901234510027"
MASH, SPIRIT, BASE = "06901234510034", "06901234510041", "06901234510058"
_GRAM, _ML = 1000, 1000


def add_production(company: Company) -> None:
    """Schedule everything up to the goods in the warehouses."""
    year_ago = company.plan.start - timedelta(days=400)
    spirit_ml = sum(bottling.bottles * bottling.product.volume_ml for bottling in company.plan.bottlings)
    company.schedule.add(year_ago, "收粮 grain", partial(_grain_to_spirit, company, spirit_ml))
    for bottling in company.plan.bottlings:
        _add_bottling(company, bottling)


def _grain_to_spirit(company: Company, spirit_ml: int, at: datetime) -> None:
    """One season: two lots of grain, fermented, distilled, aged for a year, blended to strength."""
    world, maker = company.world, company.world.distillery
    need_g = int(spirit_ml * 2.6)  # about 2.6 kg of grain a litre of 52 % spirit, a common rule of solid-state baijiu
    lots = (Lot(SORGHUM, "GL24A", need_g * 7 // 10, "KGM"), Lot(WHEAT, "XM24B", need_g * 3 // 10, "KGM"))
    for farm, lot in zip(world.farms, lots, strict=True):
        company.capture(farm, events.harvest(company.at(farm, at), lot), at)
        move = Parties(farm.gln, maker.gln)
        shipped = company.capture(farm, events.ship(company.at(farm, at + _days(2)), lot, move), at + _days(2))
        arrived = at + _days(3)
        company.capture(maker, events.receive(company.at(maker, arrived), lot, move, shipped), arrived)
    mash = Lot(MASH, "FJ2410", int(need_g * 0.9), "KGM")
    raw = Lot(SPIRIT, "YJ2501", int(spirit_ml * 1.12), "LTR")
    base = Lot(BASE, "JJ2601", int(spirit_ml * 1.02), "LTR")
    for days, event in (
        (5, events.transformation(company.at(maker, at + _days(5)), "ferment", lots, mash)),
        (75, events.transformation(company.at(maker, at + _days(75)), "distil", [mash], raw)),
        (370, events.age(company.at(maker, at + _days(370)), raw)),
        (374, events.transformation(company.at(maker, at + _days(374)), "blend", [raw], base)),
    ):
        company.capture(maker, event, at + _days(days))


def _days(count: float) -> timedelta:
    return timedelta(days=count)


class _RunMade(msgspec.Struct):
    run_file: str
    units_root: str


def _add_bottling(company: Company, bottling: Bottling) -> None:
    def bottle(at: datetime) -> None:
        maker, product = company.world.distillery, bottling.product
        run = company.client.ask(
            "/code-runs",
            {"gtin": product.gtin, "batch": bottling.batch, "count": bottling.bottles, "case_size": product.case_size},
            _RunMade,
            at=at,
            by=BRAND,
        )
        company.caps.keep(f"{product.gtin}-{bottling.batch}", run.run_file)
        cases = _learn_units(company, bottling, at)
        base = Lot(BASE, "JJ2601", bottling.bottles * product.volume_ml, "LTR")
        goods = Lot(product.gtin, bottling.batch, bottling.bottles)
        place = company.at(maker, at)
        company.capture(maker, events.transformation(place, "bottle", [base], goods), at)
        later = at + timedelta(hours=5)
        company.capture(maker, events.inspect(company.at(maker, later), goods), later)
        signed = at + timedelta(hours=6)
        root = bytes.fromhex(run.units_root)
        company.capture(maker, events.commission(company.at(maker, signed), goods, root), signed)
        company.goods.put(maker.gln, (product.gtin, bottling.batch), cases)

    company.schedule.add(bottling.at, f"灌装 bottle {bottling.batch}", bottle)
    company.schedule.add(
        bottling.at + _days(3), f"入仓 stock {bottling.batch}", partial(_to_warehouses, company, bottling)
    )


def _learn_units(company: Company, bottling: Bottling, at: datetime) -> list[str]:
    """The line reads its run: which bottle lies in which case."""
    path = f"/code-runs/{bottling.product.gtin}/{bottling.batch}/units.csv"
    cases: dict[str, list[Bottle]] = defaultdict(list)
    for unit in csv.DictReader(io.StringIO(company.client.get_text(path, at=at, by=BRAND))):
        cases[unit["sscc"]].append(Bottle(bottling.product.gtin, bottling.batch, unit["serial"]))
    company.goods.bottles.update(cases)
    return list(cases)


def _to_warehouses(company: Company, bottling: Bottling, at: datetime) -> None:
    """Each warehouse gets its share of a batch, by what its dealers will order."""
    maker, batch = company.world.distillery, (bottling.product.gtin, bottling.batch)
    total = bottling.bottles // bottling.product.case_size
    shares = _shares(company, bottling)
    for index, warehouse in enumerate(company.world.warehouses):
        last = index == len(company.world.warehouses) - 1
        count = total if last else round(total * shares[warehouse.gln])
        cases = company.goods.take(maker.gln, batch, count)
        consign(company, maker, warehouse, batch, cases, at, transit=_days(2))


def _shares(company: Company, bottling: Bottling) -> dict[str, float]:
    need = {warehouse.gln: 1.0 for warehouse in company.world.warehouses}
    for purchase in company.plan.purchases:
        near = nearest_warehouse(company.world, purchase.dealer.place.adcode)
        need[near.gln] += sum(count for product, count in purchase.cases if product == bottling.product)
    total = sum(need.values())
    return {warehouse: count / total for warehouse, count in need.items()}


def consign(
    company: Company,
    sender: Member,
    receiver: Member,
    batch: tuple[str, str],
    cases: list[str],
    at: datetime,
    *,
    transit: timedelta,
    order: str | None = None,
    signs: bool = True,
) -> None:
    """Cases leave `sender` now and reach `receiver` after `transit`; both devices sign.

    Where the receiver never `signs`, the sender's device shows the carrier's proof of delivery.
    """
    if not cases:
        return
    bottles = sum(len(company.goods.bottles[case]) for case in cases)
    lot, move = Lot(batch[0], batch[1], bottles), Parties(sender.gln, receiver.gln)
    epcs = [case_uri(case) for case in cases]
    shipped = company.capture(sender, events.ship(company.at(sender, at), lot, move, epcs, order=order), at)

    def prove(arrived: datetime) -> None:
        event = events.arrive(company.at(receiver, arrived), lot, move, shipped, epcs, waybill=_waybill(shipped))
        company.capture(sender, event, arrived + timedelta(hours=2))
        company.goods.put(unsigned_at(receiver), batch, cases)

    def receive(arrived: datetime) -> None:
        event = events.receive(company.at(receiver, arrived), lot, move, shipped, epcs)
        company.capture(receiver, event, arrived)
        company.goods.put(receiver.gln, batch, cases)

    if signs:
        company.schedule.add(at + transit, f"收货 receive {receiver.name}", receive)
    else:
        company.schedule.add(at + transit, f"送达 deliver {receiver.name}", prove)


def unsigned_at(receiver: Member) -> str:
    """Where the story keeps what somebody got and never signed for: it is not among what he sells."""
    return f"{receiver.gln} unsigned"


def _waybill(shipped: bytes) -> str:
    return f"urn:jiulian:waybill:{shipped.hex()[:12]}"
