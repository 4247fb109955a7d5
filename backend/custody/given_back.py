"""What addressees gave back by their word alone and their senders have not confirmed: for the pages of both."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from backend.custody import store, store_movements
from backend.custody.rules import Consignment, Movement
from backend.units import delivering, objecting
from backend.units import service as units
from backend.units.rules_deliveries import DeclaredError, Delivery, weigh_words
from scanner.device.capture import Step

NEWEST = 200
"""So many of the newest words are looked at: older ones are found by their evidence."""
_BACK = (Step.RETURN, Step.WRITE_OFF)


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """A return, or a write-off on the way, of which the sender has not said that it came back: so many bottles.

    `objection`: he says of `disputed` more of them that they have not. `declared`: `said` is a receipt that its party
    declared an error, and nobody told of a delivery since.
    """

    said: Movement
    sender: str
    bottles: int
    disputed: int = 0
    objection: Delivery | None = None
    declared: DeclaredError | None = None


def list_words(session: Session, consigned: Consignment) -> dict[bytes, int]:
    """What the addressee says that he gave back or never got of a consignment: bottles, by evidence, in order."""
    found = store_movements.list_movements(session, refs=[consigned.evidence], steps=_BACK)
    return {each.evidence: each.quantity for line, each in found if line == 0 and each.party == consigned.addressee}


def list_unconfirmed(
    session: Session, *, gln: str | None = None, gtin: str | None = None, batch: str | None = None
) -> list[Unconfirmed]:
    """Those that went back to or came from a party, or of a batch, the newest first."""
    found = store.list_consignments(session, frm=gln, gtin=gtin, batch=batch)
    if gln is not None:
        found += store.list_consignments(session, to=gln, gtin=gtin, batch=batch)
    sent = {each.evidence: each for each in found if each.returned or each.lost}
    lines = store_movements.list_movements(session, refs=list(sent), steps=_BACK) if sent else []
    words = [each for line, each in lines if line == 0 and each.party == sent[each.ref or b""].addressee]
    told = [_unconfirmed(session, each, sent[each.ref or b""]) for each in words[: -NEWEST - 1 : -1]]
    told += _declared(session, {each.evidence: each for each in found if each.open})
    return [each for each in told if each.bottles or each.disputed]


def _declared(session: Session, sent: dict[bytes, Consignment]) -> list[Unconfirmed]:
    """Receipts that were declared errors, of consignments that are on the way again, the newest first."""
    lines = store_movements.list_movements(session, refs=list(sent), steps=[Step.RECEIVE], also_declared=True)
    own = [each for line, each in lines if line == 0] if sent else []
    errors = units.list_errors(session, [each.evidence for each in own])
    found = []
    for said in [each for each in own if each.evidence in errors][: -NEWEST - 1 : -1]:
        consigned, error = sent[said.ref or b""], errors[said.evidence]
        if units.is_serialised(session, said.batch.gtin, said.batch.batch):
            parts = objecting.list_back(session, consigned.evidence, [error.declaration])
            left = sum(each.bottles for each in parts if each.answer.delivery is None)
        else:
            told = sum(each.quantity for each in delivering.list_standing(session, [consigned.evidence]))
            left = max(0, min(said.quantity, consigned.open - told))
        found.append(Unconfirmed(said, consigned.sender, left, declared=error))
    return found


def _unconfirmed(session: Session, said: Movement, sent: Consignment) -> Unconfirmed:
    if not units.is_serialised(session, said.batch.gtin, said.batch.batch):
        return _counted(session, said, sent)
    parts = objecting.list_back(session, sent.evidence, [said.evidence])
    objections = [each.answer.delivery for each in parts if each.answer.delivery is not None]
    disputed = sum(each.bottles for each in parts if each.answer.delivery is not None)
    left = sum(each.bottles for each in parts) - disputed
    return Unconfirmed(said, sent.sender, left, disputed, objections[-1] if objections else None)


def _counted(session: Session, said: Movement, sent: Consignment) -> Unconfirmed:
    """Goods without codes are counted by the word that gave them back."""
    told = delivering.list_standing(session, [sent.evidence, said.evidence])
    against = [each for each in told if each.objects_to(said.evidence)]
    word = weigh_words({said.evidence: said.quantity}, told)[said.evidence]
    return Unconfirmed(said, sent.sender, word.left, word.disputed, against[-1] if against else None)
