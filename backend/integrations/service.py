"""Use case of integrations: bring a sales table in. What is known is not counted twice, what is wrong says why."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import chain, islice
from pathlib import Path

from sqlalchemy.orm import Session

from backend.identity import service as identity
from backend.integrations import rules, store
from backend.integrations.rules import Columns, RowError, Sale
from backend.integrations.table import NotATable, Table, sniff

CHUNK = 20_000
ERRORS_SHOWN = 20
ERRORS_KEPT = 200


@dataclass
class Summary:
    """What an import did. `known` rows were brought before; `totals` sum other rows up and are no sales; `by_month`
    counts bottles of the accepted rows. Every row is one of accepted, known, totals and refused. `unknown_stores`: rows
    by store, the most frequent first, of stores that are no company or place of ours; they are kept all the same.
    `unread`: the table's columns that stand for nothing."""

    rows: int = 0
    accepted: int = 0
    known: int = 0
    totals: int = 0
    refused: int = 0
    bottles: int = 0
    encoding: str = ""
    delimiter: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    errors: list[RowError] = field(default_factory=list)
    by_month: dict[str, int] = field(default_factory=dict)
    unknown_stores: dict[str, int] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)

    def json(self) -> dict[str, object]:
        """As printed: with the first errors and unknown stores only, and the numbers of these and their rows."""
        few = dict(islice(self.unknown_stores.items(), ERRORS_SHOWN))
        numbers = {"unknown_store_count": len(self.unknown_stores), "unknown_store_rows": self.rows_of_unknown}
        errors = [asdict(each) for each in self.errors[:ERRORS_SHOWN]]
        return {**asdict(self), "errors": errors, "unknown_stores": few, **numbers}

    @property
    def rows_of_unknown(self) -> int:
        """Rows of stores that nobody knows."""
        return sum(self.unknown_stores.values())


def import_sales(
    session: Session,
    path: Path,
    *,
    now: datetime,
    stated: Mapping[str, str] | None = None,
    seen: Callable[[int, int], None] = lambda _bytes, _rows: None,
) -> Summary:
    """Bring a sales table in, in one transaction; rows that were brought before are left as they are.

    `stated` maps fields to the file's columns where the names do not tell. `seen` is told bytes and rows behind.

    Raises:
        NotATable: the file cannot be read as a table, at its beginning or later; nothing is kept then.
        ColumnsUnknown, ColumnMappedTwice, QuantitiesUnclear: the columns cannot be told apart.
    """
    form = sniff(path)
    summary = Summary(encoding=form.encoding, delimiter=form.delimiter)
    table = Table(path, form)
    rows = table.rows(lambda count: seen(count, summary.rows))
    head = list(islice(rows, rules.HEADER_ROWS))
    if not head:
        raise NotATable(f"{path.name}: the file is empty")
    at, columns = rules.find_header([row for _, row in head], stated or {})
    summary.unread = columns.unread
    summary.columns = {name: columns.name(name) for name in columns.columns}
    run = store.open_run(
        session,
        file_name=path.name,
        encoding=form.encoding,
        delimiter=form.delimiter,
        mapping=summary.columns,
        at=now,
    )
    _take(session, run, chain(head[at + 1 :], rows), columns, summary, now)
    summary.by_month = store.bottles_by_month(session, run)
    summary.bottles = sum(summary.by_month.values())
    store.close_run(
        session,
        run,
        file_hash=table.hash,
        rows=summary.rows,
        accepted=summary.accepted,
        known=summary.known,
        refused=summary.refused,
        errors=summary.errors,
    )
    return summary


def _take(
    session: Session,
    run: int,
    rows: Iterator[tuple[int, list[str]]],
    columns: Columns,
    summary: Summary,
    now: datetime,
) -> None:
    today = rules.today_of(now)
    before: Counter[bytes] = Counter()
    stores: Counter[str] = Counter()
    chunk: list[store.Incoming] = []
    for line, row in rows:
        summary.rows += 1
        if rules.is_total(row, columns):
            summary.totals += 1
            continue
        said = rules.parse_row(row, line, columns, today=today)
        if isinstance(said, RowError):
            summary.refused += 1
            if len(summary.errors) < ERRORS_KEPT:
                summary.errors.append(said)
            continue
        stores[said.store] += 1
        chunk.append((_hash(said, before), line, said))
        if len(chunk) == CHUNK:
            _keep(session, run, chunk, summary)
    _keep(session, run, chunk, summary)
    summary.unknown_stores = _unknown(session, stores)


def _unknown(session: Session, stores: Counter[str]) -> dict[str, int]:
    """Rows by store of those stores that are neither a company nor a place of one, by name or GLN."""
    parties, places = identity.list_parties(session), identity.list_locations(session)
    texts = {each.name for each in parties} | {each.name for each in places}
    texts |= {each.gln for each in parties} | {each.gln for each in places}
    known = {rules.name_of(text) for text in texts} | {rules.NOWHERE}
    return {store: rows for store, rows in stores.most_common() if rules.name_of(store) not in known}


def _hash(sale: Sale, before: Counter[bytes]) -> bytes:
    """Its first hash tells a row; the next ones tell equal rows apart."""
    first = rules.row_hash(sale, 0)
    nth = before[first]
    before[first] += 1
    return first if nth == 0 else rules.row_hash(sale, nth)


def _keep(session: Session, run: int, chunk: list[store.Incoming], summary: Summary) -> None:
    if chunk:
        fresh = store.add_sales(session, run, chunk)
        summary.accepted += fresh
        summary.known += len(chunk) - fresh
        chunk.clear()
