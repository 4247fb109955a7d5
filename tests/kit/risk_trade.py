"""The made-up trade of the risk engine's tests, as real parties, codes, signed custody, scans and price reports."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from random import Random
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy.orm import Session, sessionmaker

from backend.capabilities import ALERT_REACTIONS, REACTIONS
from backend.capture import service as capture
from backend.catalog import service as catalog
from backend.catalog.rules import Price, Product, Unit
from backend.dealers import service as dealers
from backend.dealers.rules import Territory, Transfer
from backend.identity import service as identity
from backend.identity.rules import Location, Party
from backend.risk import service as risk
from backend.verification import store as verification
from backend.verification.rules import Visitor
from scanner.codes.run import make_run
from scanner.device import events
from scanner.device.events import At, Lot, Parties, case_uri
from tests.kit.people import DOMAIN, GRAIN, SPIRIT, gln, join, key
from tests.kit.trade import message

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "backend" / "risk"))
from made_up_trade import MONDAY, WEEKS, Network, network

BRAND = gln(100)
START = datetime.combine(MONDAY, time(4), UTC)
END = START + timedelta(weeks=WEEKS) - timedelta(hours=14)
"""Sunday evening of the last week in China."""
LIQUOR = Product("06901234500011", "云岭陈酿 52度", "Yunling Aged 52", 500, 520, 6)
LIST_FEN = 49_900
PASSWORD = "a good long password"


@dataclass(frozen=True)
class RiskTrade:
    """What was entered: the network with its truth, and the GLN of each of its dealers."""

    network: Network
    glns: Mapping[str, str]

    @property
    def guilty(self) -> set[tuple[str, str]]:
        """(GLN, adcode) of every planted diversion."""
        return {(self.glns[plant.dealer], plant.place) for plant in self.network.plants}


def enter(session: Session, seed: int = 0, *, silent: bool = False, late: bool = False) -> RiskTrade:
    """Enter the made-up trade of a seed into the product's tables, through its services.

    `silent`: the first diverter never signs a receipt; the brand shows that the goods came to him. `late`: what came to
    him is told three days after it happened.
    """
    made = network(seed)
    glns = {dealer.dealer: gln(200 + index) for index, dealer in enumerate(made.dataset.dealers)}
    _enrol(session, made, glns)
    unsigned = glns[made.plants[0].dealer] if silent else None
    told_late = {unsigned: timedelta(days=3)} if unsigned and late else {}
    cases = _make_and_ship(session, made, glns, unsigned, told_late)
    salt = bytes(32)
    for index, scan in enumerate(made.dataset.scans):
        unit = cases[scan.case][int(scan.serial.rpartition("-")[2])]
        at = datetime.combine(scan.scanned_on, time(4), UTC) + timedelta(minutes=index % 300)
        verification.add_scan(session, unit, Visitor(scan.device, scan.place, "ip"), at, "matches", salt)
    _report_prices(session, made, next(iter(cases.values()))[0])
    return RiskTrade(made, glns)


def _enrol(session: Session, made: Network, glns: Mapping[str, str]) -> None:
    long_ago = START - timedelta(days=200)
    names = {place.place: place.name.removesuffix("市") for place in made.dataset.places}
    parties = [Party(BRAND, "云岭酒业股份有限公司", frozenset({"brand", "producer"}), "511500")]
    for index, dealer in enumerate(made.dataset.dealers):
        house = "醇盛聚金瑞"[index % 5] + "源丰和"[index % 3]
        parties.append(
            Party(
                glns[dealer.dealer],
                f"{names[dealer.home]}{house}酒业有限公司",
                frozenset({"dealer"}),
                dealer.home,
                BRAND,
            )
        )
    for party in parties:
        identity.enrol_party(session, party, now=long_ago)
        join(session, party.gln, key(party.gln), now=long_ago)
        identity.add_location(session, Location(party.gln, party.gln, party.name, party.adcode, 30.0, 104.0))
    catalog.add_product(session, LIQUOR, now=long_ago)
    catalog.set_price(session, Price(LIQUOR.gtin, "", LIST_FEN, 39_900, long_ago), now=long_ago)
    for dealer in made.dataset.dealers:
        own = uuid5(NAMESPACE_URL, dealer.dealer)
        territory = Territory(own, glns[dealer.dealer], dealer.home[:4], None, long_ago)
        dealers.grant_territory(session, territory, by="brand", now=long_ago)
    flow = made.transfer
    assert flow.valid_from is not None
    begins = datetime.combine(flow.valid_from, time(0), UTC)
    transfer = Transfer(
        uuid5(NAMESPACE_URL, "transfer"),
        glns[flow.dealer],
        None,
        flow.place[:4],
        LIQUOR.gtin,
        48,
        "企业客户团购",
        begins,
        begins + timedelta(days=30),
        "brand",
        begins,
    )
    dealers.approve_transfer(session, transfer)


def _make_and_ship(
    session: Session,
    made: Network,
    glns: Mapping[str, str],
    unsigned: str | None,
    told_late: Mapping[str, timedelta],
) -> dict[str, list[Unit]]:
    """One batch for all; every dealer but one signs for its cases before the first scan."""
    owners = dict(sorted({scan.case: scan.dealer for scan in made.dataset.scans}.items()))
    at = START - timedelta(days=20)
    lot = Lot(LIQUOR.gtin, "260105A1", len(owners) * 6)
    _say(session, events.harvest(At(at, BRAND), Lot(GRAIN, "G1", 9_000, "KGM")), BRAND)
    spirit = Lot(SPIRIT, "S1", 9_000, "LTR")
    _say(session, events.transformation(At(at, BRAND), "distil", [Lot(GRAIN, "G1", 9_000, "KGM")], spirit), BRAND)
    _say(session, events.transformation(At(at + timedelta(days=1), BRAND), "bottle", [spirit], lot), BRAND)
    run = make_run(lot.gtin, lot.batch, lot.quantity, 6, "06901234", Random(7).randbytes)
    record = catalog.add_code_run(session, run, now=at)
    _say(session, events.commission(At(at + timedelta(days=2), BRAND), lot, run.root), BRAND)
    units = catalog.list_units(session, record)
    boxes = {case: units[6 * index : 6 * index + 6] for index, case in enumerate(owners)}
    for dealer, own in glns.items():
        epcs = [case_uri(boxes[case][0].sscc) for case, owner in owners.items() if owner == dealer]
        some = Lot(lot.gtin, lot.batch, 6 * len(epcs))
        shipped = events.ship(At(at + timedelta(days=4), BRAND), some, Parties(BRAND, own), epcs)
        delay = told_late.get(own, timedelta(minutes=1))
        evidence = _say(session, shipped, BRAND, delay)
        arrived, parties = At(at + timedelta(days=7), own), Parties(BRAND, own)
        if own == unsigned:
            waybill = "urn:sf-express:waybill:SF1400"
            _say(session, events.arrive(arrived, some, parties, evidence, epcs, waybill=waybill), BRAND, delay)
        else:
            _say(session, events.receive(arrived, some, parties, evidence, epcs), own)
    return boxes


def _say(session: Session, event: dict[str, object], by: str, delay: timedelta = timedelta(minutes=1)) -> bytes:
    said = message(event, by=by)
    now = datetime.fromisoformat(str(event["eventTime"]).replace("Z", "+00:00")) + delay
    return capture.submit(session, said, domain=DOMAIN, now=now, reactions=REACTIONS).evidence


def _report_prices(session: Session, made: Network, unit: Unit) -> None:
    for price in made.dataset.prices:
        at = START + timedelta(weeks=price.week, days=2)
        level = next(p.list_price_index for p in made.dataset.places if p.place == price.place)
        fen = round(LIST_FEN * price.price_index / level)
        for _ in range(price.reports):
            verification.add_price_report(
                session, unit, adcode=price.place, price_fen=fen, shop="", note="", request_id=None, at=at
            )


def tell_scored(sessions: sessionmaker[Session]) -> list[int]:
    """The made-up trade with people and one run of the engine; its alerts, the gravest first."""
    with sessions.begin() as session:
        enter(session)
        add_people(session)
        risk.score(session, now=END, reactions=ALERT_REACTIONS)
        return [alert.id for alert in risk.list_alerts(session)]


def tell_entered(sessions: sessionmaker[Session]) -> RiskTrade:
    """The made-up trade."""
    with sessions.begin() as session:
        return enter(session)


def add_people(session: Session) -> None:
    """Two in compliance, one auditor, one dealer."""
    for name in ("何静", "罗敏"):
        identity.add_user(session, name, PASSWORD, ["compliance"])
    identity.add_user(session, "周审", PASSWORD, ["auditor"])
    identity.add_user(session, "李商", PASSWORD, ["dealer"], gln(200))
