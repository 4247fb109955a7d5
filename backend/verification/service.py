"""Use cases of verification: look at a bottle, report a price, forget old scans."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from backend.anchoring import service as anchoring
from backend.catalog import service as catalog
from backend.catalog.rules import Unit
from backend.custody import service as custody
from backend.errors import Malformed
from backend.verification import rules, store
from backend.verification.rules import Facts, Look, UnknownCode, Visitor

list_scans = store.list_scans
list_price_reports = store.list_price_reports


def get_unit(session: Session, gtin: str, serial: str, batch: str | None = None) -> Unit:
    """The bottle behind a code; a code that names another batch is not ours.

    Raises:
        UnknownCode: no such bottle.
    """
    unit = catalog.find_unit(session, gtin, serial)
    if unit is None or (batch is not None and unit.batch != batch):
        raise UnknownCode(gtin=gtin, serial=serial)
    return unit


def see(session: Session, unit: Unit, phone: str, *, now: datetime) -> Look:
    """What is known of a bottle, without recording a look."""
    steps = custody.trail(session, unit)
    facts = Facts(
        unit=unit,
        recalled=custody.is_recalled(session, unit.gtin, unit.batch),
        steps=steps,
        opened_at=None,
        earlier=store.earlier(session, unit.gtin, unit.serial, phone),
    )
    product = catalog.get_product(session, unit.gtin)
    return Look(product, unit, rules.verdict(facts), steps, facts.earlier, now)


def look(session: Session, unit: Unit, visitor: Visitor, *, salt: bytes, now: datetime) -> Look:
    """What is known of a bottle; the look is recorded, and is a leaf of the evidence log.

    The same request again records nothing new.
    """
    seen = see(session, unit, visitor.phone, now=now)
    number = store.add_scan(session, unit, visitor, now, seen.verdict.kind, salt)
    if number is not None:
        record = rules.scan_record(unit, visitor, now, seen.verdict.kind, number)
        anchoring.add_leaf(session, "scan", record, now=now)
    return seen


def report_price(
    session: Session,
    unit: Unit,
    *,
    adcode: str,
    price_fen: int | None,
    shop: str,
    note: str,
    request_id: str | None,
    now: datetime,
) -> str:
    """Keep what a consumer reports; its ticket number. Shop and note stay with us; the log gets place and price only.

    Raises:
        Malformed: the place is unknown, the price is not positive, or a text is too long.
    """
    if catalog.find_place(session, adcode) is None:
        raise Malformed("this city is not known", field="adcode")
    if price_fen is not None and not 0 < price_fen < 10_000_000:
        raise Malformed("the price must be between 0 and 100,000 yuan", field="price_yuan")
    if len(shop) > 120 or len(note) > 1000:
        raise Malformed("the text is too long", field="note")
    ticket, fresh = store.add_price_report(
        session, unit, adcode=adcode, price_fen=price_fen, shop=shop, note=note, request_id=request_id, at=now
    )
    if fresh:
        record = {
            "kind": "price-report",
            "ticket": ticket,
            "gtin": unit.gtin,
            "batch": unit.batch,
            "serial": unit.serial,
            "hour": now.strftime("%Y-%m-%dT%H:00Z"),
            "adcode": adcode,
            "price_fen": price_fen,
        }
        anchoring.add_leaf(session, "price-report", record, now=now)
    return ticket


def forget_old_scans(session: Session, *, days: int, now: datetime) -> int:
    """Delete raw scans older than `days`; how many."""
    return store.delete_scans_before(session, now - timedelta(days=days))
