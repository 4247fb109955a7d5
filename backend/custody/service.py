"""Use cases of custody: apply a capture, and say who holds what."""

from sqlalchemy.orm import Session

from backend.capture.rules import Accepted, BatchKey
from backend.custody import rules, store, store_movements
from backend.custody.rules import Consignment, Movement
from backend.custody.trail import holder_at, receivers_of_units, trail
from backend.errors import Malformed
from backend.identity import service as identity
from backend.identity.rules import Party
from scanner.device.capture import Step

__all__ = ["apply", "held", "holder_at", "is_recalled", "list_holdings", "receivers_of_units", "trail"]

held = store.held
list_holdings = store.list_holdings
list_consignments = store.list_consignments
find_consignment = store.find_consignment
list_units = store.list_units
list_accounts = store.list_accounts
list_movements = store_movements.list_movements
list_recalled_units = store_movements.list_recalled_units


def is_recalled(session: Session, gtin: str, batch: str) -> bool:
    """Whether the batch is recalled now."""
    account = store.find_account(session, BatchKey(gtin, batch))
    return account is not None and account.recalled


def apply(session: Session, accepted: Accepted) -> None:
    """Let a capture change custody. Evidence without a step changes none.

    Raises:
        Refused, NotAllowed: the contract would refuse it too; the classes of `rules` say which way.
        Malformed: a field that the step needs is missing.
    """
    if accepted.capture.step is Step.NONE:
        return
    said = rules.movement_of(accepted)
    party = identity.get_party(session, said.party)
    _check_active(party)
    rules.check_role(said.step, party.gln, party.roles)
    _take_step(session, said, party)
    store_movements.add_movement(session, said)


def _take_step(session: Session, said: Movement, party: Party) -> None:
    step = said.step
    if step in rules.BEARING:
        _bear(session, said)
    elif step is Step.COMMISSION:
        if said.units is None or not store.commission(session, said.batch, said.units):
            raise rules.UnitsCommissioned(**said.numbers)
    elif step in (Step.RECALL, Step.LIFT):
        _recall_or_lift(session, said)
    elif step in (Step.AGE, Step.INSPECT):
        _born(session, said.batch)
    elif step is Step.SHIP:
        _ship(session, said, party)
    elif step in (Step.RECEIVE, Step.RETURN) or said.ref is not None:
        _close(session, said, party)
    else:
        place = "sold" if step is Step.SELL else "lost"
        _move(session, said, "held", place, also_recalled=not rules.stopped_by_recall(step, party.roles))
        _take(session, said.batch, said.party, said.quantity)


def _bear(session: Session, said: Movement) -> None:
    if not store.bear(session, said.batch, said.party, said.quantity):
        raise rules.BatchExists(gtin=said.batch.gtin, batch=said.batch.batch)
    # In one order for everybody, so that two blends of the same tanks wait instead of locking each other out.
    for key, quantity in sorted(said.inputs, key=lambda each: (each[0].gtin, each[0].batch)):
        if not store.book(session, key, "held", "consumed", quantity, also_recalled=False):
            raise _why_not(session, key, said.party, quantity, also_recalled=False)
        _take(session, key, said.party, quantity)


def _ship(session: Session, said: Movement, party: Party) -> None:
    if said.counterparty is None:
        raise Malformed("destinationList: names no owning party", field="destinationList")
    addressee = identity.find_party(session, said.counterparty)
    if addressee is None:
        raise rules.UnknownParty(party=said.counterparty)
    _check_active(addressee)
    if not addressee.roles & rules.HOLDERS:
        raise rules.CounterpartyUnsuited(party=addressee.gln, roles=sorted(addressee.roles))
    stopped = rules.stopped_by_recall(Step.SHIP, party.roles, addressee.roles)
    _move(session, said, "held", "in_transit", also_recalled=not stopped)
    _take(session, said.batch, said.party, said.quantity)
    store.open_consignment(session, said, addressee.gln)


def _close(session: Session, said: Movement, party: Party) -> None:
    """Receive, return or write off what is under way."""
    consigned = store.find_consignment(session, said.ref) if said.ref else None
    if consigned is None or consigned.batch != said.batch:
        raise rules.UnknownConsignment(consignment=said.ref.hex() if said.ref else None, **said.numbers)
    _check_dealing(session, said, consigned)
    place, how = {Step.RECEIVE: ("held", "received"), Step.RETURN: ("held", "returned")}.get(
        said.step, ("lost", "lost")
    )
    # The account first, as every other step does: whoever holds its row may go on to consignments and holdings.
    recalled_too = not rules.stopped_by_recall(said.step, party.roles)
    booked = store.book(session, said.batch, "in_transit", place, said.quantity, also_recalled=recalled_too)
    if not booked and not recalled_too and is_recalled(session, said.batch.gtin, said.batch.batch):
        raise rules.Recalled(gtin=said.batch.gtin, batch=said.batch.batch)
    if not booked or not store.close(session, consigned.evidence, how, said.quantity):
        now = store.find_consignment(session, consigned.evidence)
        numbers = said.numbers | {"in_transit": now.open if now else 0}
        raise rules.NothingInTransit(consignment=consigned.evidence.hex(), **numbers)
    if place == "held":
        keeper = said.party if said.step is Step.RECEIVE else consigned.sender
        store.give(session, said.batch, keeper, said.quantity)


def _check_dealing(session: Session, said: Movement, consigned: Consignment) -> None:
    lost = said.step is Step.WRITE_OFF
    if said.party != consigned.addressee and not (lost and said.party == consigned.sender):
        raise rules.NotAddressee(consignment=consigned.evidence.hex(), addressee=consigned.addressee, party=said.party)
    if lost:
        return
    if said.step is Step.RECEIVE and said.counterparty not in (None, consigned.sender):
        raise rules.NotSender(consignment=consigned.evidence.hex(), sender=consigned.sender, says=said.counterparty)
    _check_active(identity.get_party(session, consigned.sender))


def _recall_or_lift(session: Session, said: Movement) -> None:
    recall = said.step is Step.RECALL
    account = store.lock_account(session, said.batch)
    of_units = rules.names_units(said, account.born if account else 0)
    if of_units:
        done = bool(store_movements.count_recalled(session, said.batch, said.units)) is not recall
    else:
        done = store.set_recalled(session, said.batch, recall)
    if not done:
        _born(session, said.batch)
        raise (rules.Recalled if recall else rules.NotRecalled)(gtin=said.batch.gtin, batch=said.batch.batch)
    store_movements.add_recall(session, said, of_units=of_units)


def _move(session: Session, said: Movement, frm: str, to: str, *, also_recalled: bool) -> None:
    if not store.book(session, said.batch, frm, to, said.quantity, also_recalled=also_recalled):
        raise _why_not(session, said.batch, said.party, said.quantity, also_recalled=also_recalled)


def _take(session: Session, key: BatchKey, party: str, quantity: int) -> None:
    if not store.take(session, key, party, quantity):
        raise _why_not(session, key, party, quantity, also_recalled=True)


def _why_not(session: Session, key: BatchKey, party: str, quantity: int, *, also_recalled: bool) -> Exception:
    """The refusal of a quantity that could not be taken, with the numbers as they stand."""
    account = _born(session, key)
    if account.recalled and not also_recalled:
        return rules.Recalled(gtin=key.gtin, batch=key.batch)
    has = store.held(session, party, key.gtin, key.batch)
    return rules.NotHeld(gtin=key.gtin, batch=key.batch, party=party, held=has, asked=quantity)


def _born(session: Session, key: BatchKey) -> rules.Account:
    account = store.find_account(session, key)
    if account is None or account.born == 0:
        raise rules.UnknownBatch(gtin=key.gtin, batch=key.batch)
    return account


def _check_active(party: Party) -> None:
    if party.standing != "active":
        raise rules.PartyNotActive(party=party.gln, standing=party.standing)
