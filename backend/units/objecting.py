"""Use cases of what an addressee gave back by his word alone: its sender confirms that it came back, or objects."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from backend.units import delivering, rules, store, store_deliveries, store_steps
from backend.units import refusals as no
from backend.units.rules import Asked, Kind
from backend.units.rules_deliveries import Answer, Delivery, Objection, weigh_words

_BACK = frozenset({Kind.RETURN, Kind.WRITE_OFF})


def pending(session: Session, units: Collection[str], words: Collection[bytes]) -> dict[str, Answer]:
    """Those of the units for which words given by their addressee stand, neither confirmed nor overtaken: who answers,
    objected to or not.

    `words` are evidences of his returns and write-offs.
    """
    found = {}
    for unit, own in delivering.answers(session, units).items():
        last = own[-1]
        word = last.returned.evidence if last.returned else last.against
        if word in words:
            found[unit] = last
    return found


def units_back(session: Session, words: Sequence[bytes]) -> dict[str, bytes]:
    """The units that returns and write-offs named, or moved without naming them; each with the evidence of the last."""
    return {
        step.unit: word
        for word in words
        for step in store_steps.list_steps(session, evidence=word)
        if step.kind in _BACK and not step.inside
    }


def bottles_back(session: Session, word: bytes) -> list[Answer]:
    """Who answers for each bottle that a return or write-off gave back, while its sender has not confirmed it."""
    bottles = store.list_bottles(session, list(units_back(session, [word])))
    return list(pending(session, [each.unit for each in bottles], [word]).values())


def object_to(
    session: Session, asked: Asked, told: Delivery, keys: Sequence[str], words: Sequence[bytes], *, counted: bool
) -> bool:
    """Keep that units which an addressee says he gave back have not come back; False when none are left to say so of.

    None named: all that he gave back and the sender neither confirmed nor has objected to. Nothing moves. Each unit is
    objected to by the word that gave it back, and with that word the objection ends.

    Raises:
        AlreadyDelivered, UnitUnknown, OtherBatch, NamedTwice, NotInConsignment, SumDiffers, BeforeLastStep.
    """
    stands = pending(session, keys or list(units_back(session, words)), words)
    keys = list(keys) or [unit for unit, each in stands.items() if each.delivery is None]
    if not keys:
        return False
    bottles = [each.unit for each in store.list_bottles(session, keys)]
    inside = pending(session, bottles, words)
    _check(session, asked, keys, told.consignment, stands, counted=counted)
    _check_inside(session, told.consignment, bottles, inside)
    against = Counter(each.returned.evidence for each in inside.values() if each.returned is not None)
    _add(session, replace(told, against=tuple(Objection(*each) for each in against.items())), keys)
    return True


def _check_inside(session: Session, consignment: bytes, bottles: Sequence[str], inside: Mapping[str, Answer]) -> None:
    """Whether each bottle in what is named was given back by his word, and is objected to for the first time."""
    for key in bottles:
        if key not in inside:
            newest = store.load(session, [key]).newest(key).evidence.hex()
            raise no.NotInConsignment(unit=key, consignment=consignment.hex(), against=newest)
        if (before := inside[key].delivery) is not None:
            raise no.AlreadyDelivered(unit=key, consignment=consignment.hex(), against=before.evidence.hex())


def confirm(session: Session, asked: Asked, told: Delivery, keys: Sequence[str], *, counted: bool) -> bool:
    """Keep that units of a return came back, by the word of who sent them; False when none are left to say so of.

    Raises:
        as `object_to`.
    """
    word = told.consignment
    before = store_deliveries.list_told(session, word)
    delivering.check_untold(store.load(session, [*keys, *before]), keys, before, word)
    stands = pending(session, keys or list(units_back(session, [word])), [word])
    keys = list(keys) or list(stands)
    if not keys:
        return False
    _check(session, asked, keys, word, stands, counted=counted)
    _add(session, told, keys)
    return True


def _check(
    session: Session, asked: Asked, keys: Sequence[str], consignment: bytes, stands: dict[str, Answer], *, counted: bool
) -> None:
    record = store.load(session, keys)
    rules.check_known(record, keys, asked)
    rules.check_once(record, keys)
    for key in keys:
        if key not in stands:
            outer, by = record.outermost(key), record.newest(key).evidence.hex()
            said = {"state": str(outer.state), "holder": outer.holder, "against": by}
            raise no.NotInConsignment(unit=key, consignment=consignment.hex(), **said)
    if counted:
        rules.check_sum(record, keys, asked)
    rules.check_time(record, keys, asked)


def _add(session: Session, told: Delivery, keys: Sequence[str]) -> None:
    record = store.load(session, keys)
    store_deliveries.add(session, replace(told, quantity=sum(record[key].bottles for key in keys)), keys)


def object_to_uncounted(
    session: Session, told: Delivery, words: Mapping[bytes, int], before: Sequence[Delivery], asked: int | None
) -> None:
    """Keep the same of goods without codes: of so many bottles, else of all that are left to say so of. The words are
    objected to in their order; they say how many bottles each gave back.

    Raises:
        AlreadyDelivered: fewer are left than that.
    """
    left = {word: each.left for word, each in weigh_words(words, before).items()}
    rest = quantity = _check_left(told, sum(left.values()), before, asked)
    against = []
    for word, bottles in left.items():
        of_it = min(bottles, rest)
        rest -= of_it
        if of_it:
            against.append(Objection(word, of_it))
    store_deliveries.add(session, replace(told, quantity=quantity, against=tuple(against)), ())


def confirm_uncounted(
    session: Session, told: Delivery, returned: int, before: Sequence[Delivery], asked: int | None
) -> None:
    """Keep that so many of the returned bottles without codes came back, else all that were not confirmed before.

    Raises:
        AlreadyDelivered: fewer are left than that.
    """
    word = weigh_words({told.consignment: returned}, before)[told.consignment]
    quantity = _check_left(told, word.left + word.disputed, before, asked)
    store_deliveries.add(session, replace(told, quantity=quantity), ())


def _check_left(told: Delivery, left: int, before: Sequence[Delivery], asked: int | None) -> int:
    quantity = left if asked is None else asked
    if not 0 < quantity <= left:
        against = before[-1].evidence.hex() if before else None
        raise no.AlreadyDelivered(consignment=told.consignment.hex(), asked=quantity, left=left, against=against)
    return quantity
