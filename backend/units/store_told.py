"""SQL of what documents of others say of things."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Protocol

from sqlalchemy import ARRAY, ColumnElement, String, delete, func, insert, literal, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from backend.db.tables.units import told_error, told_name, told_shipment, told_unit
from backend.units.told import Sent, Story, Told, Whereabouts

_T, _N, _S, _E = told_unit.c, told_name.c, told_shipment.c, told_error.c
DOCUMENT = "document "
"""What stands before the id of a document where events are found by what they name."""


def _any(names: Collection[str]) -> ColumnElement[str]:
    return func.any(literal(list(names), type_=ARRAY(String)))


def load(session: Session, party: str, keys: Collection[str], documents: Collection[str]) -> Story:
    """How the things of a teller stand, with everything they lie in and that lies in them, and their shipments."""
    named = select(told_unit).where(_T.party == party, _T.unit == _any(keys))
    line, inside = named.cte("line", recursive=True), named.cte("inside", recursive=True)
    line = line.union(select(told_unit).join(line, (_T.unit == line.c.parent) & (_T.party == line.c.party)))
    inside = inside.union(select(told_unit).join(inside, (_T.parent == inside.c.unit) & (_T.party == inside.c.party)))
    things = [_told(row) for row in session.execute(select(line).union(select(inside)))]
    return Story(things, _load_shipments(session, party, things, documents))


def load_inside(session: Session, party: str, parent: str) -> list[str]:
    """Names of what lies in a thing by its teller's word, whether or not that has a row of its own."""
    return list(session.execute(select(_T.unit).where(_T.party == party, _T.parent == parent)).scalars())


def _load_shipments(session: Session, party: str, things: Collection[Told], documents: Collection[str]) -> list[Sent]:
    carried = {each.consignment for each in things if each.consignment is not None}
    named = select(_N.evidence).where(_N.party == party, _N.name == _any([DOCUMENT + each for each in documents]))
    query = select(told_shipment).where(_S.party == party, _S.evidence.in_(carried) | _S.evidence.in_(named))
    return [
        Sent(bytes(row.evidence), row.sender, row.receiver, frozenset(row.documents), row.untold)
        for row in session.execute(query)
    ]


class ToldRow(Protocol):
    """A row of what documents of others say of a thing."""

    unit: str
    parent: str | None
    state: str
    consignment: bytes | None
    evidence: bytes
    at: datetime
    owner: str | None
    loose: bool


def _told(row: ToldRow) -> Told:
    consignment = row.consignment and bytes(row.consignment)
    return Told(
        row.unit,
        row.parent,
        Whereabouts(row.state),
        consignment,
        bytes(row.evidence),
        row.at,
        row.owner,
        row.loose,
    )


def write(session: Session, party: str, story: Story) -> None:
    """Put what a story changed as it stands now."""
    rows = [
        {
            "party": party,
            "unit": each.unit,
            "parent": each.parent,
            "state": each.state,
            "consignment": each.consignment,
            "evidence": each.evidence,
            "at": each.at,
            "owner": each.owner,
            "loose": each.loose,
        }
        for each in (story.things[unit] for unit in sorted(story.changed))
    ]
    if rows:
        fresh = upsert(told_unit)
        changed = {name: fresh.excluded[name] for name in rows[0] if name not in ("party", "unit")}
        session.execute(fresh.on_conflict_do_update(index_elements=["party", "unit"], set_=changed), rows)
    _write_shipments(session, party, [story.sent[evidence] for evidence in sorted(story.shipped)])


def _write_shipments(session: Session, party: str, shipments: Iterable[Sent]) -> None:
    rows = [
        {
            "party": party,
            "evidence": each.evidence,
            "sender": each.sender,
            "receiver": each.receiver,
            "documents": sorted(each.documents),
            "untold": each.untold,
        }
        for each in shipments
    ]
    if rows:
        session.execute(insert(told_shipment), rows)


def add_names(session: Session, party: str, evidence: bytes, names: Iterable[str]) -> None:
    """Note what an event names."""
    rows = [{"party": party, "name": each, "evidence": evidence} for each in sorted(set(names))]
    if rows:
        session.execute(upsert(told_name).on_conflict_do_nothing(), rows)


def is_told(session: Session, party: str, evidence: bytes) -> bool:
    """Whether a teller's event named anything."""
    query = select(_N.name).where(_N.party == party, _N.evidence == evidence).limit(1)
    return session.execute(query).first() is not None


def add_error(session: Session, party: str, voided: bytes, declaration: bytes) -> bool:
    """Note that a teller declared an event of its own an error; False when it did before."""
    fresh = upsert(told_error).values(party=party, voided=voided, declaration=declaration)
    return session.execute(fresh.on_conflict_do_nothing().returning(_E.voided)).one_or_none() is not None


def is_error(session: Session, party: str, evidence: bytes) -> bool:
    """Whether a teller declared an event of its own an error."""
    query = select(_E.voided).where(_E.party == party, _E.voided == evidence)
    return session.execute(query).one_or_none() is not None


def forget_around(session: Session, party: str, evidence: bytes) -> list[bytes]:
    """Forget how everything stands that an event bears upon; returns the events, without errors, that tell of it."""
    names = select(_N.name).where(_N.party == party, _N.evidence == evidence).cte("names", recursive=True)
    one, other = told_name.alias(), told_name.alias()
    names = names.union(
        select(other.c.name)
        .join(one, (one.c.party == party) & (one.c.evidence == other.c.evidence) & (other.c.party == party))
        .join(names, one.c.name == names.c.name)
    )
    concerned = list(session.execute(select(names.c.name)).scalars())
    wrong = select(_E.voided).where(_E.party == party)
    query = select(_N.evidence).distinct().where(_N.party == party, _N.name == _any(concerned))
    found = [bytes(each) for each in session.execute(query).scalars()]
    session.execute(delete(told_unit).where(_T.party == party, _T.unit == _any(concerned)))
    session.execute(delete(told_shipment).where(_S.party == party, _S.evidence.in_([*found, evidence])))
    errors = {bytes(each) for each in session.execute(wrong.where(_E.voided.in_(found))).scalars()}
    return [each for each in found if each not in errors]
