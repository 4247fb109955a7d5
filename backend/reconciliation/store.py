"""SQL of reconciliation: what differs between the books and the mirror, and comparisons that were made.

All of a comparison reads one snapshot, the caller's transaction.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import func, insert, select, text
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from backend.db.paging import Listing
from backend.db.tables.reconciliation import reconciliation
from backend.db.views import custody, identity
from backend.reconciliation import store_statements as statements
from backend.reconciliation.rules import Doubtful, InputRow, MirrorRow, Names, Pair, Run, Value, row_of
from ledger_indexer.rows import tables as mirror

_AT_ONCE = 2000
_BALANCES = (mirror.holding, mirror.consignment, mirror.batch_total)


def list_under_way(session: Session) -> tuple[list[MirrorRow], list[InputRow], dict[bytes, bytes]]:
    """Captures and inputs that the mirror does not show yet, in its shape of rows; and senders of consignments."""
    captures: list[MirrorRow] = []
    inputs: list[InputRow] = []
    senders: dict[bytes, bytes] = {}
    for r in session.execute(text(statements.UNDER_WAY)):
        if r.line:
            inputs.append((0, 0, bytes(32), 0, r.evidence, r.batch, r.quantity))
            continue
        captures.append(row_of(r.evidence, r.batch, r.party, r.step, r.quantity, r.counterparty, r.ref))
        if r.sender is not None:
            senders[r.ref] = r.sender
    return captures, inputs, senders


def list_doubtful(session: Session, patience: timedelta) -> list[Doubtful]:
    """Captures that the chain should have taken by now, or will hardly take: see `Doubtful`. In their order."""
    rows = session.execute(text(statements.DOUBTFUL), {"patience": patience})
    return [Doubtful(bytes(r.evidence), Names(r.gtin, r.batch, r.party), r.since, r.signer) for r in rows]


def list_refused(session: Session) -> dict[bytes, str]:
    """Captures that we took and the contract refused, with its word."""
    return {bytes(row.evidence): _word(row.refusal) for row in session.execute(text(statements.REFUSED))}


def _word(refusal: Mapping[str, object]) -> str:
    """The contract's reason with its numbers; ids of 32 bytes are said otherwise."""
    numbers = [f"{name} {value}" for name, value in refusal.items() if name != "kind" and str(value).isdecimal()]
    return ", ".join([str(refusal["kind"]), *numbers])


def pair_captures(session: Session) -> Iterator[Pair]:
    """Captures that do not say the same on both sides, by (evidence, batch): those of the chain alone, then the rest,
    the earliest first."""
    return _pairs(session, statements.CAPTURES, 2)


def pair_declarations(session: Session) -> Iterator[Pair]:
    """Declarations of error that one side alone has, by (declaration, batch); the earliest first."""
    return _pairs(session, statements.DECLARATIONS, 2)


def pair_inputs(session: Session) -> Iterator[Pair]:
    """What captures used up, where it differs, by (evidence, batch)."""
    return _pairs(session, statements.INPUTS, 2)


def pair_accounts(session: Session, busy: Collection[bytes]) -> Iterator[Pair]:
    """Accounts that differ, and all of `busy` batches, by (batch)."""
    return _pairs(session, statements.ACCOUNTS, 1, busy=list(busy))


def pair_holdings(session: Session, busy: Collection[bytes]) -> Iterator[Pair]:
    """Holdings that differ, and all of `busy` batches, by (batch, party)."""
    return _pairs(session, statements.HOLDINGS, 2, busy=list(busy))


def pair_consignments(session: Session, moving: Collection[bytes]) -> Iterator[Pair]:
    """Consignments that differ, and all `moving` ones, by (evidence, batch)."""
    return _pairs(session, statements.CONSIGNMENTS, 2, moving=list(moving))


def pair_marks(session: Session) -> Iterator[Pair]:
    """Batches that one side alone calls recalled, or whose code runs differ, by (batch)."""
    return _pairs(session, statements.MARKS, 1)


def pair_recalled_units(session: Session) -> Iterator[Pair]:
    """Units recalled without the rest of their batch, where the sides differ, by (batch, units root)."""
    return _pairs(session, statements.RECALLED_UNITS, 2)


def pair_parties(session: Session) -> Iterator[Pair]:
    """Parties that may do something else on chain than in the books, by (party)."""
    return _pairs(session, statements.WHO_TAKES_PART, 1)


def find_party_name(session: Session, id_: bytes) -> str | None:
    """The name of the party with this id on chain."""
    party = identity.party.c
    query = select(party.name).where(func.sha256(func.convert_to(party.gln, "UTF8")) == id_)
    return session.execute(query).scalar_one_or_none()


def _pairs(session: Session, query: str, keys: int, **values: list[bytes]) -> Iterator[Pair]:
    rows = session.execute(text(query), values, execution_options={"yield_per": _AT_ONCE}).mappings()
    for row in rows:
        names = Names(row["gtin"], row["batch"], row.get("name_party"))
        books = {name[6:]: _value(value) for name, value in row.items() if name.startswith("books_")}
        chain = {name[6:]: _value(value) for name, value in row.items() if name.startswith("chain_")}
        yield Pair(tuple(bytes(row[f"key_{n}"]) for n in range(keys)), names, books, chain)


def _value(value: bytes | bool | int | Decimal | None) -> Value:
    return value if value is None or isinstance(value, bytes | bool) else int(value)


def mirror_tables(session: Session) -> list[int]:
    """Which tables the mirror's names mean now: a rebuild swaps them, which no snapshot holds back."""
    names = [table.fullname for table in (mirror.captured, mirror.capture_voided, mirror.input_consumed, *_BALANCES)]
    query = text("select n::regclass::oid::bigint from unnest(cast(:names as text[])) n")
    return list(session.execute(query, {"names": names}).scalars())


def count_rows(session: Session) -> int:
    """Rows of the books that are compared."""
    views = (custody.moved, custody.account, custody.held, custody.consigned, custody.recalled)
    counts = [select(func.count()).select_from(view).scalar_subquery() for view in views]
    return sum(session.execute(select(*counts)).one())


def add_run(session: Session, run: Run) -> None:
    """Keep what came of a comparison."""
    values = {name: getattr(run, name) for name in ("ran_at", "block", "compared", "waiting", "differences", "first")}
    session.execute(insert(reconciliation).values(values))


def listing() -> Listing[Run]:
    """Comparisons; `ran` sorts by when they were made."""
    return Listing(select(reconciliation.c.id), {"ran": (reconciliation.c.id,)}, _load)


def _load(session: Session, keys: Sequence[Row[tuple[int]]]) -> list[Run]:
    r = reconciliation.c
    query = select(r.id, r.ran_at, r.block, r.compared, r.waiting, r.differences, r.first)
    found = {row.id: Run(*row[1:]) for row in session.execute(query.where(r.id.in_([key.id for key in keys])))}
    return [found[key.id] for key in keys]


def find_last_run(session: Session) -> Run | None:
    """The newest comparison."""
    newest = session.execute(select(reconciliation.c.id).order_by(reconciliation.c.id.desc()).limit(1)).all()
    return next(iter(_load(session, newest)), None)


def find_last_run_at(session: Session) -> datetime | None:
    """When the books were compared last."""
    newest = find_last_run(session)
    return newest.ran_at if newest else None
