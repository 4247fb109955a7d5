"""A batch as a whole: born how, made of what, used for what, held by whom. Read only."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from backend.capture.rules import BatchKey
from backend.catalog import service as catalog
from backend.custody import rules, store, store_consignments, store_list, store_movements
from backend.custody.rules import Account, BatchKind, Consignment, Holding, Movement
from backend.db.paging import Listing
from backend.errors import NotFound
from backend.units import service as units
from backend.units.rules_deliveries import DeclaredError


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
    """Everything that custody knows of a batch. `made_of` and `used_for` pair a batch with the quantity used.

    `movements` are all steps as they were told; `errors` those of them that were declared errors since.
    """

    summary: Summary
    holdings: tuple[Holding, ...]
    under_way: tuple[Consignment, ...]
    made_of: tuple[tuple[BatchKey, int], ...]
    used_for: tuple[tuple[BatchKey, int], ...]
    movements: tuple[Movement, ...]
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


def kinds_of(session: Session, keys: Collection[BatchKey]) -> dict[BatchKey, str]:
    """Whether each of some batches is grain, spirit or bottles."""
    return {each.batch: each.kind for each in store.list_accounts(session, keys)}


def get_story(session: Session, key: BatchKey) -> Story:
    """One batch.

    Raises:
        NotFound: nothing was ever said of it.
    """
    account = store.find_account(session, key)
    if account is None:
        raise NotFound(f"no batch {key.batch} of {key.gtin}", gtin=key.gtin, batch=key.batch)
    told = store_movements.list_movements(session, keys=[key], also_declared=True)
    errors = units.list_errors(session, [movement.evidence for _, movement in told])
    lines = [(line, movement) for line, movement in told if movement.evidence not in errors]
    birth = next((movement for line, movement in lines if line == 0 and movement.step in rules.BEARING), None)
    used = {movement.evidence: movement.quantity for line, movement in lines if line > 0}
    of_birth = store_movements.list_movements(session, evidences=[birth.evidence]) if birth else []
    of_use = store_movements.list_movements(session, evidences=list(used)) if used else []
    return Story(
        Summary(account, birth),
        tuple(sorted(store.list_holdings(session, gtin=key.gtin, batch=key.batch), key=lambda each: -each.held)),
        tuple(store_consignments.list_consignments(session, gtin=key.gtin, batch=key.batch, open=True)),
        tuple((movement.batch, movement.quantity) for line, movement in of_birth if line > 0),
        tuple((movement.batch, used[movement.evidence]) for line, movement in of_use if line == 0),
        tuple(movement for line, movement in told if line == 0),
        errors,
    )
