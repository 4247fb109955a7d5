"""Read-views of verification: what consumers scanned, opened and reported."""

from sqlalchemy import select

from backend.db.tables.verification import opening, price_report, scan

_S = scan.c
seen = select(_S.id, _S.gtin, _S.batch, _S.serial, _S.adcode, _S.verdict_kind).subquery("seen")
opened = select(opening.c.gtin, opening.c.serial).subquery("opened_bottle")
reported = select(price_report.c.id).subquery("reported_price")
