"""SQL of deliveries: what senders told to have arrived, and of which units. Only ever added."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from sqlalchemy import ARRAY, String, and_, func, insert, literal, or_, select, text
from sqlalchemy.dialects.postgresql import BYTEA, aggregate_order_by
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from backend.db.tables.units import correction, delivered_unit, delivery, objection
from backend.units.rules_deliveries import DeclaredError, Delivery, Objection

_D = delivery.c
_STANDS = ~select(correction).where(correction.c.voided == _D.evidence).exists()
"""Not declared an error."""
_O = objection.c
_AGAINST = [
    select(func.array_agg(aggregate_order_by(each, _O.word))).where(_O.evidence == _D.evidence).scalar_subquery()
    for each in (_O.word, _O.quantity)
]
"""What each delivery objects to, as two arrays."""
_TOLD = (delivery, _AGAINST[0].label("words"), _AGAINST[1].label("bottles"))


def add(session: Session, told: Delivery, keys: Sequence[str]) -> None:
    """Keep a delivery, of these units and everything that lies in them."""
    names = (
        "evidence", "consignment", "sender", "addressee", "gtin", "batch", "quantity", "at", "taken_at", "late",
    )  # fmt: skip
    values = {name: getattr(told, name) for name in names}
    session.execute(insert(delivery).values(papers=list(told.papers), **values))
    for each in told.against:
        values = {"evidence": told.evidence, "word": each.word, "quantity": each.bottles}
        session.execute(insert(objection).values(values))
    if keys:
        session.execute(
            text(
                "with recursive inside(unit) as (select unit from unit_custody where unit = any(:keys) union all "
                "select u.unit from unit_custody u join inside i on u.parent = i.unit) "
                "insert into delivered_unit (evidence, unit) select :evidence, unit from inside"
            ),
            {"keys": list(keys), "evidence": told.evidence},
        )


def _delivery(row: Row[tuple[object, ...]]) -> Delivery:
    m = row._mapping
    words = zip(m["words"] or (), m["bottles"] or (), strict=True)
    return Delivery(
        bytes(m["evidence"]), bytes(m["consignment"]), m["sender"], m["addressee"], m["gtin"], m["batch"],
        m["quantity"], m["at"], m["taken_at"], m["late"], tuple(m["papers"]),
        tuple(Objection(bytes(word), bottles) for word, bottles in words),
    )  # fmt: skip


def list_standing(session: Session, consignments: Collection[bytes]) -> list[Delivery]:
    """Deliveries of consignments that were not declared errors, in the order in which they were told."""
    wanted = _D.consignment == func.any(literal(list(consignments), type_=ARRAY(BYTEA)))
    rows = session.execute(select(*_TOLD).where(wanted, _STANDS).order_by(_D.taken_at, _D.evidence))
    return [_delivery(row) for row in rows]


def count_open(session: Session, consignments: Collection[bytes]) -> dict[bytes, int]:
    """How many bottles of each delivery of consignments that stands are still on the way, by its evidence; one that
    named no units is absent. A bottle that was told of twice (it went back meanwhile, by a word that was declared an
    error since) is of the first."""
    rows = session.execute(
        text(
            "with recursive under_way(unit, consignment) as (select unit, consignment from unit_custody"
            " where consignment = any(:consignments) and parent is null union all select u.unit, w.consignment"
            " from unit_custody u join under_way w on u.parent = w.unit)"
            ", told as (select d.evidence, d.consignment, n.unit, row_number() over (partition by d.consignment, n.unit"
            " order by d.taken_at, d.evidence) as nth from delivery d join delivered_unit n on n.evidence = d.evidence"
            " where d.consignment = any(:consignments) and n.unit like '%/01/%'"
            " and not exists (select from correction c where c.voided = d.evidence))"
            " select t.evidence, count(w.unit) filter (where t.nth = 1) as bottles from told t left join under_way w"
            " on w.unit = t.unit and w.consignment = t.consignment group by t.evidence"
        ),
        {"consignments": list(consignments)},
    )
    return {bytes(row.evidence): row.bottles for row in rows}


def list_told(session: Session, consignment: bytes) -> dict[str, bytes]:
    """The units of a consignment that are told to be delivered, each with the evidence that says so."""
    query = (
        select(delivered_unit)
        .join(delivery, _D.evidence == delivered_unit.c.evidence)
        .where(_D.consignment == consignment, _STANDS)
        .order_by(delivered_unit.c.unit)
    )
    return {row.unit: bytes(row.evidence) for row in session.execute(query)}


def list_answered(session: Session, consignment: bytes, words: Collection[bytes]) -> dict[bytes, set[str]]:
    """The units that a sender objected to have come back of a consignment, or confirmed of its returns: by evidence."""
    objects = select(objection).where(_O.evidence == _D.evidence).exists()
    confirms = _D.consignment == func.any(literal(list(words), type_=ARRAY(BYTEA)))
    query = (
        select(delivered_unit)
        .join(delivery, _D.evidence == delivered_unit.c.evidence)
        .where(_STANDS, or_(and_(_D.consignment == consignment, objects), confirms))
    )
    found: dict[bytes, set[str]] = {}
    for row in session.execute(query):
        found.setdefault(bytes(row.evidence), set()).add(row.unit)
    return found


def of_units(session: Session, units: Collection[str]) -> dict[str, dict[bytes, list[Delivery]]]:
    """What was told of each of many units, by consignment or return, in the order of telling; a unit without is absent.

    Those that were declared errors since are among them, and say so.
    """
    wanted = delivered_unit.c.unit == func.any(literal(list(units), type_=ARRAY(String)))
    c = correction.c
    query = (
        select(delivered_unit.c.unit, *_TOLD, c.declaration, c.party, c.at.label("declared_at"))
        .join(delivery, _D.evidence == delivered_unit.c.evidence)
        .outerjoin(correction, c.voided == _D.evidence)
        .where(wanted)
        .order_by(_D.taken_at, _D.evidence)
    )
    found: dict[str, dict[bytes, list[Delivery]]] = {}
    for row in session.execute(query):
        each = _delivery(row)
        if row.declaration is not None:
            each = replace(each, declared=DeclaredError(bytes(row.declaration), row.party, row.declared_at))
        found.setdefault(row.unit, {}).setdefault(each.consignment, []).append(each)
    return found
