"""Phones of consumers: who scans which bottle where, and what was paid."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from backend.demo.company import Company
from backend.demo.goods import Bottle
from backend.demo.plan import SCANNED, TRAVELLERS
from backend.demo.world import Member

REPORTS = 0.12
"""Share of scans after which the buyer also says what was paid."""


OPENED = 0.35
"""Share of buyers who scan and then also open the bottle with the code under its cap."""


def scanned_sale(company: Company, store: Member, bottles: Sequence[Bottle], at: datetime) -> None:
    """Honest buyers: most drink at home, some carry the bottle to another city."""
    for bottle in bottles:
        chance = company.chance(f"sale/{store.gln}/{bottles.index(bottle)}/{at:%Y%m%d}/{bottle.gtin}")
        if chance.random() > SCANNED:
            continue
        adcode = store.place.adcode
        if chance.random() < TRAVELLERS:
            adcode = _another_city(company, adcode, chance)
        _scan_later(company, bottle, adcode, at, chance, price_share=chance.uniform(0.97, 1.06))


def _another_city(company: Company, home: str, chance: Random) -> str:
    """Travellers follow people: large cities and near ones."""
    places = [dealer.place for dealer in company.world.dealers if dealer.place.adcode != home]
    return chance.choices(places, weights=[place.population for place in places])[0].adcode


def dumped(
    company: Company,
    bottles: Sequence[Bottle],
    adcode: str,
    at: datetime,
    *,
    name: str,
    share: float,
    reports: float,
    price_share: float,
    days: float = 12,
) -> None:
    """Bottles that are opened in one city within some days, whoever brought them there."""
    for index, bottle in enumerate(bottles):
        chance = company.chance(f"{name}/{index}")
        if chance.random() < share:
            _scan_later(
                company,
                bottle,
                adcode,
                at + timedelta(days=chance.uniform(0, days)),
                chance,
                price_share=price_share * chance.uniform(0.98, 1.03),
                reports=reports,
            )


def _scan_later(
    company: Company,
    bottle: Bottle,
    adcode: str,
    at: datetime,
    chance: Random,
    *,
    price_share: float,
    reports: float = REPORTS,
) -> None:
    when = at + timedelta(hours=chance.uniform(3, 60))
    if when >= company.plan.end:
        return
    address = f"10.{chance.randint(0, 255)}.{chance.randint(0, 255)}.{chance.randint(1, 254)}"
    phone = f"{chance.getrandbits(128):032x}"
    path = f"/01/{bottle.gtin}/10/{bottle.batch}/21/{bottle.serial}"
    once = company.id(f"scan/{phone}")
    price = price_share if chance.random() < reports else None
    opens = company.chance(f"open/{phone}").random() < OPENED

    def scan(moment: datetime) -> None:
        company.client.as_phone("GET", path, at=moment, adcode=adcode, address=address, phone=phone, once=once)
        if price is not None:
            product = next(each for each in company.world.products if each.gtin == bottle.gtin)
            form = {"price_yuan": f"{product.list_fen * price / 100:.0f}", "adcode": adcode, "shop": "", "note": ""}
            company.client.as_phone(
                "POST", path + "/report", at=moment, adcode=adcode, address=address, phone=phone, once=once, data=form
            )

    def open_bottle(moment: datetime) -> None:
        code = company.caps.find(bottle.serial)
        if code is not None:
            form = {"inner": code, "confirmed": "yes", "once": once}
            company.client.as_phone(
                "POST", path + "/open", at=moment, adcode=adcode, address=address, phone=phone, once=once, data=form
            )

    company.schedule.add(when, "扫码 scan", scan)
    later = when + timedelta(minutes=20)
    if opens and later < company.plan.end:
        company.schedule.add(later, "开瓶 open", open_bottle)
