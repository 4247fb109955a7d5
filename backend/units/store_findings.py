"""SQL of findings: rows are only ever added; one that holds no longer is withdrawn by a row of its own."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, insert, select
from sqlalchemy.orm import Session

from backend.db.tables.units import unit_finding, withdrawn_finding
from backend.units.told import Finding

_F, _W = unit_finding.c, withdrawn_finding.c


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
    line: int


def _holds() -> ColumnElement[bool]:
    return ~select(withdrawn_finding).where(_W.evidence == _F.evidence, _W.line == _F.line).exists()


def add_findings(session: Session, evidence: bytes, party: str, findings: Collection[Finding], at: datetime) -> None:
    """Append findings of an event."""
    if not findings:
        return
    query = select(func.coalesce(func.max(_F.line) + 1, 0)).where(_F.evidence == evidence)
    first = int(session.execute(query).scalar_one())
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
        for line, each in enumerate(findings, first)
    ]
    session.execute(insert(unit_finding), rows)


def withdraw(session: Session, findings: Iterable[KeptFinding], declaration: bytes) -> None:
    """Append that findings hold no longer, since what they stand on was declared an error."""
    rows = [{"evidence": each.evidence, "line": each.line, "declaration": declaration} for each in findings]
    if rows:
        session.execute(insert(withdrawn_finding), rows)


def count_findings(session: Session) -> int:
    """How many findings hold."""
    return int(session.execute(select(func.count()).select_from(unit_finding).where(_holds())).scalar_one())


def list_findings(
    session: Session,
    *,
    evidence: bytes | None = None,
    evidences: Collection[bytes] | None = None,
    party: str | None = None,
    newest: int | None = None,
) -> list[KeptFinding]:
    """Findings that hold, in the order they were made, of events, of one teller, or all; or some of the newest, in
    reverse."""
    query = select(unit_finding).where(_holds()).order_by(_F.id if newest is None else _F.id.desc()).limit(newest)
    if evidence is not None:
        query = query.where(_F.evidence == evidence)
    if evidences is not None:
        query = query.where(_F.evidence.in_(evidences))
    if party is not None:
        query = query.where(_F.party == party)
    return [
        KeptFinding(
            bytes(r.evidence), r.kind, r.unit, r.against and bytes(r.against), r.party, r.details, r.found_at, r.line
        )
        for r in session.execute(query)
    ]
