"""What addressees gave back by their word alone and their senders have not confirmed: for the pages of both."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from backend.custody import store, store_consignments, store_movements
from backend.custody.rules import Consignment, Movement
from backend.units import delivering, objecting
from backend.units import service as units
from backend.units.objecting import Part
from backend.units.rules_deliveries import DeclaredError, Delivery, weigh_words
from scanner.device.capture import Step

NEWEST = 1_000
"""So many of the newest that stand are listed: older ones are found by their evidence."""
_BACK = (Step.RETURN, Step.WRITE_OFF)


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """A return, or a write-off on the way, of which the sender has not said that it came back: so many bottles.

    `objection`: he says of `disputed` more of them that they have not. `declared`: `said` is a receipt that its party
    declared an error, and nobody told of a delivery since.
    """

    movement: Movement
    sender: str
    bottles: int
    disputed: int = 0
    objection: Delivery | None = None
    declared: DeclaredError | None = None


def list_words(session: Session, consigned: Consignment) -> dict[bytes, int]:
    """What the addressee says that he gave back or never got of a consignment: bottles, by evidence, in order.

    Of goods without codes no more counts as given back than the sender holds of them: what he passed on he has had, and
    that was what came back first.
    """
    found = store_movements.list_movements(session, refs=[consigned.evidence], steps=_BACK)
    own = [each for line, each in found if line == 0 and each.party == consigned.addressee]
    batch = consigned.batch
    if units.is_serialised(session, batch.gtin, batch.batch):
        return {each.evidence: each.quantity for each in own}
    words, held = {}, store.held(session, consigned.sender, batch.gtin, batch.batch)
    for each in reversed(own):
        words[each.evidence] = min(each.quantity, held) if each.step is Step.RETURN else each.quantity
        held -= words[each.evidence] if each.step is Step.RETURN else 0
    return dict(reversed(words.items()))


def list_unconfirmed(
    session: Session, *, gln: str | None = None, gtin: str | None = None, of: Collection[bytes] | None = None
) -> list[Unconfirmed]:
    """Those that went back to or came from a party, or of a product, or of some shipments; the newest first."""
    found = store_consignments.list_doubtful(session, party=gln, gtin=gtin, evidences=of)
    sent = {each.evidence: each for each in found if each.returned or each.lost}
    lines = store_movements.list_movements(session, refs=list(sent), steps=_BACK) if sent else []
    words = [each for line, each in lines if line == 0 and each.party == sent[each.ref or b""].addressee]
    told: list[Unconfirmed] = []
    for start in range(0, len(words), NEWEST):
        newest = _standing(session, words[::-1][start : start + NEWEST])
        told += _unconfirmed(session, newest, sent)
        if len(told) >= NEWEST:
            break
    told += _declared(session, {each.evidence: each for each in found if each.open})
    return [each for each in told if each.bottles or each.disputed]


def _standing(session: Session, words: Sequence[Movement]) -> list[Movement]:
    """Those that may not be settled: asked at once for all of goods with codes, of which most are."""
    coded = {each.batch for each in words}
    coded = {batch for batch in coded if units.is_serialised(session, batch.gtin, batch.batch)}
    stands = objecting.list_standing_words(session, [each.evidence for each in words if each.batch in coded])
    return [each for each in words if each.batch not in coded or each.evidence in stands]


def _declared(session: Session, sent: dict[bytes, Consignment]) -> list[Unconfirmed]:
    """Receipts that were declared errors, of consignments that are on the way again, the newest first."""
    if not sent:
        return []
    lines = store_movements.list_movements(session, refs=list(sent), steps=[Step.RECEIVE], also_declared=True)
    own = [each for line, each in lines if line == 0]
    errors = units.list_errors(session, [each.evidence for each in own])
    found = []
    for movement in [each for each in own if each.evidence in errors][: -NEWEST - 1 : -1]:
        consigned, error = sent[movement.ref or b""], errors[movement.evidence]
        if units.is_serialised(session, movement.batch.gtin, movement.batch.batch):
            parts = objecting.list_back(session, consigned.evidence, [error.declaration])
            left = sum(each.bottles for each in parts if each.answer.delivery is None)
        else:
            told = sum(each.quantity for each in delivering.list_standing(session, [consigned.evidence]))
            left = max(0, min(movement.quantity, consigned.open - told))
        found.append(Unconfirmed(movement, consigned.sender, left, declared=error))
    return found


def _unconfirmed(session: Session, words: Sequence[Movement], sent: Mapping[bytes, Consignment]) -> list[Unconfirmed]:
    """How each word stands, those of a consignment worked out together."""
    of_consignment: dict[bytes, list[Movement]] = {}
    for each in words:
        of_consignment.setdefault(each.ref or b"", []).append(each)
    found: dict[bytes, Unconfirmed] = {}
    for consignment, own in of_consignment.items():
        batch = sent[consignment].batch
        if units.is_serialised(session, batch.gtin, batch.batch):
            parts = objecting.list_back(session, consignment, [each.evidence for each in own])
            found |= {movement.evidence: _of_parts(movement, sent[consignment].sender, parts) for movement in own}
        else:
            found |= {movement.evidence: _counted(session, movement, sent[consignment]) for movement in own}
    stands = [found[each.evidence] for each in words]
    return [each for each in stands if each.bottles or each.disputed]


def _of_parts(movement: Movement, sender: str, parts: Sequence[Part]) -> Unconfirmed:
    own = [each for each in parts if each.word == movement.evidence]
    objections = [each.answer.delivery for each in own if each.answer.delivery is not None]
    disputed = sum(each.bottles for each in own if each.answer.delivery is not None)
    left = sum(each.bottles for each in own) - disputed
    return Unconfirmed(movement, sender, left, disputed, objections[-1] if objections else None)


def _counted(session: Session, movement: Movement, sent: Consignment) -> Unconfirmed:
    """Goods without codes are counted by the word that gave them back."""
    told = delivering.list_standing(session, [sent.evidence, movement.evidence])
    against = [each for each in told if each.objects_to(movement.evidence)]
    word = weigh_words({movement.evidence: list_words(session, sent)[movement.evidence]}, told)[movement.evidence]
    return Unconfirmed(movement, sent.sender, word.left, word.disputed, against[-1] if against else None)
