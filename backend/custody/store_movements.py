"""SQL of movements: every step of every batch, only ever added, and what can be read from them."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import and_, insert, literal, or_, select, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from backend.capture.rules import BatchKey
from backend.custody.rules import BEARING, Movement, RecalledUnits
from backend.db.prepared import Prepared
from backend.db.tables.custody import consignment, recall
from backend.db.tables.custody import movement as movement_table
from backend.units import service as units
from scanner.device.capture import Step

_ADD = Prepared(insert(movement_table), [each.name for each in movement_table.c if each.name != "number"])


def add_movement(session: Session, movement: Movement) -> None:
    """Append a capture's movement, and a line for each input it uses up. A return goes to who sent, said or not."""
    lines = [(movement.batch, movement.quantity), *movement.inputs]
    counterparty = movement.counterparty
    if movement.step is Step.RETURN:
        sender = select(consignment.c.sender).where(consignment.c.evidence == movement.ref)
        counterparty = session.execute(sender).scalar_one()
    _ADD.many(
        session,
        [
            {
                "evidence": movement.evidence,
                "line": line,
                "step": int(movement.step),
                "gtin": key.gtin,
                "batch": key.batch,
                "quantity": quantity,
                "party": movement.party,
                "counterparty": counterparty,
                "location": movement.location,
                "ref": movement.ref,
                "at": movement.at,
                "taken_at": movement.taken_at or movement.at,
                "late": movement.late,
            }
            for line, (key, quantity) in enumerate(lines)
        ],
    )


def add_recall(session: Session, movement: Movement, *, of_units: bool) -> None:
    """Append that a batch, or some units of it, were recalled or freed."""
    session.execute(
        insert(recall).values(
            evidence=movement.evidence,
            gtin=movement.batch.gtin,
            batch=movement.batch.batch,
            lifted=movement.step is Step.LIFT,
            party=movement.party,
            at=movement.at,
            quantity=movement.quantity,
            units=movement.units if of_units else None,
            epcs=list(movement.epcs) if of_units else [],
        )
    )


def list_recalled_units(session: Session, key: BatchKey | None = None) -> list[RecalledUnits]:
    """Units that are recalled now without the rest of their batch, of one batch or all, in the order of the recalls."""
    r = recall.c
    newest = select(recall).where(r.units.is_not(None)).ext(distinct_on(r.gtin, r.batch, r.units))
    if key is not None:
        newest = newest.where(r.gtin == key.gtin, r.batch == key.batch)
    last = newest.order_by(r.gtin, r.batch, r.units, r.seq.desc()).subquery()
    found = session.execute(select(last).where(last.c.lifted.is_(False)).order_by(last.c.seq))
    return [
        RecalledUnits(BatchKey(row.gtin, row.batch), row.units, row.quantity, tuple(row.epcs), row.evidence)
        for row in found
    ]


def find_recalled(session: Session, key: BatchKey, root: bytes | None) -> RecalledUnits | None:
    """The recall of the units under this root without the rest of the batch, while it stands."""
    return next((each for each in list_recalled_units(session, key) if each.root == root), None)


def find_birth(session: Session, key: BatchKey) -> int | None:
    """Where in the order of capture the birth of a batch stands that counts now; None when there is none."""
    births = list_movements(session, keys=[key], steps=BEARING)
    return max((each.number for line, each in births if line == 0), default=None)


def list_movements(
    session: Session,
    *,
    keys: Collection[BatchKey] | None = None,
    evidences: Collection[bytes] | None = None,
    refs: Collection[bytes] | None = None,
    steps: Iterable[Step] | None = None,
    party: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    also_declared: bool = False,
) -> list[tuple[int, Movement]]:
    """Lines of movements in the order of capture: (0, the batch of a capture) or (1 and more, an input it used up).

    What was declared an error is left out, unless `also_declared`.
    """
    m = movement_table.c
    query = select(movement_table).order_by(m.number)
    if keys is not None:
        query = query.where(tuple_(m.gtin, m.batch).in_([(key.gtin, key.batch) for key in keys]))
    if evidences is not None:
        query = query.where(m.evidence.in_(evidences))
    if refs is not None:
        query = query.where(m.ref.in_(refs))
    if steps is not None:
        query = query.where(m.step.in_([int(step) for step in steps]))
    if party is not None:
        query = query.where(or_(m.party == party, m.counterparty == party))
    if since is not None:
        query = query.where(m.at >= since)
    if until is not None:
        query = query.where(m.at < until)
    found = [(r.line, movement_of(r)) for r in session.execute(query)]
    if also_declared:
        return found
    errors = units.declared(session, {each.evidence for _, each in found})
    return [(line, each) for line, each in found if each.evidence not in errors]


def find_back(session: Session, evidence: bytes) -> Movement | None:
    """The return, or the write-off of a consignment, with this evidence, if it counts."""
    found = list_movements(session, evidences=[evidence], steps=[Step.RETURN, Step.WRITE_OFF])
    return next((each for line, each in found if line == 0 and each.ref is not None), None)


def list_ancestors(session: Session, own: BatchKey, most: int) -> list[BatchKey]:
    """A batch, what it was made of, what that was made of, and so on, the nearest first; at most so many.

    What a birth used that was declared an error is none of it.
    """
    line = select(literal(own.gtin).label("gtin"), literal(own.batch).label("batch")).cte("line", recursive=True)
    born, used = movement_table.alias("born"), movement_table.alias("used")
    line = line.union(
        select(used.c.gtin, used.c.batch)
        .join(born, and_(born.c.evidence == used.c.evidence, born.c.line == 0))
        .join(line, and_(line.c.gtin == born.c.gtin, line.c.batch == born.c.batch))
        .where(used.c.line > 0, born.c.step.in_([int(step) for step in BEARING]), units.stands(born.c.evidence))
    )
    return [BatchKey(row.gtin, row.batch) for row in session.execute(select(line).limit(most))]


def movement_of(r: Row[tuple[object, ...]]) -> Movement:
    """The movement of a row."""
    return Movement(
        r.evidence,
        Step(r.step),
        BatchKey(r.gtin, r.batch),
        r.quantity,
        r.party,
        r.counterparty,
        r.location,
        r.ref,
        None,
        r.at,
        taken_at=r.taken_at,
        late=r.late,
        number=r.number,
    )
