"""SQL of lists of batches."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Integer, case, func, literal, or_, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from backend.capture.rules import BatchKey
from backend.custody import store
from backend.custody.rules import KINDS, Account, BatchKind
from backend.db.paging import Listing
from backend.db.searching import begins, typed
from backend.db.tables.custody import batch_account

_A = batch_account.c
_KEY = (_A.gtin, _A.batch)
_SORTS = {
    # What is only coded has no time of birth: it stands before everything that has.
    "born": (func.coalesce(_A.born_at, func.to_timestamp(0)), *_KEY),
    "batch": (_A.batch, _A.gtin),
    **{name: (_A[name], *_KEY) for name in ("held", "in_transit", "sold", "lost", "consumed")},
}
_BOTTLES = BatchKind.BOTTLES
_KIND = case(
    *((_A.born_by.in_([int(step) for step in steps]), kind.value) for kind, steps in KINDS.items() if kind != _BOTTLES),
    else_=_BOTTLES.value,
)


@dataclass(frozen=True)
class Wanted:
    """Which batches are looked for: of a kind, only recalled ones, with words in their number, of some products."""

    kind: BatchKind | None = None
    recalled: bool = False
    words: str = ""
    gtins: tuple[str, ...] = ()
    """Products that `words` mean."""


def listing(session: Session, wanted: Wanted) -> tuple[Listing[Account], dict[BatchKind, int]]:
    """The batches that are looked for; and how many fit the words, by kind and of all those the `recalled`."""
    query = select(*_KEY).where(*_matches(wanted))
    numbers = query.with_only_columns(
        _KIND.label("kind"), func.count().label("number"), func.sum(_A.recalled.cast(Integer)).label("recalled")
    )
    rows = session.execute(numbers.group_by("kind")).all()
    counts = {BatchKind(row.kind): int(row.number) for row in rows} | {
        BatchKind.RECALLED: sum(row.recalled for row in rows)
    }
    if wanted.kind is not None:
        query = query.where(literal(wanted.kind.value) == _KIND)
    if wanted.recalled:
        query = query.where(_A.recalled)
    return Listing(query, _SORTS, _load), counts


def _matches(wanted: Wanted) -> list[ColumnElement[bool]]:
    words = typed(wanted.words)
    return (
        [or_(_A.batch.icontains(words, autoescape=True), begins(_A.gtin, words), _A.gtin.in_(wanted.gtins))]
        if words
        else []
    )


def _load(session: Session, keys: Sequence[Row[tuple[str, str]]]) -> list[Account]:
    wanted = [BatchKey(row.gtin, row.batch) for row in keys]
    found = {each.batch: each for each in store.list_accounts(session, wanted)}
    return [found[key] for key in wanted]
