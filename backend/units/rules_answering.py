"""Who answers for a unit: read off its steps and the deliveries that its senders told of. Pure.

Nothing that is told later changes who answered before it was told, save that a party takes it upon himself: by a
receipt (he answers from the day of the delivery) or by declaring his own proof of delivery, or objection, an error.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from backend.identity.rules import Standing
from backend.units.rules import Kind, UnitStep
from backend.units.rules_deliveries import Answer, DeclaredError, Delivery, GivenBack, Suspension

_CLOSING = frozenset({Kind.RECEIVE, Kind.RETURN, Kind.WRITE_OFF})
_QUIET = frozenset({Kind.RECALL, Kind.LIFT})
"""They say nothing of who has a unit in hand."""


@dataclass(frozen=True, slots=True)
class _Stand:
    """How a unit stands by its steps: who signed for it last, in which shipment it is or was, and what its addressee
    said against having it."""

    kept: Answer | None = None
    holder: str | None = None
    shipment: UnitStep | None = None
    under_way: bool = False
    word: GivenBack | None = None


@dataclass
class _Telling:
    """What has been told so far, step by step."""

    told: Mapping[bytes, Sequence[Delivery]]
    errors: Mapping[bytes, DeclaredError]
    found: list[Answer] = field(default_factory=list)
    stand: _Stand = field(default_factory=_Stand)
    before: dict[bytes, _Stand] = field(default_factory=dict)
    delivered: dict[bytes, Delivery] = field(default_factory=dict)
    confirmed: dict[bytes, Delivery] = field(default_factory=dict)
    heard: set[bytes] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.voids = {error.declaration: voided for voided, error in self.errors.items()}

    def hear(self, until: datetime | None) -> None:
        """Take in what was told of the shipment, or of what was given back of it, by a moment; None: all of it."""
        stand = self.stand
        if stand.shipment is None:
            return
        words: list[tuple[datetime, bytes, Delivery, bool]] = []
        for each in self.told.get(stand.shipment.evidence, ()):
            if each.declared is None and stand.under_way is not bool(each.against):
                words.append((each.taken_at, each.evidence, each, True))
        for each in self.told.get(stand.word.evidence, ()) if stand.word is not None else ():
            words.append((each.taken_at, each.evidence, each, True))
            if each.declared is not None:
                words.append((each.declared.at, each.declared.declaration, each, False))
        for at, evidence, each, stands in sorted(words, key=lambda word: word[:2]):
            if evidence not in self.heard and (until is None or at <= until):
                self.heard.add(evidence)
                self._hear(each, at, stands, stand.shipment)

    def _hear(self, told: Delivery, at: datetime, stands: bool, shipment: UnitStep) -> None:
        if told.consignment == shipment.evidence:
            self.delivered[told.consignment] = told
            self._answer(max(told.since, shipment.taken_at))
            return
        if stands:
            self.confirmed[told.consignment] = told
        elif self.confirmed.get(told.consignment) == told:
            del self.confirmed[told.consignment]
        self._answer(at)

    def take(self, step: UnitStep) -> None:
        """Take in a step."""
        self.hear(step.taken_at)
        if step.kind is Kind.CORRECT:
            self._correct(step)
            return
        self.before.setdefault(step.evidence, self.stand)
        since = step.taken_at
        if step.kind is Kind.SHIP:
            self._keep(step)
            self.stand = replace(self.stand, shipment=step, under_way=True, word=None)
        elif step.kind is Kind.COMMISSION:  # again, after all of it was taken back: whose batch it is has it
            self.stand = _Stand(Answer(step.party, since, step.evidence, back=True) if self.found else None)
        elif step.kind in _CLOSING and self.stand.under_way:
            since = self._close(step)
        elif step.kind not in _QUIET:
            self._keep(step)
        if step.parent is None:
            self.stand = replace(self.stand, holder=step.holder)
        self._answer(since)

    def _keep(self, step: UnitStep) -> None:
        """Who does something with a unit that came back to him has it."""
        if self.stand.word is not None and step.party == self.stand.holder:
            kept = Answer(step.party, step.taken_at, step.evidence, back=True)
            self.stand = replace(self.stand, kept=kept, word=None)

    def _close(self, step: UnitStep) -> datetime:
        """It arrived, went back or was lost; since when who answers now does so."""
        since, shipment = step.taken_at, self.stand.shipment
        assert shipment is not None
        sent = shipment.evidence
        stand = replace(self.stand, under_way=False, word=None)
        if step.kind is Kind.RECEIVE:
            last = self.found[-1] if self.found else None
            if last is not None and last.delivery is not None and last.delivery.consignment == sent:
                since = self.found.pop().since  # he says himself that he got it
            kept = Answer(step.holder, since, step.evidence, declared=self.errors.get(step.evidence))
            stand = replace(stand, kept=kept)
        elif step.party != shipment.party:
            stand = replace(stand, word=GivenBack(step.evidence, step.kind, step.party, sent, step.taken_at))
        elif self._rests_on_words():
            stand = replace(stand, kept=Answer(step.party, step.taken_at, step.evidence, back=True))
        self.stand = stand
        return since

    def _rests_on_words(self) -> bool:
        return bool(self.found) and not self.found[-1].signed

    def _correct(self, step: UnitStep) -> None:
        """Back to how it stood, once; but that a receipt was an error is the word of one who may have the goods."""
        voided = self.voids.get(step.evidence)
        earlier = self.before.pop(voided, None) if voided is not None else None
        if voided is None or earlier is None:
            return
        was, self.stand = self.stand, earlier
        receipt = was.kept is not None and was.kept.evidence == voided and not was.kept.back
        if receipt and self.stand.under_way and self.stand.shipment is not None:
            word = GivenBack(step.evidence, Kind.CORRECT, step.party, self.stand.shipment.evidence, step.taken_at)
            self.stand = replace(self.stand, word=word)
        elif self.stand.word is not None and was.word != self.stand.word:
            # He shipped, sold or packed what came back to him; that this was an error does not unsay that he has it.
            self._keep(step)
        elif self.found and not self._now_known():
            self.stand = replace(self.stand, kept=Answer(step.party, step.taken_at, step.evidence, back=True))
        self._answer(step.taken_at)

    def _now_known(self) -> bool:
        return self.stand.kept is not None or self.stand.under_way or self.stand.word is not None

    def _answer(self, since: datetime) -> None:
        """Note who answers now, if that is another one, or on other grounds, than before."""
        now = self._now(since)
        last = self.found[-1] if self.found else None
        if now is None or (last is not None and replace(now, since=last.since) == last):
            return
        since = since if last is None else max(since, last.since)
        self.found.append(replace(now, since=since))

    def _now(self, since: datetime) -> Answer | None:
        stand = self.stand
        sent = stand.shipment
        if sent is None or (not stand.under_way and stand.word is None):
            return stand.kept
        told, word = self.delivered.get(sent.evidence), stand.word
        if word is not None and (confirmed := self.confirmed.get(word.evidence)) is not None:
            return Answer(sent.party, since, confirmed.evidence, back=True, declared=confirmed.declared)
        if told is not None and (stand.under_way or (word is not None and told.objects_to(word.evidence))):
            return Answer(told.addressee, since, told.evidence, told, against=word.evidence if word else None)
        if word is not None:
            return Answer(sent.party, since, word.evidence, back=True, returned=word)
        if stand.kept is not None or not self.found:
            return stand.kept
        return Answer(sent.party, since, sent.evidence, back=True)


def answers(
    way: Sequence[UnitStep], told: Mapping[bytes, Sequence[Delivery]], errors: Mapping[bytes, DeclaredError]
) -> list[Answer]:
    """Everybody who answered for a unit since it was first handed over, in order.

    `way` are its steps as they were told, those that were declared errors too (`history.told_ways`); `told` the
    deliveries of it, by consignment, or by return, in the order in which they were told. Whoever signs after a delivery
    was told answers from the day of the delivery: he says himself that he got it.
    """
    telling = _Telling(told, errors)
    for step in way:
        telling.take(step)
    telling.hear(None)
    return telling.found


def suspensions(changes: Sequence[tuple[datetime, str]]) -> list[Suspension]:
    """When a party could not sign, by its changes of standing: all but `active` keep it from that."""
    found: list[Suspension] = []
    for at, standing in changes:
        stands = bool(found) and found[-1].until is None
        if standing == Standing.ACTIVE and stands:
            found[-1] = replace(found[-1], until=at)
        elif standing != Standing.ACTIVE and not stands:
            found.append(Suspension(at))
    return found


def suspended(own: Sequence[Answer], off: Mapping[str, Sequence[Suspension]]) -> list[Answer]:
    """The answers for a unit, in order; one without a signature says since when its party could not sign meanwhile."""
    found = []
    for index, each in enumerate(own):
        end = own[index + 1].since if index + 1 < len(own) else None
        if not each.signed:
            over = (s for s in off.get(each.gln, ()) if _overlap(s, each.since, end))
            each = replace(each, suspended=next(over, None))
        found.append(each)
    return found


def _overlap(suspension: Suspension, since: datetime, end: datetime | None) -> bool:
    return (end is None or suspension.since < end) and (suspension.until is None or suspension.until > since)
