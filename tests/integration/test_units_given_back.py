"""What an addressee gives back by his word alone: its sender answers marked, until he confirms, acts, or objects."""

from datetime import timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.orm import Session

from backend.custody import rebuilding, refusals
from backend.custody import service as custody
from backend.custody.rules import TrailStep
from backend.identity import service as identity
from backend.risk import service as risk
from backend.units import refusals as no
from backend.units.rules_deliveries import Answer
from scanner.codes.run import CodeRun
from scanner.device import events
from scanner.device.capture import Step
from scanner.device.events import Lot, Parties
from tests.kit import units_stage
from tests.kit.people import BRAND, DEALER, LIQUOR, OTHER_DEALER, STORE, enrol
from tests.kit.trade import Trade, bottle_of
from tests.kit.units_stage import bottle, case

pytestmark = pytest.mark.integration
refused = partial(units_stage.refused, by=DEALER)


@pytest.fixture
def run(trade: Trade) -> CodeRun:
    """Sixty bottles in ten cases of six; four cases are at a dealer."""
    made = trade.codes(quantity=60)
    trade.move(24, to=DEALER, epcs=[case(made, n) for n in range(4)])
    return made


def send(trade: Trade, run: CodeRun, *numbers: int) -> bytes:
    return trade.ship(6 * len(numbers), by=DEALER, to=OTHER_DEALER, epcs=[case(run, n) for n in numbers])


def said(trade: Trade, ref: bytes, epcs: list[str], quantity: int = 6, *, back: bool = False) -> dict[str, Any]:
    """The sender says that the shipment arrived, or that the return did."""
    parties = Parties(OTHER_DEALER, DEALER) if back else Parties(DEALER, OTHER_DEALER)
    return events.arrive(trade.place(DEALER), Lot(LIQUOR, "B1", quantity), parties, ref, epcs)


def tell(trade: Trade, ref: bytes, epcs: list[str], quantity: int = 6, *, back: bool = False) -> bytes:
    return trade.submit(said(trade, ref, epcs, quantity, back=back), by=DEALER).evidence


def give_back(trade: Trade, sent: bytes, epcs: list[str], quantity: int = 6, *, lost: bool = False) -> bytes:
    return trade.submit(giving_back(trade, sent, epcs, quantity, lost=lost), by=OTHER_DEALER).evidence


def giving_back(trade: Trade, sent: bytes, epcs: list[str], quantity: int = 6, *, lost: bool = False) -> dict[str, Any]:
    lot, at = Lot(LIQUOR, "B1", quantity), trade.place(OTHER_DEALER)
    if lost:
        return events.write_off(at, lot, epcs, consignment=sent)
    return events.return_(at, lot, Parties(OTHER_DEALER, DEALER), sent, epcs)


def answer(trade: Trade, run: CodeRun, index: int = 0) -> Answer:
    found = custody.answer_at(trade.db, bottle_of(run, index), trade.at)
    assert found is not None
    return found


def who(trade: Trade, run: CodeRun, index: int = 0) -> tuple[str, bool, bool]:
    found = answer(trade, run, index)
    assert found.gln == custody.holder_at(trade.db, bottle_of(run, index), trade.at)
    return found.gln, found.signed, found.disputed


def step(trade: Trade, run: CodeRun, kind: Step) -> TrailStep:
    return next(each for each in reversed(custody.trail(trade.db, bottle_of(run, 0))) if each.step is kind)


@pytest.mark.parametrize("lost", [False, True], ids=["returned", "written off"])
@pytest.mark.parametrize("told", [False, True], ids=["no proof", "proof of delivery"])
def test_the_sender_answers_marked_and_his_objection_leaves_it_with_the_addressee(
    trade: Trade, run: CodeRun, told: bool, lost: bool
) -> None:
    """A dealer who never signs sends back on paper and keeps the goods."""
    sent = send(trade, run, 0)
    if told:
        tell(trade, sent, [case(run, 0)])
    word = give_back(trade, sent, [case(run, 0)], lost=lost)
    trade.at += timedelta(days=60)
    assert who(trade, run) == (DEALER, False, False)
    returned = answer(trade, run).returned
    assert returned is not None
    assert (returned.evidence, returned.by) == (word, OTHER_DEALER)
    kind = Step.WRITE_OFF if lost else Step.RETURN
    assert step(trade, run, kind).unconfirmed
    between = trade.at
    objection = tell(trade, sent, [case(run, 0)])
    assert who(trade, run) == (OTHER_DEALER, False, True)
    before = custody.answer_at(trade.db, bottle_of(run, 0), between)
    assert before is not None
    assert (before.gln, before.signed) == (DEALER, False), "an objection counts from its telling"
    shown = step(trade, run, kind)
    assert shown.objection is not None
    assert (shown.objection.evidence, shown.objection.objects_to(word)) == (objection, 6)
    assert not shown.unconfirmed
    assert rebuilding.compare(trade.db) is None


def test_neither_word_alone_pins_a_reading_without_the_mark(trade: Trade, run: CodeRun) -> None:
    sent = send(trade, run, 0)
    times = []
    for index in range(3):
        if index == 1:
            give_back(trade, sent, [case(run, 0)])
        else:
            tell(trade, sent, [case(run, 0)])
        times.append(trade.at + timedelta(minutes=30))
        trade.at += timedelta(days=10)
    scans: list[Any] = [SimpleNamespace(gtin=LIQUOR, serial=run.units[0].serial)]
    found = risk._attributions(trade.db, scans, {DEALER, OTHER_DEALER}, {BRAND})[LIQUOR, run.units[0].serial]
    read = [found.at(at) for at in times]
    assert [each and each.dealer for each in read] == [OTHER_DEALER, DEALER, OTHER_DEALER]
    assert all(each is not None and each.word is not None for each in read)
    assert [each and each.returned for each in read] == [False, True, False]


def test_who_does_something_with_what_came_back_answers_by_his_signature(trade: Trade, run: CodeRun) -> None:
    sent = send(trade, run, 0)
    give_back(trade, sent, [case(run, 0)])
    event = events.ship(trade.place(DEALER), Lot(LIQUOR, "B1", 6), Parties(DEALER, STORE), [case(run, 0)])
    shipped = trade.submit(event, by=DEALER).evidence
    assert who(trade, run) == (DEALER, True, False)
    assert answer(trade, run).evidence == shipped
    assert refused(trade, said(trade, sent, [case(run, 0)]), no.NotInConsignment)["against"] == shipped.hex()
    refused(trade, said(trade, sent, []), refusals.NothingUnderWay)
    at = trade.at
    trade.submit(events.declared_wrong(event, trade.place(DEALER).time), by=DEALER)
    then = custody.answer_at(trade.db, bottle_of(run, 0), at)
    assert then is not None
    assert (then.gln, then.signed) == (DEALER, True), "he had it for that time"
    assert who(trade, run) == (DEALER, True, False), "and has it: what was wrong is the shipment"


def test_unpacking_what_came_back_shows_that_it_is_there(trade: Trade, run: CodeRun) -> None:
    sent = send(trade, run, 0)
    give_back(trade, sent, [case(run, 0)])
    trade.unpack(run.cases[0].sscc, [bottle(run, 1)], by=DEALER)
    assert who(trade, run, 1) == (DEALER, True, False)
    assert who(trade, run, 0) == (DEALER, True, False), "he opened the case it lies in"


def test_the_sender_confirms_a_return_and_cannot_object_afterwards(trade: Trade, run: CodeRun) -> None:
    sent = send(trade, run, 0, 1)
    back = give_back(trade, sent, [case(run, 0), case(run, 1)], 12)
    told = said(trade, back, [case(run, 0)], back=True)
    trade.submit(told, by=DEALER)
    confirmed = trade.at
    assert who(trade, run, 0) == (DEALER, True, False)
    assert who(trade, run, 6) == (DEALER, False, False), "the case beside it he has not confirmed"
    refused(trade, said(trade, sent, [case(run, 0)]), no.NotInConsignment)
    tell(trade, sent, [case(run, 1)])
    assert who(trade, run, 6) == (OTHER_DEALER, False, True)
    tell(trade, back, [case(run, 1)], back=True)
    assert who(trade, run, 6) == (DEALER, True, False), "it came after all"
    refused(trade, said(trade, back, [case(run, 1)], back=True), no.AlreadyDelivered)
    trade.submit(events.declared_wrong(told, trade.place(DEALER).time), by=DEALER)
    then = custody.answer_at(trade.db, bottle_of(run, 0), confirmed)
    assert then is not None
    assert (then.gln, then.signed) == (DEALER, True), "what he confirmed he answers for until he declares it an error"
    assert who(trade, run, 0) == (DEALER, False, False)
    assert rebuilding.compare(trade.db) is None


def test_a_return_that_was_confirmed_is_not_taken_back(trade: Trade, run: CodeRun) -> None:
    sent = send(trade, run, 0)
    event = giving_back(trade, sent, [case(run, 0)])
    back = trade.submit(event, by=OTHER_DEALER).evidence
    told = tell(trade, back, [case(run, 0)], back=True)
    wrong = events.declared_wrong(event, trade.place(OTHER_DEALER).time)
    assert refused(trade, wrong, no.LaterEventStands, by=OTHER_DEALER)["against"] == told.hex()


def test_a_return_taken_back_after_the_objection_leaves_it_with_the_addressee(trade: Trade, run: CodeRun) -> None:
    sent = send(trade, run, 0)
    event = giving_back(trade, sent, [case(run, 0)])
    trade.submit(event, by=OTHER_DEALER)
    tell(trade, sent, [case(run, 0)])
    trade.submit(events.declared_wrong(event, trade.place(OTHER_DEALER).time), by=OTHER_DEALER)
    assert who(trade, run)[:2] == (OTHER_DEALER, False)
    trade.receive(6, sent, by=OTHER_DEALER, frm=DEALER, epcs=[case(run, 0)])
    assert who(trade, run) == (OTHER_DEALER, True, False)


def test_an_objection_declared_an_error_is_taken_by_who_made_it(trade: Trade, run: CodeRun) -> None:
    sent = send(trade, run, 0)
    give_back(trade, sent, [case(run, 0)])
    event = said(trade, sent, [case(run, 0)])
    trade.submit(event, by=DEALER)
    refused(trade, {**event, "eventID": "urn:uuid:2"}, no.AlreadyDelivered)
    trade.submit(events.declared_wrong(event, trade.place(DEALER).time), by=DEALER)
    assert who(trade, run) == (DEALER, False, False)


def test_an_objection_names_what_went_back_and_adds_up(trade: Trade, run: CodeRun) -> None:
    sent = send(trade, run, 0, 1, 2)
    give_back(trade, sent, [case(run, 0)])
    trade.receive(6, sent, by=OTHER_DEALER, frm=DEALER, epcs=[case(run, 1)])
    refused(trade, said(trade, sent, [case(run, 0), case(run, 1)], 12), no.NotInConsignment)
    refused(trade, said(trade, sent, [case(run, 0)], 5), no.SumDiffers)
    early = {**said(trade, sent, [case(run, 0)]), "eventTime": (trade.at - timedelta(hours=5)).isoformat()}
    refused(trade, early, no.BeforeLastStep)
    refused(trade, said(trade, sent, [case(run, 0)]), refusals.SignForIt, by=OTHER_DEALER)
    tell(trade, sent, [bottle(run, 0)], 1)
    assert who(trade, run, 0) == (OTHER_DEALER, False, True)
    assert who(trade, run, 1) == (DEALER, False, False)
    refused(trade, said(trade, sent, [case(run, 0)]), no.AlreadyDelivered)
    tell(trade, sent, [case(run, 2)])
    assert who(trade, run, 12) == (OTHER_DEALER, False, False), "what is still under way is delivered as ever"


def test_all_that_went_back_is_meant_when_none_is_named(trade: Trade, run: CodeRun) -> None:
    sent = send(trade, run, 0, 1)
    give_back(trade, sent, [case(run, 0)])
    give_back(trade, sent, [case(run, 1)], lost=True)
    tell(trade, sent, [], 12)
    assert [who(trade, run, index) for index in (0, 6)] == [(OTHER_DEALER, False, True)] * 2
    refused(trade, said(trade, sent, [], 12), refusals.NothingUnderWay)


def test_only_who_sent_confirms_a_return(trade: Trade, run: CodeRun) -> None:
    sent = send(trade, run, 0)
    back = give_back(trade, sent, [case(run, 0)])
    event = said(trade, back, [case(run, 0)], back=True)
    details = refused(trade, event, refusals.NotAddressee, by=OTHER_DEALER)
    assert details["addressee"] == DEALER
    wrong = said(trade, back, [case(run, 0)])
    refused(trade, wrong, refusals.NotAddressee)


def test_goods_without_codes_are_counted(session: Session) -> None:
    enrol(session)
    trade = Trade(session)
    trade.bottle(quantity=60)
    trade.move(40, to=DEALER)
    sent = trade.ship(20, by=DEALER, to=OTHER_DEALER)
    back = give_back(trade, sent, [], 20)
    tell(trade, back, [], 8, back=True)
    assert refused(trade, said(trade, sent, [], 13), no.AlreadyDelivered)["left"] == 12
    tell(trade, sent, [], 12)
    refused(trade, said(trade, sent, [], 1), no.AlreadyDelivered)
    assert rebuilding.compare(session) is None


def test_who_was_suspended_after_the_proof_is_not_blamed_for_his_silence(trade: Trade, run: CodeRun) -> None:
    sent = send(trade, run, 0)
    tell(trade, sent, [case(run, 0)])
    assert answer(trade, run).suspended is None
    off = trade.at + timedelta(days=3)
    identity.set_standing(trade.db, OTHER_DEALER, "suspended", now=off)
    found = answer(trade, run)
    assert (found.gln, found.signed) == (OTHER_DEALER, False)
    assert found.suspended is not None
    assert (found.suspended.since, found.suspended.until) == (off, None)
    trade.at += timedelta(days=30)
    identity.set_standing(trade.db, OTHER_DEALER, "active", now=trade.at)
    found = answer(trade, run)
    assert found.suspended is not None
    assert found.suspended.until == trade.at, "from then on he could have signed"
    trade.receive(6, sent, by=OTHER_DEALER, frm=DEALER, epcs=[case(run, 0)])
    assert answer(trade, run).suspended is None, "he has signed"


def test_a_suspension_that_was_over_before_says_nothing_of_his_silence(trade: Trade, run: CodeRun) -> None:
    identity.set_standing(trade.db, OTHER_DEALER, "suspended", now=trade.at)
    identity.set_standing(trade.db, OTHER_DEALER, "active", now=trade.at + timedelta(minutes=5))
    sent = send(trade, run, 0)
    tell(trade, sent, [case(run, 0)])
    assert answer(trade, run).suspended is None
