"""SQL of findings: rows are only ever added; one that holds no longer is withdrawn by a row of its own."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, insert, literal, or_, select, tuple_
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from backend.db.paging import Listing
from backend.db.searching import typed
from backend.db.tables.units import unit_custody, unit_finding, withdrawn_finding
from backend.db.views.catalog import coded_bottle, coded_case, run_of_batch
from backend.db.views.custody import known_batch
from backend.units.told import Finding, KeptFinding
from scanner.gs1.digital_link import CANONICAL_STEM
from scanner.gs1.percent import encode_path

_F, _W = unit_finding.c, withdrawn_finding.c


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


@dataclass(frozen=True)
class Wanted:
    """What is looked for among findings: by who told, by kind, by the batch of the thing; None for all."""

    party: str | None = None
    kind: str | None = None
    batch: str | None = None


def _matches(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions = [_holds()]
    if wanted.party is not None:
        conditions.append(_F.party == wanted.party)
    if wanted.kind is not None:
        conditions.append(_F.kind == wanted.kind)
    if wanted.batch is not None:
        conditions.append(_is_of_batch(typed(wanted.batch)))
    return conditions


def _is_of_batch(batch: str) -> ColumnElement[bool]:
    """By the record of units, by the code runs, or by what the thing's own name says; in capitals or not.

    The spellings are looked up among the batches, so that the units, of which there are millions, are not respelled.
    """
    spelt = select(known_batch.c.gtin, known_batch.c.batch).where(func.lower(known_batch.c.batch) == batch.lower())
    coded = select(run_of_batch.c.id).where(func.lower(run_of_batch.c.batch) == batch.lower()).scalar_subquery()
    bottle = literal(f"{CANONICAL_STEM}/01/") + coded_bottle.c.gtin + "/21/" + coded_bottle.c.serial
    named = f"/10/{encode_path(batch)}"
    return or_(
        _F.unit.in_(select(unit_custody.c.unit).where(tuple_(unit_custody.c.gtin, unit_custody.c.batch).in_(spelt))),
        _F.unit.in_(select(bottle).where(coded_bottle.c.run.in_(coded))),
        _F.unit.in_(select(literal(f"{CANONICAL_STEM}/00/") + coded_case.c.sscc).where(coded_case.c.run.in_(coded))),
        # Capitals or not is slow to compare, and few things have a batch in their name.
        and_(
            _F.unit.contains("/10/", autoescape=True),
            or_(_F.unit.iendswith(named, autoescape=True), _F.unit.icontains(named + "/", autoescape=True)),
        ),
    )


def count_findings(session: Session, wanted: Wanted | None = None) -> int:
    """How many findings hold, all or those that are looked for."""
    return listing(wanted or Wanted()).total(session)


def listing(wanted: Wanted) -> Listing[KeptFinding]:
    """The findings that are looked for; `found` sorts by when they were made."""
    query = select(_F.id).where(*_matches(wanted))
    return Listing(query, {"found": (_F.id,)}, _load, reads_all=wanted.batch is not None)


def _load(session: Session, keys: Sequence[Row[tuple[int]]]) -> list[KeptFinding]:
    ids = [row.id for row in keys]
    found = {row.id: _kept(row) for row in session.execute(select(unit_finding).where(_F.id.in_(ids)))}
    return [found[id] for id in ids]


def count_all(session: Session) -> tuple[dict[str, int], dict[str, int]]:
    """How many findings hold of each kind, and of each party; the most frequent first."""
    query = select(_F.kind, _F.party, func.count().label("number")).where(_holds()).group_by(_F.kind, _F.party)
    kinds: Counter[str] = Counter()
    parties: Counter[str] = Counter()
    for row in session.execute(query):
        kinds[row.kind] += row.number
        parties[row.party] += row.number
    return _most_first(kinds), _most_first(parties)


def _most_first(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))


def batches_of(session: Session, names: Collection[str]) -> dict[str, tuple[str, str]]:
    """GTIN and batch of things by the record of units; what is not there, mixed or empty is absent."""
    query = select(unit_custody.c.unit, unit_custody.c.gtin, unit_custody.c.batch)
    rows = session.execute(query.where(unit_custody.c.unit.in_(set(names)), unit_custody.c.batch.is_not(None)))
    return {row.unit: (row.gtin, row.batch) for row in rows}


def list_findings(
    session: Session,
    *,
    evidence: bytes | None = None,
    evidences: Collection[bytes] | None = None,
    party: str | None = None,
) -> list[KeptFinding]:
    """Findings that hold, in the order they were made, of events, of one teller, or all."""
    query = select(unit_finding).where(_holds()).order_by(_F.id)
    if evidence is not None:
        query = query.where(_F.evidence == evidence)
    if evidences is not None:
        query = query.where(_F.evidence.in_(evidences))
    if party is not None:
        query = query.where(_F.party == party)
    return [_kept(row) for row in session.execute(query)]


def _kept(row: Row[object]) -> KeptFinding:
    against = bytes(row.against) if row.against else None
    rest = (row.party, row.details, row.found_at, row.line)
    return KeptFinding(bytes(row.evidence), row.kind, row.unit, against, *rest)
