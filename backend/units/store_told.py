"""SQL of what documents of others say of things, and of findings."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, String, func, insert, literal, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from backend.db.tables.units import told_unit, unit_finding
from backend.units.told import Finding, Told

_T, _F = told_unit.c, unit_finding.c


@dataclass(frozen=True, slots=True)
class KeptFinding:
    """A finding as kept: what cannot be true of which thing, who told of it, and what speaks against it."""

    evidence: bytes
    kind: str
    unit: str
    against: bytes | None
    party: str
    details: dict[str, Any]
    found_at: datetime


def load(session: Session, party: str, keys: Collection[str]) -> dict[str, Told]:
    """How the things of a teller stand, with everything they lie in."""
    around = select(told_unit).where(_T.party == party, _T.unit == func.any(literal(list(keys), type_=ARRAY(String))))
    line = around.cte("line", recursive=True)
    line = line.union(
        select(told_unit).join(line, (told_unit.c.unit == line.c.parent) & (told_unit.c.party == line.c.party))
    )
    return {row.unit: _told(row) for row in session.execute(select(line))}


def load_inside(session: Session, party: str, parent: str) -> dict[str, Told]:
    """What lies in a thing by its teller's word."""
    query = select(told_unit).where(_T.party == party, _T.parent == parent)
    return {row.unit: _told(row) for row in session.execute(query)}


def _told(row: Any) -> Told:
    consignment = row.consignment and bytes(row.consignment)
    return Told(row.unit, row.parent, row.state, consignment, bytes(row.evidence), row.at)


def write(session: Session, party: str, things: Iterable[Told]) -> None:
    """Put things as they stand now."""
    rows = [
        {
            "party": party,
            "unit": each.unit,
            "parent": each.parent,
            "state": each.state,
            "consignment": each.consignment,
            "evidence": each.evidence,
            "at": each.at,
        }
        for each in things
    ]
    if rows:
        fresh = upsert(told_unit)
        names = ("parent", "state", "consignment", "evidence", "at")
        changed = {name: fresh.excluded[name] for name in names}
        session.execute(fresh.on_conflict_do_update(index_elements=["party", "unit"], set_=changed), rows)


def add_findings(session: Session, evidence: bytes, party: str, findings: Collection[Finding], at: datetime) -> None:
    """Append findings of an event."""
    rows = [
        {
            "evidence": evidence,
            "line": line,
            "kind": str(each.kind),
            "unit": each.unit,
            "against": each.against,
            "party": party,
            "details": each.details,
            "found_at": at,
        }
        for line, each in enumerate(findings)
    ]
    if rows:
        session.execute(insert(unit_finding), rows)


def count_findings(session: Session) -> int:
    """How many findings there are."""
    return int(session.execute(select(func.count()).select_from(unit_finding)).scalar_one())


def list_findings(
    session: Session, *, evidence: bytes | None = None, party: str | None = None, newest: int | None = None
) -> list[KeptFinding]:
    """Findings in the order they were made, of one event, of one teller, or all; or some of the newest, in reverse."""
    query = select(unit_finding).order_by(_F.id if newest is None else _F.id.desc()).limit(newest)
    if evidence is not None:
        query = query.where(_F.evidence == evidence)
    if party is not None:
        query = query.where(_F.party == party)
    return [
        KeptFinding(bytes(r.evidence), r.kind, r.unit, r.against and bytes(r.against), r.party, r.details, r.found_at)
        for r in session.execute(query)
    ]
