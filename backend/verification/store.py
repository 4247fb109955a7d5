"""SQL of verification."""

from datetime import datetime

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from backend.catalog.rules import Unit
from backend.db.tables.verification import price_report, scan, unknown_scan
from backend.verification.rules import (
    Earlier,
    PriceReport,
    Scan,
    ScanSource,
    VerdictKind,
    Visitor,
    device_hash,
    phone_hash,
    ticket_of,
)


def add_scan(
    session: Session, unit: Unit, visitor: Visitor, at: datetime, kind: VerdictKind, salt: bytes
) -> int | None:
    """Append a scan; its number, or None when this request was recorded before."""
    row = session.execute(
        insert(scan)
        .values(
            gtin=unit.gtin,
            batch=unit.batch,
            serial=unit.serial,
            scanned_at=at,
            adcode=visitor.adcode,
            device_hash=device_hash(visitor.phone, at, salt),
            phone_hash=phone_hash(visitor.phone, unit.gtin, unit.serial),
            source=visitor.source,
            verdict_kind=kind,
            request_id=visitor.request_id,
        )
        .on_conflict_do_nothing()
        .returning(scan.c.id)
    ).one_or_none()
    return row.id if row else None


def add_unknown_scan(session: Session, code: str, visitor: Visitor, at: datetime, salt: bytes) -> None:
    """Append a look at a code that is none of ours; the same request again changes nothing."""
    session.execute(
        insert(unknown_scan)
        .values(
            code=code[:120],
            scanned_at=at,
            adcode=visitor.adcode,
            device_hash=device_hash(visitor.phone, at, salt),
            request_id=visitor.request_id,
        )
        .on_conflict_do_nothing()
    )


def earlier(session: Session, gtin: str, serial: str, phone: str) -> Earlier:
    """Earlier looks at a bottle, told apart by phone."""
    own = phone_hash(phone, gtin, serial)
    rows = session.execute(
        select(
            scan.c.phone_hash,
            func.count().label("looks"),
            func.max(scan.c.scanned_at).label("last"),
            func.array_agg(scan.c.adcode.distinct()).label("adcodes"),
        )
        .where(scan.c.gtin == gtin, scan.c.serial == serial)
        .group_by(scan.c.phone_hash)
    ).all()
    others = sorted((row for row in rows if row.phone_hash != own), key=lambda row: row.last)
    cities = [adcode for row in others for adcode in row.adcodes if adcode]
    return Earlier(
        own=sum(row.looks for row in rows if row.phone_hash == own),
        others=len(others),
        cities=tuple(dict.fromkeys(cities)),
        last_other_at=others[-1].last if others else None,
    )


def list_scans(session: Session, since: datetime, until: datetime) -> list[Scan]:
    """Scans in [since, until) by time."""
    query = select(scan).where(scan.c.scanned_at >= since, scan.c.scanned_at < until).order_by(scan.c.scanned_at)
    return [
        Scan(r.scanned_at, r.gtin, r.batch, r.serial, r.adcode, r.device_hash, ScanSource(r.source))
        for r in session.execute(query)
    ]


def list_price_reports(session: Session, since: datetime, until: datetime) -> list[PriceReport]:
    """Price reports that name a price, in [since, until), by time."""
    query = (
        select(price_report)
        .where(price_report.c.reported_at >= since, price_report.c.reported_at < until)
        .where(price_report.c.price_fen.is_not(None))
        .order_by(price_report.c.reported_at)
    )
    return [
        PriceReport(r.reported_at, r.gtin, r.batch, r.serial, r.adcode, r.price_fen) for r in session.execute(query)
    ]


def add_price_report(
    session: Session,
    unit: Unit,
    *,
    adcode: str,
    price_fen: int | None,
    shop: str,
    note: str,
    request_id: str | None,
    at: datetime,
) -> tuple[str, bool]:
    """Append a report; its ticket, and whether it is new. The same request gives the first ticket again."""
    number = session.execute(text("select nextval(pg_get_serial_sequence('price_report', 'id'))")).scalar_one()
    ticket = ticket_of(number)
    row = session.execute(
        insert(price_report)
        .values(
            ticket=ticket,
            gtin=unit.gtin,
            batch=unit.batch,
            serial=unit.serial,
            reported_at=at,
            adcode=adcode,
            price_fen=price_fen,
            shop=shop,
            note=note,
            request_id=request_id,
        )
        .on_conflict_do_nothing(index_elements=[price_report.c.request_id])
        .returning(price_report.c.ticket)
    ).one_or_none()
    if row:
        return str(row.ticket), True
    known = session.execute(select(price_report.c.ticket).where(price_report.c.request_id == request_id)).scalar_one()
    return str(known), False


def delete_scans_before(session: Session, moment: datetime) -> int:
    """Forget raw scans older than a moment; how many."""
    rows = session.execute(delete(scan).where(scan.c.scanned_at < moment).returning(scan.c.id)).all()
    gone = unknown_scan.c
    more = session.execute(delete(unknown_scan).where(gone.scanned_at < moment).returning(gone.id)).all()
    return len(rows) + len(more)
