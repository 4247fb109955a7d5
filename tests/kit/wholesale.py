"""A small trade to test in: a brand, its warehouse, two dealers, a store, one product, and captures by word."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from backend.capabilities import REACTIONS
from backend.catalog import service as catalog
from backend.catalog.rules import Price, Product
from backend.identity import service as identity
from backend.identity.rules import Location, Party, Principal
from scanner.codes.run import make_run
from scanner.device import events
from scanner.device.events import At, Lot, Parties
from scanner.gs1.check_digit import check_digit
from tests.kit import picking
from tests.kit.trade import accepted


def gln(number: int) -> str:
    body = f"6901234{number:05d}"
    return body + check_digit(body)


BRAND, DISTILLERY, WAREHOUSE, DEALER, OTHER_DEALER, STORE = (gln(number) for number in range(1, 7))
AGED = Product("06901234500011", "云岭陈酿 52度", "Yunling Aged 52", 500, 520, 6)
CIDER = Product("06901234500028", "云岭果酒 8度", "Yunling Cider 8", 330, 80, 12, shelf_life_days=365)

_PARTIES = (
    Party(BRAND, "云岭酒业股份有限公司", frozenset({"brand"}), "511500"),
    Party(DISTILLERY, "云岭酒厂", frozenset({"producer"}), "511500", BRAND),
    Party(WAREHOUSE, "云岭西南中心仓", frozenset({"warehouse"}), "510100", BRAND),
    Party(DEALER, "成都醇酒业有限公司", frozenset({"dealer"}), "510100", BRAND),
    Party(OTHER_DEALER, "贵阳鸿运酒业有限公司", frozenset({"dealer"}), "520100", BRAND),
    Party(STORE, "成都人民路烟酒店", frozenset({"store"}), "510100", DEALER),
)

BY_BRAND = Principal(1, "品牌 王", frozenset({"brand"}), BRAND)
BY_DEALER = Principal(2, "经销商 李", frozenset({"dealer"}), DEALER)
BY_OTHER = Principal(3, "经销商 赵", frozenset({"dealer"}), OTHER_DEALER)
BY_WAREHOUSE = Principal(4, "仓库 陈", frozenset({"warehouse"}), WAREHOUSE)
BY_AUDITOR = Principal(5, "审计 周", frozenset({"auditor"}), None)


@dataclass
class Wholesale:
    """The trade over one open transaction; every capture happens a minute after the one before."""

    session: Session
    now: datetime
    _ticks: Any = field(default_factory=lambda: count(1))

    def capture(self, party: str, event: dict[str, Any]) -> bytes:
        """What a device of the party says is accepted and followed."""
        said = accepted(event, party, self.now)
        for react in REACTIONS:
            react(self.session, said)
        return said.evidence

    def at(self, place: str) -> At:
        return At(self.now + timedelta(minutes=next(self._ticks)), place)

    def bottle(
        self, batch: str, bottles: int, *, product: Product = AGED, produced_on: date | None = None, to: str = WAREHOUSE
    ) -> None:
        """Grain becomes bottles, they get codes, and go to a holder."""
        grain, spirit = Lot("06901234500905", f"G{batch}", 1_000, "KGM"), Lot("06901234500912", f"S{batch}", 900, "LTR")
        wine = Lot(product.gtin, batch, bottles)
        self.capture(DISTILLERY, events.harvest(self.at(DISTILLERY), grain))
        self.capture(DISTILLERY, events.transformation(self.at(DISTILLERY), "distil", [grain], spirit))
        self.capture(DISTILLERY, events.transformation(self.at(DISTILLERY), "bottle", [spirit], wine))
        run = make_run(
            product.gtin,
            batch,
            bottles,
            product.case_size,
            "06901234",
            Random(batch).randbytes,
            first_case=Random(f"cases of {batch}").randrange(10**8),
        )
        catalog.add_code_run(self.session, run, now=self.now, produced_on=produced_on)
        self.capture(DISTILLERY, events.commission(self.at(DISTILLERY), wine, run.root))
        if to != DISTILLERY:
            self.receive(to, DISTILLERY, wine, self.ship(DISTILLERY, to, wine))

    def ship(
        self, sender: str, receiver: str, lot: Lot, *, order: UUID | None = None, epcs: Sequence[str] | None = None
    ) -> bytes:
        """Bottles leave, by their codes where they have some."""
        uri = f"urn:jiulian:order:{order}" if order else None
        if epcs is None:
            epcs = picking.held(self.session, sender, lot.gtin, lot.batch, lot.quantity)
        return self.capture(sender, events.ship(self.at(sender), lot, Parties(sender, receiver), epcs, order=uri))

    def receive(self, receiver: str, sender: str, lot: Lot, consignment: bytes) -> bytes:
        epcs = picking.under_way(self.session, consignment, lot.quantity)
        return self.capture(
            receiver, events.receive(self.at(receiver), lot, Parties(sender, receiver), consignment, epcs)
        )

    def send_back(self, receiver: str, sender: str, lot: Lot, consignment: bytes) -> bytes:
        epcs = picking.under_way(self.session, consignment, lot.quantity)
        event = events.return_(self.at(receiver), lot, Parties(receiver, sender), consignment, epcs)
        return self.capture(receiver, event)

    def write_off(self, holder: str, lot: Lot, *, consignment: bytes | None = None) -> bytes:
        if consignment is None:
            epcs = picking.held(self.session, holder, lot.gtin, lot.batch, lot.quantity)
        else:
            epcs = picking.under_way(self.session, consignment, lot.quantity)
        return self.capture(holder, events.write_off(self.at(holder), lot, epcs, consignment=consignment))

    def sell(self, seller: str, lot: Lot) -> bytes:
        epcs = [] if seller == STORE else picking.held(self.session, seller, lot.gtin, lot.batch, lot.quantity)
        return self.capture(seller, events.sell(self.at(seller), lot, epcs))


def open_wholesale(session: Session, now: datetime) -> Wholesale:
    """Enter everybody and everything, with prices of 499.00 (floor 399.00) and 12.90 (floor 9.90)."""
    long_ago = now - timedelta(days=400)
    for party in _PARTIES:
        identity.enrol_party(session, party, now=long_ago)
        identity.add_location(session, Location(party.gln, party.gln, party.name, party.adcode, 30.0, 104.0))
    for product, fen, floor in ((AGED, 49_900, 39_900), (CIDER, 1_290, 990)):
        catalog.add_product(session, product, now=long_ago)
        catalog.set_price(session, Price(product.gtin, "", fen, floor, long_ago), now=long_ago)
    return Wholesale(session, now)
