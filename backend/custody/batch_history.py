"""A batch as a whole: born how, made of what, used for what, held by whom. Read only."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from backend.capture.rules import BatchKey
from backend.catalog import service as catalog
from backend.custody import rules, store, store_list, store_movements, store_newest
from backend.custody.rules import Account, BatchKind, Consignment, Holding, Movement
from backend.db.paging import Listing, Newest
from backend.errors import NotFound
from backend.units import service as units
from backend.units.rules_deliveries import DeclaredError

ALL = 1_000_000
"""More holders and consignments than a batch has."""


@dataclass(frozen=True)
class Summary:
    """A batch's account and its birth; `birth` is None while only its codes were commissioned."""

    account: Account
    birth: Movement | None

    @property
    def kind(self) -> BatchKind:
        """grain, spirit or bottles."""
        return self.account.kind


SHOWN = 100
"""The newest steps of a batch that are told of."""


@dataclass(frozen=True)
class Story:
    """What custody knows of a batch. `made_of` and `used_for` pair a batch with the quantity used.

    `movements` are the newest steps as they were told; `errors` those of them that were declared errors since.
    `holdings` are those with the most.
    """

    summary: Summary
    holdings: Newest[Holding]
    under_way: Newest[Consignment]
    made_of: tuple[tuple[BatchKey, int], ...]
    used_for: tuple[tuple[BatchKey, int], ...]
    movements: Newest[Movement]
    errors: Mapping[bytes, DeclaredError]


def listing(
    session: Session, *, kind: BatchKind | None = None, words: str = ""
) -> tuple[Listing[Account], dict[BatchKind, int]]:
    """Batches, and how many there are of each kind; `kind` or recalled, and words in batch or product narrow them."""
    gtins = catalog.list_matching(session, words) if words else []
    wanted = store_list.Wanted(
        None if kind is BatchKind.RECALLED else kind, kind is BatchKind.RECALLED, words, tuple(gtins)
    )
    return store_list.listing(session, wanted)


def kinds_of(session: Session, keys: Collection[BatchKey]) -> dict[BatchKey, BatchKind]:
    """Whether each of some batches is grain, spirit or bottles."""
    return {each.batch: each.kind for each in store.list_accounts(session, keys)}


def get_story(session: Session, key: BatchKey, *, steps: int, most: int = ALL) -> Story:
    """One batch, with so many of its newest steps, and at most so many of its holders and consignments under way.

    Raises:
        NotFound: nothing was ever said of it.
    """
    account = store.find_account(session, key)
    if account is None:
        raise NotFound(f"no batch {key.batch} of {key.gtin}", gtin=key.gtin, batch=key.batch)
    newest = store_newest.of_batch(session, key, steps)
    lines = store_movements.list_movements(session, keys=[key], steps=rules.BEARING)
    birth = next((movement for line, movement in lines if line == 0), None)
    used = {movement.evidence: movement.quantity for line, movement in lines if line > 0}
    of_birth = store_movements.list_movements(session, evidences=[birth.evidence]) if birth else []
    of_use = store_movements.list_movements(session, evidences=list(used)) if used else []
    return Story(
        Summary(account, birth),
        store_newest.holders(session, key, most),
        store_newest.under_way(session, most, key=key),
        tuple((movement.batch, movement.quantity) for line, movement in of_birth if line > 0),
        tuple((movement.batch, used[movement.evidence]) for line, movement in of_use if line == 0),
        newest,
        units.list_errors(session, [movement.evidence for movement in newest.items]),
    )
