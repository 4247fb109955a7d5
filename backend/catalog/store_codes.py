"""SQL of codes: runs, units, cases and the levels of a run's tree."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import date, datetime
from typing import Protocol

from psycopg import sql
from sqlalchemy import ARRAY, String, bindparam, func, insert, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from backend.catalog.rules import Case, CodeRunRecord, Unit
from backend.db.prepared import PreparedQuery
from backend.db.tables.catalog import case, case_counter, code_run, code_run_level, product, unit
from backend.db.views.capture import signed
from backend.db.views.custody import moving
from backend.db.views.units import known_unit
from scanner.codes.run import CodeRun, sscc_of
from scanner.codes.serials import inner_hash
from scanner.device.capture import Step
from scanner.device.events import case_uri
from scanner.evidence.tree import HASH_BYTES

_TEXTS = ARRAY(String)
_HAS_RUN = select(code_run.c.id).where(code_run.c.gtin == product.c.gtin, code_run.c.batch == bindparam("batch"))


class ByCodesRow(Protocol):
    """Whether goods move by their codes."""

    by_codes: bool


_BY_CODES: PreparedQuery[ByCodesRow] = PreparedQuery(
    select(or_(product.c.serialised, _HAS_RUN.exists()).label("by_codes")).where(product.c.gtin == bindparam("gtin"))
)


def moves_by_codes(session: Session, gtin: str, batch: str) -> bool:
    """Whether a product says that its goods move by their codes, or a code run was made for the batch."""
    found = _BY_CODES.one(session, {"gtin": gtin, "batch": batch})
    return found is not None and found.by_codes


def take_case_numbers(session: Session, prefix: str, count: int) -> int:
    """Set `count` numbers of an SSCC prefix aside, for ever, of which nobody has a case yet; returns the first."""
    statement = (
        upsert(case_counter)
        .values(prefix=prefix, next=count)
        .on_conflict_do_update(index_elements=["prefix"], set_={"next": case_counter.c.next + count})
        .returning(case_counter.c.next)
    )
    while True:
        first = int(session.execute(statement).scalar_one()) - count
        if not _has_case(session, [sscc_of(prefix, first + at) for at in range(count)]):
            return first


def _has_case(session: Session, numbers: Sequence[str]) -> bool:
    """Whether one of these SSCCs is a case of a run, or was born by packing: other parties pack, too."""
    in_runs = select(case.c.sscc).where(case.c.sscc == func.any(bindparam("numbers", type_=_TEXTS)))
    packed = select(known_unit).where(known_unit.c.unit == func.any(bindparam("keys", type_=_TEXTS)))
    keys = [case_uri(number) for number in numbers]
    found = select(or_(in_runs.exists(), packed.exists()))
    return bool(session.execute(found, {"numbers": numbers, "keys": keys}).scalar())


def was_commissioned(session: Session, gtin: str, batch: str, root: bytes) -> bool:
    """Whether codes with this root were ever said to come into force for a batch, also by error."""
    m, found_at = moving.c, func.strpos(func.lower(func.encode(signed.c.body, "escape")), root.hex())
    commissionings = select(m.evidence).join(signed, signed.c.evidence == m.evidence)
    commissionings = commissionings.where(m.gtin == gtin, m.batch == batch, m.step == Step.COMMISSION, found_at > 0)
    return bool(session.execute(select(commissionings.exists())).scalar())


def add_run(
    session: Session, run: CodeRun, at: datetime, produced_on: date | None, best_before: date | None
) -> CodeRunRecord:
    """Store a run with COPY: units with the hash of their inner code, cases, and the tree level by level."""
    statement = (
        insert(code_run)
        .values(
            gtin=run.gtin,
            batch=run.batch,
            count=len(run.units),
            case_size=run.cases[0].end,
            root=run.root,
            produced_on=produced_on,
            best_before=best_before,
            made_at=at,
        )
        .returning(code_run)
    )
    record = _record(session.execute(statement).one())
    _copy(
        session,
        "unit",
        ("gtin", "serial", "run", "index", "sscc", "inner_hash"),
        (
            (each.gtin, each.serial, record.id, each.index, each.sscc, bytes.fromhex(inner_hash(each.inner)))
            for each in run.units
        ),
    )
    _copy(
        session,
        "case",
        ("sscc", "run", "begin", "end"),
        ((each.sscc, record.id, each.begin, each.end) for each in run.cases),
    )
    _copy(session, "code_run_level", ("run", "level", "hashes"), _levels(run, record.id))
    return record


def _levels(run: CodeRun, run_id: int) -> Iterator[tuple[object, ...]]:
    for level in range(len(run.units).bit_length()):
        nodes = range(len(run.units) >> level)
        yield run_id, level, b"".join(run.tree.node(level, index) for index in nodes)


def _copy(session: Session, table: str, columns: Sequence[str], rows: Iterable[tuple[object, ...]]) -> None:
    driver = session.connection().connection.driver_connection
    assert driver is not None
    names = sql.SQL(", ").join(sql.Identifier(column) for column in columns)
    statement = sql.SQL("copy {} ({}) from stdin").format(sql.Identifier(table), names)
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def _record(row: Row[tuple[object, ...]]) -> CodeRunRecord:
    value = row._mapping  # a row is a tuple, and its `count` is the tuple's own
    return CodeRunRecord(**{field.name: value[field.name] for field in fields(CodeRunRecord)})


def find_run(session: Session, gtin: str, batch: str) -> CodeRunRecord | None:
    """The run of a batch."""
    row = session.execute(select(code_run).where(code_run.c.gtin == gtin, code_run.c.batch == batch)).one_or_none()
    return _record(row) if row else None


_UNIT = select(unit, code_run.c.batch).join(code_run, code_run.c.id == unit.c.run)


def _unit(row: Row[tuple[object, ...]]) -> Unit:
    return Unit(row.gtin, row.batch, row.serial, row.sscc, row._mapping["index"], row.inner_hash.hex(), row.run)


def find_unit(session: Session, gtin: str, serial: str) -> Unit | None:
    """The bottle with this code."""
    row = session.execute(_UNIT.where(unit.c.gtin == gtin, unit.c.serial == serial)).one_or_none()
    return _unit(row) if row else None


def find_units(session: Session, codes: Collection[tuple[str, str]]) -> dict[tuple[str, str], Unit]:
    """Bottles by their GTINs and serials; unknown ones are absent."""
    if not codes:
        return {}
    rows = session.execute(_UNIT.where(tuple_(unit.c.gtin, unit.c.serial).in_(codes)))
    return {(row.gtin, row.serial): _unit(row) for row in rows}


def list_units(session: Session, run: int, begin: int = 0, end: int | None = None) -> list[Unit]:
    """Units [begin, end) of a run in the order of their leaves."""
    query = _UNIT.where(unit.c.run == run, unit.c.index >= begin).order_by(unit.c.index)
    if end is not None:
        query = query.where(unit.c.index < end)
    return [_unit(row) for row in session.execute(query)]


_CASE = select(case, code_run.c.gtin, code_run.c.batch).join(code_run, code_run.c.id == case.c.run)


def find_case(session: Session, sscc: str) -> tuple[Case, int] | None:
    """The case with this SSCC and the id of its run."""
    row = session.execute(_CASE.where(case.c.sscc == sscc)).one_or_none()
    return (Case(row.sscc, row.gtin, row.batch, row.begin, row.end), row.run) if row else None


def find_numbered(session: Session, sscc: str) -> tuple[str, str] | None:
    """GTIN and batch of the run that has this number for a case of its own, of a product in the catalogue."""
    query = select(code_run.c.gtin, code_run.c.batch).join(case, case.c.run == code_run.c.id)
    query = query.join(product, product.c.gtin == code_run.c.gtin).where(case.c.sscc == sscc)
    row = session.execute(query).one_or_none()
    return (row.gtin, row.batch) if row else None


def list_cases(session: Session, run: int) -> list[Case]:
    """Cases of a run in order."""
    rows = session.execute(_CASE.where(case.c.run == run).order_by(case.c.begin))
    return [Case(r.sscc, r.gtin, r.batch, r.begin, r.end) for r in rows]


def read_nodes(session: Session, run: int, wanted: Iterable[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
    """Perfect nodes (level, index) of a run's tree; only their 32 bytes are read."""
    found = {}
    for level, index in wanted:
        slice_of = func.substring(code_run_level.c.hashes, index * HASH_BYTES + 1, HASH_BYTES)
        query = select(slice_of).where(code_run_level.c.run == run, code_run_level.c.level == level)
        found[level, index] = bytes(session.execute(query).scalar_one())
    return found
