"""Use cases of what an addressee gave back by his word alone: its sender confirms that it came back, or objects."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from backend.units import delivering, rules, store, store_deliveries, store_steps
from backend.units import refusals as no
from backend.units.rules import Asked, Kind
from backend.units.rules_deliveries import Answer, Delivery, Objection, weigh_words

_BACK = frozenset({Kind.RETURN, Kind.WRITE_OFF, Kind.CORRECT})


def pending(session: Session, units: Collection[str], words: Collection[bytes]) -> dict[str, Answer]:
    """Those of the units for which words given by their addressee stand, neither confirmed nor overtaken: who answers,
    objected to or not.

    `words` are evidences of his returns and write-offs.
    """
    found = {}
    for unit, own in delivering.answers(session, units).items():
        if _word_of(own[-1]) in words:
            found[unit] = own[-1]
    return found


def units_back(session: Session, words: Sequence[bytes]) -> dict[str, bytes]:
    """The units that returns, write-offs and declarations of error named, or moved without naming them; each with the
    evidence of the last."""
    steps = store_steps.list_steps(session, evidences=words)
    return {step.unit: step.evidence for step in steps if step.kind in _BACK and not step.inside}


def list_standing_words(session: Session, words: Sequence[bytes]) -> set[bytes]:
    """Those of the words under which something stands that its sender has not confirmed in whole."""
    found = pending(session, list(units_back(session, words)), words).values()
    return {word for each in found if (word := _word_of(each)) is not None}


@dataclass(frozen=True, slots=True)
class Part:
    """A unit of which one word stands for all that lies in it: who answers for it, and its bottles."""

    unit: str
    answer: Answer
    bottles: int

    @property
    def word(self) -> bytes | None:
        """The word under which it stands."""
        return _word_of(self.answer)


def _word_of(each: Answer) -> bytes | None:
    return each.returned.evidence if each.returned is not None else each.against


def list_back(session: Session, consignment: bytes, words: Sequence[bytes]) -> list[Part]:
    """What was given back of a consignment by words of its addressee that stand, in whole units wherever they are."""
    return list(_parts(session, list(units_back(session, words)), consignment, words).values())


def _parts(
    session: Session, keys: Sequence[str], consignment: bytes, words: Sequence[bytes], *, strict: bool = False
) -> dict[str, Part]:
    """The parts of units; a case that its sender answered in part for falls into its bottles.

    `strict`: all of them were given back and are objected to for the first time.
    """
    whole = _whole(session, keys, consignment, words)
    stands = pending(session, whole, words)
    if strict:
        _check_stands(session, whole, stands, consignment)
    record = store.load(session, list(stands))
    return {unit: Part(unit, each, record[unit].bottles) for unit, each in stands.items()}


def _whole(session: Session, keys: Sequence[str], consignment: bytes, words: Sequence[bytes]) -> list[str]:
    """The units, or the bottles of one whose sender spoke of a part of it only."""
    answered = store_deliveries.list_answered(session, consignment, words)
    record = store.load(session, [unit for units in answered.values() for unit in units])
    broken = {
        outer.unit
        for units in answered.values()
        for unit in units
        if unit in record
        for outer in record.line(unit)
        if outer.unit not in units
    }
    bottles = store.list_bottles(session, [key for key in keys if key in broken])
    return [key for key in keys if key not in broken] + [each.unit for each in bottles]


def _check_stands(session: Session, units: Sequence[str], stands: Mapping[str, Answer], consignment: bytes) -> None:
    for key in units:
        if key not in stands:
            record = store.load(session, [key])
            outer, by = record.outermost(key), record.newest(key).evidence.hex()
            details = {"state": str(outer.state), "holder": outer.holder, "against": by}
            raise no.NotInConsignment(unit=key, consignment=consignment.hex(), **details)
        if (before := stands[key].delivery) is not None:
            raise no.AlreadyDelivered(unit=key, consignment=consignment.hex(), against=before.evidence.hex())


def object_to(
    session: Session, asked: Asked, told: Delivery, keys: Sequence[str], words: Sequence[bytes], *, counted: bool
) -> bool:
    """Keep that units which an addressee says he gave back have not come back; False when none are left to say so of.

    None named: all that he gave back and the sender neither confirmed nor has objected to. Nothing moves. Each unit is
    objected to by the word that gave it back, and with that word the objection ends.

    Raises:
        AlreadyDelivered, UnitUnknown, OtherBatch, NamedTwice, NotInConsignment, SumDiffers, BeforeLastStep.
    """
    if keys:
        _check_named(session, asked, keys)
        parts = _parts(session, keys, told.consignment, words, strict=True)
    else:
        back = list_back(session, told.consignment, words)
        parts = {each.unit: each for each in back if each.answer.delivery is None}
        keys = list(parts)
    if not keys:
        return False
    _check_sum_and_time(session, asked, keys, counted=counted)
    against = Counter[bytes]()
    for each in parts.values():
        if each.answer.returned is not None:
            against[each.answer.returned.evidence] += each.bottles
    _add(session, replace(told, against=tuple(Objection(*each) for each in against.items())), keys)
    return True


def confirm(
    session: Session, asked: Asked, told: Delivery, shipment: bytes, keys: Sequence[str], *, counted: bool
) -> bool:
    """Keep that units of a return came back, or of a write-off are lost, by the word of who sent them with `shipment`;
    False when none are left to say so of. None named: all that he has not confirmed.

    Raises:
        as `object_to`.
    """
    word = told.consignment
    if keys:
        _check_named(session, asked, keys)
        before = store_deliveries.list_told(session, word)
        delivering.check_untold(store.load(session, [*keys, *before]), keys, before, word)
        _check_back(session, keys, word)
    else:
        keys = [each.unit for each in list_back(session, shipment, [word])]
    if not keys:
        return False
    _check_sum_and_time(session, asked, keys, counted=counted)
    _add(session, told, keys)
    return True


def _check_back(session: Session, keys: Sequence[str], word: bytes) -> None:
    stands = pending(session, keys, [word])
    _check_stands(session, keys, {key: replace(each, delivery=None) for key, each in stands.items()}, word)


def _check_named(session: Session, asked: Asked, keys: Sequence[str]) -> None:
    record = store.load(session, keys)
    rules.check_known(record, keys, asked)
    rules.check_once(record, keys)


def _check_sum_and_time(session: Session, asked: Asked, keys: Sequence[str], *, counted: bool) -> None:
    record = store.load(session, keys)
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
