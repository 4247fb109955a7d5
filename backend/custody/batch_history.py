"""A batch as a whole: born how, made of what, used for what, held by whom. Read only."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from backend.anchoring import service as anchoring
from backend.capture.rules import BatchKey, EvidenceState
from backend.catalog import service as catalog
from backend.custody import rules, store, store_list, store_movements, store_newest
from backend.custody.rules import Account, BatchKind, Consignment, Holding, Movement
from backend.db.paging import Asked, Listing, Newest, Page
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


@dataclass(frozen=True, slots=True)
class ToldStep:
    """A step as it was told, how far its evidence is, and whether it was declared an error since."""

    said: Movement
    state: EvidenceState
    error: DeclaredError | None


@dataclass(frozen=True)
class Story:
    """What custody knows of a batch. `made_of` and `used_for` pair a batch with the quantity used.

    `steps` are a page of all; `holdings` are those with the most.
    """

    summary: Summary
    holdings: Newest[Holding]
    under_way: Newest[Consignment]
    made_of: tuple[tuple[BatchKey, int], ...]
    used_for: tuple[tuple[BatchKey, int], ...]
    steps: Page[ToldStep]


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


def steps_of(key: BatchKey) -> Listing[ToldStep]:
    """Every step of a batch: one list for page, file and programs."""
    return store_newest.steps_of(key).turned(_told)


def _told(session: Session, movements: Sequence[Movement]) -> list[ToldStep]:
    evidences = [each.evidence for each in movements]
    states, errors = anchoring.states(session, evidences), units.list_errors(session, evidences)
    return [
        ToldStep(
            each,
            states[each.evidence].state if each.evidence in states else EvidenceState.CAPTURED,
            errors.get(each.evidence),
        )
        for each in movements
    ]


def get_story(session: Session, key: BatchKey, asked: Asked, *, most: int = ALL) -> Story:
    """One batch, with a page of its steps, and at most so many of its holders and consignments under way.

    Raises:
        NotFound: nothing was ever said of it.
    """
    account = get_account(session, key)
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
        steps_of(key).page(session, asked),
    )


def get_account(session: Session, key: BatchKey) -> Account:
    """What a batch came to.

    Raises:
        NotFound: nothing was ever said of it.
    """
    account = store.find_account(session, key)
    if account is None:
        raise NotFound(f"no batch {key.batch} of {key.gtin}", gtin=key.gtin, batch=key.batch)
    return account
