"""Orders, deliveries and sales: warehouse to dealer to store to table."""

from datetime import datetime, timedelta
from functools import partial

import msgspec

from backend.demo.company import BRAND, Company
from backend.demo.consumers import scanned_sale
from backend.demo.goods import Bottle
from backend.demo.plan import Delivery, Purchase
from backend.demo.production import consign
from backend.demo.world import Member, nearest_warehouse
from scanner.device import events
from scanner.device.events import Lot


class _Promised(msgspec.Struct):
    gtin: str
    batch: str
    bottles: int


class _Allocated(msgspec.Struct):
    allocations: list[_Promised]


def add_trade(company: Company) -> None:
    """Schedule all purchases and deliveries of the plan; sales follow from them."""
    for purchase in company.plan.purchases:
        company.schedule.add(purchase.at, f"订货 order {purchase.dealer.name}", partial(_order, company, purchase))
    for delivery in company.plan.deliveries:
        company.schedule.add(delivery.at, f"配送 deliver {delivery.store.name}", partial(_deliver, company, delivery))


def _order(company: Company, purchase: Purchase, at: datetime) -> None:
    """The dealer orders, the brand approves, the system allocates, the warehouse ships."""
    warehouse = nearest_warehouse(company.world, purchase.dealer.place.adcode)
    order = company.id(f"order/{purchase.dealer.gln}/{purchase.number}")
    lines = [{"gtin": product.gtin, "bottles": count * product.case_size} for product, count in purchase.cases]
    body = {"id": order, "buyer": purchase.dealer.gln, "seller": warehouse.gln, "lines": lines}
    company.client.post("/orders", body, at=at, by=dealer_login(purchase.dealer))
    company.schedule.add(
        at + timedelta(hours=2), "审批 approve", partial(_approve, company, purchase, warehouse, order)
    )


def _approve(company: Company, purchase: Purchase, warehouse: Member, order: str, at: datetime) -> None:
    company.client.post(f"/orders/{order}/approval", {"id": company.id(f"{order}/approval")}, at=at, by=BRAND)
    command = {"id": company.id(f"{order}/allocation")}
    promised = company.client.ask(f"/orders/{order}/allocation", command, _Allocated, at=at, by=BRAND).allocations
    company.schedule.add(
        at + timedelta(days=1), "发货 ship", partial(_ship, company, purchase, warehouse, order, promised)
    )


def _ship(
    company: Company, purchase: Purchase, warehouse: Member, order: str, promised: list[_Promised], at: datetime
) -> None:
    """Ship what was promised, batch by batch."""
    sizes = {product.gtin: product.case_size for product in company.world.products}
    uri = f"urn:jiulian:order:{order}"
    for allocation in promised:
        batch = (allocation.gtin, allocation.batch)
        cases = company.goods.take(warehouse.gln, batch, allocation.bottles // sizes[batch[0]])
        days = timedelta(days=3)
        consign(company, warehouse, purchase.dealer, batch, cases, at, transit=days, order=uri, signs=purchase.signs)


def dealer_login(dealer: Member) -> str:
    """Account name of a dealer in the demo."""
    return f"dealer-{dealer.gln[7:12]}"


def _deliver(company: Company, delivery: Delivery, at: datetime) -> None:
    for product, count in delivery.cases:
        for batch, cases in company.goods.take_of(delivery.dealer.gln, product.gtin, count):
            bottles = [bottle for case in cases for bottle in company.goods.bottles[case]]
            consign(company, delivery.dealer, delivery.store, batch, cases, at, transit=timedelta(hours=5))
            for week in (1, 2):
                half = bottles[: len(bottles) // 2] if week == 1 else bottles[len(bottles) // 2 :]
                company.schedule.add(
                    at + timedelta(days=6 * week, hours=3),
                    f"动销 sell {delivery.store.name}",
                    partial(_sell, company, delivery.store, batch, half),
                )


def _sell(company: Company, store: Member, batch: tuple[str, str], bottles: list[Bottle], at: datetime) -> None:
    """A store reports what went over the counter; some of the buyers scan."""
    if bottles:
        company.capture(store, events.sell(company.at(store, at), Lot(batch[0], batch[1], len(bottles))), at)
        scanned_sale(company, store, bottles, at)
