"""An objection goes by the word it speaks against and ends with it: the same with codes and without."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy.orm import Session

from backend.custody import given_back, rebuilding
from backend.custody import service as custody
from backend.units import refusals as no
from scanner.codes.run import CodeRun
from scanner.device import events
from scanner.device.events import Lot, Parties
from tests import units_stage
from tests.builders import DEALER, LIQUOR, OTHER_DEALER, STORE, Trade, bottle_of, enrol, evidence_of
from tests.units_stage import case

pytestmark = pytest.mark.integration
refused = partial(units_stage.refused, by=DEALER)


class Desk:
    """A dealer who sends cases of six to another, and what both say of them afterwards."""

    def __init__(self, session: Session, *, coded: bool) -> None:
        enrol(session)
        self.trade = Trade(session)
        self.trade.bottle(quantity=60)
        self.run: CodeRun | None = self.trade.codes(quantity=60) if coded else None
        self.trade.move(24, to=DEALER, epcs=self.epcs(0, 1, 2, 3))

    def epcs(self, *cases: int) -> list[str]:
        return [case(self.run, each) for each in cases] if self.run is not None else []

    def ship(self, *cases: int) -> bytes:
        return self.trade.ship(6 * len(cases), by=DEALER, to=OTHER_DEALER, epcs=self.epcs(*cases))

    def returned(self, sent: bytes, *cases: int) -> dict[str, Any]:
        """The addressee sends cases back on paper; the event, taken."""
        lot, parties = Lot(LIQUOR, "B1", 6 * len(cases)), Parties(OTHER_DEALER, DEALER)
        event = events.return_(self.trade.place(OTHER_DEALER), lot, parties, sent, self.epcs(*cases))
        self.trade.submit(event, by=OTHER_DEALER)
        return event

    def arriving(self, ref: bytes, *cases: int, back: bool = False) -> dict[str, Any]:
        """The sender says that cases arrived there, or came back."""
        parties = Parties(OTHER_DEALER, DEALER) if back else Parties(DEALER, OTHER_DEALER)
        lot = Lot(LIQUOR, "B1", 6 * len(cases))
        return events.arrive(self.trade.place(DEALER), lot, parties, ref, self.epcs(*cases))

    def arrived(self, ref: bytes, *cases: int, back: bool = False) -> dict[str, Any]:
        event = self.arriving(ref, *cases, back=back)
        self.trade.submit(event, by=DEALER)
        return event

    def declare(self, event: dict[str, Any], by: str) -> None:
        self.trade.submit(events.declared_wrong(event, self.trade.place(by).time), by=by)

    def words(self) -> dict[bytes, tuple[int, int]]:
        """What either sees of returns on his page: how many bottles are unconfirmed, and how many disputed."""
        mine, his = (custody.list_unconfirmed(self.trade.db, gln=gln) for gln in (DEALER, OTHER_DEALER))
        assert mine == his
        return {each.movement.evidence: (each.bottles, each.disputed) for each in mine}

    def unsigned(self, sent: bytes) -> int:
        return sum(each.quantity for each in custody.list_unsigned(self.trade.db, [sent]))

    def who(self, index: int) -> tuple[str, bool] | None:
        """Who answers for a bottle, and whether the words about it stand against each other; None without codes."""
        if self.run is None:
            return None
        self.trade.at += timedelta(minutes=1)
        found = custody.answer_at(self.trade.db, bottle_of(self.run, index), self.trade.at)
        assert found is not None
        assert not found.signed or found.gln == DEALER
        return found.gln, found.disputed


@pytest.fixture(params=[True, False], ids=["with codes", "without codes"])
def desk(request: pytest.FixtureRequest, session: Session) -> Desk:
    return Desk(session, coded=request.param)


def of(desk: Desk, gln: str, *, disputed: bool = False) -> tuple[str, bool] | None:
    return (gln, disputed) if desk.run is not None else None


def test_an_objection_ends_with_the_word_it_speaks_against(desk: Desk) -> None:
    """Returned on paper, objected to; the return is declared an error, and then the goods really go back."""
    sent = desk.ship(0)
    first = desk.returned(sent, 0)
    desk.arrived(sent, 0)
    assert desk.words() == {evidence_of(first): (0, 6)}
    assert desk.who(0) == of(desk, OTHER_DEALER, disputed=True)
    desk.declare(first, OTHER_DEALER)
    assert desk.words() == {}
    assert desk.unsigned(sent) == 6, "that they were delivered was told with the objection"
    assert desk.who(0) == of(desk, OTHER_DEALER), "he says himself that he has not given them back"
    second = desk.returned(sent, 0)
    assert desk.words() == {evidence_of(second): (6, 0)}
    assert desk.unsigned(sent) == 0
    assert desk.who(0) == of(desk, DEALER), "nobody has spoken against the word that stands"
    assert rebuilding.compare(desk.trade.db) is None


@pytest.mark.parametrize("then", ["confirms", "objects"])
def test_the_sender_answers_the_second_return_as_he_answered_the_first(desk: Desk, then: str) -> None:
    sent = desk.ship(0)
    first = desk.returned(sent, 0)
    desk.arrived(sent, 0)
    desk.declare(first, OTHER_DEALER)
    second = evidence_of(desk.returned(sent, 0))
    if then == "confirms":
        desk.arrived(second, 0, back=True)
        assert desk.words() == {}
        assert desk.who(0) == of(desk, DEALER)
        return
    desk.arrived(sent, 0)
    assert desk.words() == {second: (0, 6)}
    assert desk.who(0) == of(desk, OTHER_DEALER, disputed=True)
    refused(desk.trade, desk.arriving(sent, 0), no.AlreadyDelivered)


def test_goods_told_of_twice_are_unsigned_once(desk: Desk) -> None:
    """Two returns declared errors leave two objections that tell of the same delivery."""
    sent = desk.ship(0)
    for _ in range(2):
        event = desk.returned(sent, 0)
        desk.arrived(sent, 0)
        desk.declare(event, OTHER_DEALER)
    assert desk.unsigned(sent) == 6
    refused(desk.trade, desk.arriving(sent, 0), no.AlreadyDelivered)
    assert rebuilding.compare(desk.trade.db) is None


def test_what_was_told_before_it_went_back_is_told_once_when_the_return_was_an_error(desk: Desk) -> None:
    sent = desk.ship(0, 1)
    desk.arrived(sent, 0)
    event = desk.returned(sent, 0)
    assert desk.unsigned(sent) == 0
    if desk.run is None:
        desk.arrived(sent, 1)  # without codes what is under way is told of first
        desk.arrived(sent, 0)
        desk.declare(event, OTHER_DEALER)
        assert desk.unsigned(sent) == 12
        return
    desk.arrived(sent, 0)
    assert desk.words() == {evidence_of(event): (0, 6)}
    desk.declare(event, OTHER_DEALER)
    assert desk.unsigned(sent) == 6
    desk.arrived(sent, 1)
    assert desk.unsigned(sent) == 12


def test_two_returns_of_one_shipment_are_objected_to_each_by_itself(desk: Desk) -> None:
    sent = desk.ship(0, 1, 2)
    first, second = (desk.returned(sent, *cases) for cases in ((0,), (1, 2)))
    desk.arrived(sent, 0, 1, 2)
    assert desk.words() == {evidence_of(first): (0, 6), evidence_of(second): (0, 12)}
    desk.declare(second, OTHER_DEALER)
    assert desk.words() == {evidence_of(first): (0, 6)}
    assert desk.unsigned(sent) == 12
    assert [desk.who(index) for index in (0, 6)] == [of(desk, OTHER_DEALER, disputed=True), of(desk, OTHER_DEALER)]
    third = desk.returned(sent, 1, 2)
    assert desk.words() == {evidence_of(first): (0, 6), evidence_of(third): (12, 0)}
    desk.arrived(sent, 2)
    assert desk.words() == {evidence_of(first): (0, 6), evidence_of(third): (6, 6)}
    assert rebuilding.compare(desk.trade.db) is None


def test_what_is_confirmed_of_two_returns_is_not_objected_to(desk: Desk) -> None:
    sent = desk.ship(0, 1)
    first, second = (evidence_of(desk.returned(sent, each)) for each in (0, 1))
    desk.arrived(second, 1, back=True)
    desk.arrived(sent, 0)
    assert desk.words() == {first: (0, 6)}
    refused(desk.trade, desk.arriving(sent, 1), no.NotInConsignment if desk.run else no.AlreadyDelivered)
    came = desk.arrived(first, 0, back=True)
    assert desk.words() == {}, "it came after all"
    desk.declare(came, DEALER)
    assert desk.words() == {first: (0, 6)}


def test_an_objection_declared_an_error_leaves_the_word_as_it_was(desk: Desk) -> None:
    sent = desk.ship(0)
    word = evidence_of(desk.returned(sent, 0))
    objection = desk.arrived(sent, 0)
    desk.declare(objection, DEALER)
    assert desk.words() == {word: (6, 0)}
    assert desk.who(0) == of(desk, DEALER)


def test_part_of_a_shipment_went_back_and_the_rest_is_told_of(desk: Desk) -> None:
    """Who never signs for the rest cannot keep the sender from objecting."""
    sent = desk.ship(0, 1)
    word = evidence_of(desk.returned(sent, 0))
    desk.arrived(sent, 1)
    assert (desk.unsigned(sent), desk.words()) == (6, {word: (6, 0)})
    desk.arrived(sent, 0)
    assert (desk.unsigned(sent), desk.words()) == (6, {word: (0, 6)})


def test_an_objection_to_all_that_went_back_names_nothing(session: Session) -> None:
    desk = Desk(session, coded=True)
    sent = desk.ship(0, 1)
    first, second = (evidence_of(desk.returned(sent, each)) for each in (0, 1))
    event = events.arrive(desk.trade.place(DEALER), Lot(LIQUOR, "B1", 12), Parties(DEALER, OTHER_DEALER), sent, [])
    desk.trade.submit(event, by=DEALER)
    assert desk.words() == {first: (0, 6), second: (0, 6)}


def test_a_bottle_that_was_confirmed_is_not_objected_to_with_the_case_around_it(session: Session) -> None:
    desk = Desk(session, coded=True)
    assert desk.run is not None
    sent = desk.ship(0)
    word = evidence_of(desk.returned(sent, 0))
    lot, parties = Lot(LIQUOR, "B1", 1), Parties(OTHER_DEALER, DEALER)
    uri = bottle_of(desk.run, 3).uri
    desk.trade.submit(events.arrive(desk.trade.place(DEALER), lot, parties, word, [uri]), by=DEALER)
    assert desk.words() == {word: (5, 0)}
    assert refused(desk.trade, desk.arriving(sent, 0), no.NotInConsignment)["unit"] == uri


@pytest.mark.parametrize("told", ["confirmed", "objected to"])
def test_what_is_left_of_a_return_is_meant_when_none_is_named(session: Session, told: str) -> None:
    desk = Desk(session, coded=True)
    assert desk.run is not None
    sent = desk.ship(0)
    word = evidence_of(desk.returned(sent, 0))
    back = told == "confirmed"
    parties = Parties(OTHER_DEALER, DEALER) if back else Parties(DEALER, OTHER_DEALER)
    one = [bottle_of(desk.run, 3).uri]
    ref = word if back else sent
    desk.trade.submit(events.arrive(desk.trade.place(DEALER), Lot(LIQUOR, "B1", 1), parties, ref, one), by=DEALER)

    def rest(quantity: int) -> dict[str, Any]:
        return events.arrive(desk.trade.place(DEALER), Lot(LIQUOR, "B1", quantity), parties, ref, [])

    refused(desk.trade, rest(6), no.SumDiffers)
    desk.trade.submit(rest(5), by=DEALER)
    assert desk.words() == ({} if back else {word: (0, 6)})
    told_of = [each.quantity for each in custody.list_deliveries(session, [ref])]
    assert told_of == [1, 5], "each bottle counts once"


def test_the_sender_confirms_that_goods_were_lost_on_the_way(desk: Desk) -> None:
    sent = desk.ship(0)
    event = events.write_off(desk.trade.place(OTHER_DEALER), Lot(LIQUOR, "B1", 6), desk.epcs(0), consignment=sent)
    desk.trade.submit(event, by=OTHER_DEALER)
    word = evidence_of(event)
    assert desk.words() == {word: (6, 0)}
    desk.arrived(word, 0, back=True)
    assert desk.words() == {}
    refused(desk.trade, desk.arriving(sent, 0), no.NotInConsignment if desk.run else no.AlreadyDelivered)


def test_a_receipt_that_was_declared_an_error_is_on_its_senders_list_until_he_shows_the_delivery(desk: Desk) -> None:
    sent = desk.ship(0, 1)
    parties = Parties(DEALER, OTHER_DEALER)
    event = events.receive(desk.trade.place(OTHER_DEALER), Lot(LIQUOR, "B1", 6), parties, sent, desk.epcs(0))
    desk.trade.submit(event, by=OTHER_DEALER)
    assert desk.words() == {}
    desk.declare(event, OTHER_DEALER)
    assert desk.words() == {evidence_of(event): (6, 0)}
    (line,) = custody.list_unconfirmed(desk.trade.db, gln=DEALER)
    assert line.declared is not None
    desk.arrived(sent, 0)
    assert (desk.words(), desk.unsigned(sent)) == ({}, 6) if desk.run else desk.unsigned(sent) == 6
    assert rebuilding.compare(desk.trade.db) is None


@pytest.mark.parametrize("step", ["ship", "sell", "write off", "unpack"])
def test_who_handled_what_came_back_does_not_unsay_it_by_an_error(session: Session, step: str) -> None:
    """He shipped it on, which shows that he had it; declaring that an error does not give it to the addressee."""
    desk = Desk(session, coded=True)
    assert desk.run is not None
    sent = desk.ship(0)
    desk.returned(sent, 0)
    lot, at, named = Lot(LIQUOR, "B1", 6), desk.trade.place(DEALER), desk.epcs(0)
    handled = {
        "ship": lambda: events.ship(at, lot, Parties(DEALER, STORE), named),
        "sell": lambda: events.sell(at, lot, named),
        "write off": lambda: events.write_off(at, lot, named),
        "unpack": lambda: events.unpack(at, desk.run.cases[0].sscc, []) if desk.run else {},
    }[step]()
    desk.trade.submit(handled, by=DEALER)
    desk.declare(handled, DEALER)
    assert desk.who(0) == (DEALER, False)
    assert desk.words() == {}
    refused(desk.trade, desk.arriving(sent, 0), no.NotInConsignment)
    assert desk.who(0) == (DEALER, False)


@pytest.mark.parametrize("first", ["objects", "passes on"])
def test_goods_that_were_passed_on_have_come_back(desk: Desk, first: str) -> None:
    sent = desk.ship(0, 1, 2, 3)
    desk.returned(sent, 0, 1, 2, 3)
    if first == "objects":
        desk.arrived(sent, 0, 1, 2, 3)
    desk.trade.move(24, to=STORE, by=DEALER, epcs=desk.epcs(0, 1, 2, 3))
    assert desk.words() == {}
    if first == "passes on":
        refused(desk.trade, desk.arriving(sent, 0, 1, 2, 3), no.NotInConsignment if desk.run else no.AlreadyDelivered)


def test_an_error_ends_the_confirmation_that_it_names_and_no_other(session: Session) -> None:
    desk = Desk(session, coded=True)
    sent = desk.ship(0)
    word = evidence_of(desk.returned(sent, 0))
    first = desk.arrived(word, 0, back=True)
    desk.declare(first, DEALER)
    assert desk.words() == {word: (6, 0)}
    desk.arrived(word, 0, back=True)
    assert desk.words() == {}
    refused(desk.trade, desk.arriving(sent, 0), no.NotInConsignment)


def test_settled_returns_hide_none_that_stands(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(given_back, "NEWEST", 3)
    desk = Desk(session, coded=False)
    sent = desk.ship(0, 1, 2, 3)
    first = evidence_of(desk.returned(sent, 0))
    for number in range(4):
        lot = Lot(LIQUOR, "B1", 1 + number % 2)
        parties = Parties(OTHER_DEALER, DEALER)
        event = events.return_(desk.trade.place(OTHER_DEALER), lot, parties, sent, [])
        desk.trade.submit(event, by=OTHER_DEALER)
        told = events.arrive(desk.trade.place(DEALER), lot, parties, evidence_of(event), [])
        desk.trade.submit(told, by=DEALER)
    assert desk.words() == {first: (6, 0)}


def test_the_rest_of_a_case_is_told_to_be_delivered_without_names(session: Session) -> None:
    desk = Desk(session, coded=True)
    assert desk.run is not None
    sent = desk.ship(0)
    parties, one = Parties(DEALER, OTHER_DEALER), [bottle_of(desk.run, 3).uri]
    desk.trade.submit(events.arrive(desk.trade.place(DEALER), Lot(LIQUOR, "B1", 1), parties, sent, one), by=DEALER)
    desk.trade.submit(events.arrive(desk.trade.place(DEALER), Lot(LIQUOR, "B1", 5), parties, sent, []), by=DEALER)
    assert desk.unsigned(sent) == 6
