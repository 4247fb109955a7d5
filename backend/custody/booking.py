"""What every step of custody asks of a batch and enters into its account, or why it cannot."""

from collections.abc import Collection
from urllib.parse import unquote

from sqlalchemy.orm import Session

from backend.capture.rules import BatchKey
from backend.capture.rules_standing import Whose, asked_for
from backend.catalog import service as catalog
from backend.custody import checks, refusals, store
from backend.custody.rules import Account, Movement, Place
from backend.identity.rules import Party, Standing
from backend.units import service as units
from backend.units.refusals import CodesNotInForce, OtherBatch, SumDiffers, UnitUnknown
from backend.units.rules import Asked, Kind
from scanner.device.capture import Step

_SPEAKING = frozenset({Step.AGE, Step.INSPECT, Step.COMMISSION})


def asked(movement: Movement, kind: Kind, key: BatchKey | None = None, quantity: int | None = None) -> Asked:
    """What a capture asks of the units of its batch, or of one that it uses up."""
    batch = key or movement.batch
    return Asked(
        movement.evidence,
        kind,
        movement.party,
        batch.gtin,
        batch.batch,
        movement.quantity if quantity is None else quantity,
        movement.at,
        movement.taken_at or movement.at,
        movement.late,
    )


def by_codes(session: Session, movement: Movement) -> bool:
    """Whether the batch of a capture moves by its codes; whatever units it names must be of the batch in any case.

    Raises:
        UnknownBatch, BeforeBirth, MeasureDiffers: of the batch.
        CodesNotInForce: it would move by codes that are not commissioned. To speak of it they need not be.
        OtherBatch, UnitUnknown, SumDiffers: of the units.
    """
    checks.check_names(movement)
    account = check_batch(session, movement, movement.batch)
    coded = moves_by_codes(session, account, also_without=movement.step in _SPEAKING)
    # Movements by codes ask the record of units themselves; a lift frees what its recall stopped.
    if movement.step is not Step.LIFT and (not coded or movement.step in _SPEAKING):
        _check_named(session, movement, account, coded=coded)
    return coded


def check_batch(session: Session, movement: Movement, key: BatchKey) -> Account:
    """The account of a batch that a capture is about, or uses up.

    Raises:
        UnknownBatch, BeforeBirth, MeasureDiffers: as they say.
    """
    account = born(session, key)
    checks.check_after_birth(movement, key, account)
    checks.check_measure(movement, key, account)
    return account


def moves_by_codes(session: Session, account: Account, *, also_without: bool = False) -> bool:
    """Whether a batch moves by its codes.

    What moved before anybody knew of codes goes on by quantity, until its maker holds all of it again: then its codes
    can be commissioned, and have to be.

    Raises:
        CodesNotInForce: they are not commissioned, unless `also_without`.
    """
    key = account.batch
    if account.units is not None:
        return units.is_serialised(session, key.gtin, key.batch)
    whole = not also_without and store.held(session, account.maker or "", key.gtin, key.batch) == account.born
    if whole and units.wants_codes(session, key.gtin, key.batch):
        raise CodesNotInForce(gtin=key.gtin, batch=key.batch)
    return False


def _check_named(session: Session, movement: Movement, account: Account, *, coded: bool) -> None:
    """Whether the units that a capture names, and does not move, are of its batch as far as anybody knows."""
    key = movement.batch
    known = {**_in_runs(session, movement.keys), **units.batches_by_unit(session, movement.keys)}
    for unit in movement.keys:
        of = known.get(unit)
        if of is None and coded:
            raise UnitUnknown(unit=unit, gtin=key.gtin, batch=key.batch)
        if of is not None and of != (key.gtin, key.batch):
            raise OtherBatch(unit=unit, of_gtin=of[0], of_batch=of[1], gtin=key.gtin, batch=key.batch)
    moves = movement.step not in _SPEAKING and movement.quantity > 0
    if moves and account.uom is None and len(movement.keys) > movement.quantity:
        raise SumDiffers(**movement.numbers, bottles=len(movement.keys), units=len(movement.keys))


def _in_runs(session: Session, keys: Collection[str]) -> dict[str, tuple[str, str]]:
    """GTIN and batch of what code runs know, in force or not; nothing when a capture is played again, since runs of
    later cannot make wrong what was right then (`catalog.HIDDEN_IN_REBUILDING`)."""
    found: dict[str, tuple[str, str]] = {}
    for key in keys:
        _, kind, name, *rest = key.removeprefix("https://").split("/")
        each = catalog.find_case(session, name) if kind == "00" else catalog.find_unit(session, name, unquote(rest[-1]))
        if each is not None and catalog.find_product(session, each.gtin) is not None:
            found[key] = (each.gtin, each.batch)
    return found


def move(session: Session, movement: Movement, frm: Place, to: Place, *, also_recalled: bool) -> None:
    """Move a capture's quantity between two places of its batch's account."""
    if not store.book(session, movement.batch, frm, to, movement.quantity, also_recalled=also_recalled):
        raise why_not(session, movement.batch, movement.party, movement.quantity, also_recalled=also_recalled)


def take(session: Session, key: BatchKey, party: str, quantity: int) -> None:
    """Take a quantity of a batch from a party."""
    if not store.take(session, key, party, quantity):
        raise why_not(session, key, party, quantity, also_recalled=True)


def why_not(session: Session, key: BatchKey, party: str, quantity: int, *, also_recalled: bool) -> Exception:
    """The refusal of a quantity that could not be taken, with the numbers as they stand."""
    account = born(session, key)
    if account.recalled and not also_recalled:
        return refusals.Recalled(gtin=key.gtin, batch=key.batch)
    has = store.held(session, party, key.gtin, key.batch)
    return refusals.NotHeld(gtin=key.gtin, batch=key.batch, party=party, held=has, asked=quantity)


def born(session: Session, key: BatchKey) -> Account:
    """The account of a batch that was born.

    Raises:
        UnknownBatch: it never was, or its birth was declared an error.
    """
    account = store.find_account(session, key)
    if account is None or account.born == 0:
        raise refusals.UnknownBatch(gtin=key.gtin, batch=key.batch)
    return account


def check_asked(step: Step, whose: Whose, party: Party, *, declares: bool = False) -> None:
    """Whether a party may deal now, if the step asks for its standing in this part.

    Raises:
        PartyNotActive: it is suspended or revoked.
    """
    if whose in asked_for(step, declares=declares):
        check_active(party)


def check_active(party: Party) -> None:
    """Whether a party may deal now.

    Raises:
        PartyNotActive: it is suspended or revoked.
    """
    if party.standing != Standing.ACTIVE:
        raise refusals.PartyNotActive(party=party.gln, standing=party.standing)
