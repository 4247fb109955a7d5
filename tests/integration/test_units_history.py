"""A declaration of error puts the present right and leaves the past: who signed answers until he declared it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.orm import Session

from backend.custody import rebuilding
from backend.custody import service as custody
from backend.risk import service as risk
from backend.units import service as units
from backend.units.rules_deliveries import Answer
from scanner.codes.run import CodeRun
from scanner.device import events
from scanner.device.capture import Step
from scanner.device.events import Lot, Parties
from tests.kit.people import BRAND, DEALER, GRAIN, LIQUOR, OTHER_DEALER, SPIRIT, STORE, WAREHOUSE, enrol, sscc
from tests.kit.trade import Bottle, Trade, bottle_of  # fmt: skip
from tests.kit.units_stage import books, bottle, case

pytestmark = pytest.mark.integration


@pytest.fixture
def run(trade: Trade) -> CodeRun:
    """Sixty bottles in ten cases of six, in force at the brand."""
    return trade.codes(quantity=60)


def receipt(trade: Trade, run: CodeRun, sent: bytes, *, frm: str, by: str) -> dict[str, Any]:
    event = events.receive(trade.place(by), Lot(LIQUOR, "B1", 6), Parties(frm, by), sent, [case(run, 0)])
    trade.submit(event, by=by)
    return event


def declare(trade: Trade, event: dict[str, Any], *, by: str) -> bytes:
    return trade.submit(events.declared_wrong(event, trade.place(by).time), by=by).evidence


def answer(trade: Trade, run: CodeRun, at: datetime) -> Answer:
    found = custody.answer_at(trade.db, bottle_of(run, 0), at)
    assert found is not None
    return found


def who(trade: Trade, run: CodeRun, at: datetime) -> tuple[str, bool, str | None]:
    found = answer(trade, run, at)
    return found.gln, found.signed, custody.holder_at(trade.db, bottle_of(run, 0), at)


def risk_reads(trade: Trade, run: CodeRun, at: datetime) -> str | None:
    scans: list[Any] = [SimpleNamespace(gtin=LIQUOR, serial=run.units[0].serial)]
    found = risk._attributions(trade.db, scans, {DEALER, OTHER_DEALER}, {BRAND, WAREHOUSE})
    return found[LIQUOR, run.units[0].serial].dealer_at(at)


@pytest.fixture
def dumped(trade: Trade, run: CodeRun) -> tuple[dict[str, Any], datetime]:
    """A dealer sends a case to another, who signs for it and dumps it: his receipt, and the day he does."""
    trade.move(6, to=DEALER, epcs=[case(run, 0)])
    sent = trade.ship(6, by=DEALER, to=OTHER_DEALER, epcs=[case(run, 0)])
    event = receipt(trade, run, sent, frm=DEALER, by=OTHER_DEALER)
    trade.at += timedelta(days=30)
    return event, trade.at


@pytest.mark.parametrize("days", [1, 60, 290])
def test_who_signed_answers_for_the_time_until_he_declares_his_receipt_an_error(
    trade: Trade, run: CodeRun, dumped: tuple[dict[str, Any], datetime], days: int
) -> None:
    event, day = dumped
    before = answer(trade, run, day)
    assert who(trade, run, day) == (OTHER_DEALER, True, OTHER_DEALER)
    trade.at += timedelta(days=days)
    declaration = declare(trade, event, by=OTHER_DEALER)
    assert who(trade, run, day) == (OTHER_DEALER, True, OTHER_DEALER)
    assert risk_reads(trade, run, day) == OTHER_DEALER
    receivers = custody.receivers_of_units(trade.db, [bottle(run, 0)])[bottle(run, 0)]
    assert [gln for gln, _, _ in receivers] == [DEALER, OTHER_DEALER]
    marked = answer(trade, run, day)
    assert marked.since == before.since
    assert marked.declared is not None
    assert (marked.declared.party, marked.declared.declaration) == (OTHER_DEALER, declaration)
    assert marked.declared.at == trade.at, "when we were told, not when he says"
    assert rebuilding.compare(trade.db) is None


def test_from_the_declaration_on_the_sender_answers_by_the_receivers_word_only(
    trade: Trade, run: CodeRun, dumped: tuple[dict[str, Any], datetime]
) -> None:
    event, _ = dumped
    declaration = declare(trade, event, by=OTHER_DEALER)
    now = answer(trade, run, trade.at)
    assert (now.gln, now.signed, now.back) == (DEALER, False, True)
    assert now.returned is not None
    assert (now.returned.by, now.returned.evidence) == (OTHER_DEALER, declaration)


def test_the_trail_keeps_the_receipt_and_says_who_declared_it_an_error(
    trade: Trade, run: CodeRun, dumped: tuple[dict[str, Any], datetime]
) -> None:
    event, _ = dumped
    declare(trade, event, by=OTHER_DEALER)
    last = custody.trail(trade.db, bottle_of(run, 0))[-1]
    assert (last.step, last.actor, last.unconfirmed) == (Step.RECEIVE, OTHER_DEALER, True)
    assert last.declared is not None
    assert (last.declared.party, last.declared.at) == (OTHER_DEALER, trade.at)
    others = custody.trail(trade.db, bottle_of(run, 0))[:-1]
    assert all(step.declared is None for step in others)


def test_a_senders_proof_after_the_declaration_counts_from_then_and_leaves_the_past(
    trade: Trade, run: CodeRun, dumped: tuple[dict[str, Any], datetime]
) -> None:
    event, day = dumped
    declare(trade, event, by=OTHER_DEALER)
    declared_at = trade.at
    shipped = custody.list_consignments(trade.db, open=True)[0].evidence
    told = events.arrive(
        trade.place(DEALER), Lot(LIQUOR, "B1", 6), Parties(DEALER, OTHER_DEALER), shipped, [case(run, 0)]
    )
    trade.submit(told, by=DEALER)
    assert who(trade, run, day) == (OTHER_DEALER, True, OTHER_DEALER)
    assert who(trade, run, declared_at)[:2] == (DEALER, False)
    now = answer(trade, run, trade.at)
    assert (now.gln, now.signed, now.disputed) == (OTHER_DEALER, False, True), "word stands against word"


def test_a_quick_honest_correction_is_as_good_as_before(trade: Trade, run: CodeRun) -> None:
    trade.move(6, to=DEALER, epcs=[case(run, 0)])
    sent = trade.ship(6, by=DEALER, to=OTHER_DEALER, epcs=[case(run, 0)])
    before = books(trade)
    event = receipt(trade, run, sent, frm=DEALER, by=OTHER_DEALER)
    declare(trade, event, by=OTHER_DEALER)
    after = books(trade)
    present = ("unit_custody", "batch_account", "consignment")
    assert [after[each] for each in present] == [before[each] for each in present], "the present is as if never said"
    receipt(trade, run, sent, frm=DEALER, by=OTHER_DEALER)
    assert who(trade, run, trade.at) == (OTHER_DEALER, True, OTHER_DEALER)
    assert answer(trade, run, trade.at).declared is None
    trade.move(6, by=OTHER_DEALER, to=STORE, epcs=[case(run, 0)])
    assert rebuilding.compare(trade.db) is None


def test_a_shipment_taken_back_after_a_receipt_of_it_stays_on_the_trail_beside_it(trade: Trade, run: CodeRun) -> None:
    event = events.ship(trade.place(BRAND), Lot(LIQUOR, "B1", 6), Parties(BRAND, DEALER), [case(run, 0)])
    sent = trade.submit(event, by=BRAND).evidence
    received = receipt(trade, run, sent, frm=BRAND, by=DEALER)
    held = trade.at
    declare(trade, received, by=DEALER)
    declare(trade, event, by=BRAND)
    steps = [step for step in custody.trail(trade.db, bottle_of(run, 0)) if step.step in (Step.SHIP, Step.RECEIVE)]
    assert [(step.step, step.declared is not None) for step in steps] == [(Step.SHIP, True), (Step.RECEIVE, True)]
    assert who(trade, run, held) == (DEALER, True, DEALER), "and he had it meanwhile, by his own signature"
    assert who(trade, run, trade.at) == (BRAND, True, BRAND), "who takes his shipment back says that he has the goods"


def sold(trade: Trade, run: CodeRun) -> tuple[dict[str, Any], datetime]:
    trade.move(6, to=STORE, epcs=[case(run, 0)])
    event = events.sell(trade.place(STORE), Lot(LIQUOR, "B1", 6), [case(run, 0)])
    trade.submit(event, by=STORE)
    return event, trade.at


def test_a_sale_declared_an_error_stands_for_what_was_opened_before(trade: Trade, run: CodeRun) -> None:
    event, at = sold(trade, run)
    units.open_bottle(trade.db, LIQUOR, run.units[0].serial, now=trade.at + timedelta(days=40))
    trade.at += timedelta(days=60)
    declare(trade, event, by=STORE)
    assert custody.sales_of_units(trade.db, [bottle(run, 0)]) == {bottle(run, 0): (STORE, at)}
    (sale,) = custody.list_sales(trade.db, [bottle(run, 0)])[bottle(run, 0)]
    assert sale.stood(at + timedelta(days=40))
    assert not sale.stood(at)
    assert not sale.stood(trade.at + timedelta(hours=1)), (
        "what is opened after he took it back speaks of a bottle he holds"
    )
    assert custody.trail(trade.db, bottle_of(run, 0))[-1].declared is not None


def test_repacking_declared_an_error_leaves_with_whom_the_bottle_was(trade: Trade, run: CodeRun) -> None:
    """A bottle rode in another's case to a dealer; every step is taken back, the newest first."""
    trade.unpack(run.cases[0].sscc, [bottle(run, 0)])
    pack = events.pack(trade.place(BRAND), sscc(900), [bottle(run, 0)])
    trade.submit(pack, by=BRAND)
    parcel = f"https://id.gs1.org/00/{sscc(900)}"
    ship = events.ship(trade.place(BRAND), Lot(LIQUOR, "B1", 1), Parties(BRAND, DEALER), [parcel])
    sent = trade.submit(ship, by=BRAND).evidence
    signed = events.receive(trade.place(DEALER), Lot(LIQUOR, "B1", 1), Parties(BRAND, DEALER), sent, [parcel])
    trade.submit(signed, by=DEALER)
    there = trade.at
    for event, by in ((signed, DEALER), (ship, BRAND), (pack, BRAND)):
        declare(trade, event, by=by)
        assert who(trade, run, there) == (DEALER, True, DEALER)
    assert who(trade, run, trade.at)[2] == BRAND
    assert rebuilding.compare(trade.db) is None


def test_a_bottle_put_back_into_a_case_that_moved_is_his_who_holds_the_case(trade: Trade, run: CodeRun) -> None:
    trade.move(6, to=DEALER, epcs=[case(run, 0)])
    event = events.unpack(trade.place(DEALER), run.cases[0].sscc, [bottle(run, 0)])
    trade.submit(event, by=DEALER)
    declare(trade, event, by=DEALER)
    assert who(trade, run, trade.at) == (DEALER, True, DEALER)


@pytest.mark.parametrize("way", ["returns", "writes off"])
def test_a_word_of_the_addressee_declared_an_error_leaves_him_what_he_took_upon_himself(
    trade: Trade, run: CodeRun, way: str
) -> None:
    trade.move(6, to=DEALER, epcs=[case(run, 0)])
    sent = trade.ship(6, by=DEALER, to=OTHER_DEALER, epcs=[case(run, 0)])
    lot = Lot(LIQUOR, "B1", 6)
    told = events.arrive(trade.place(DEALER), lot, Parties(DEALER, OTHER_DEALER), sent, [case(run, 0)])
    trade.submit(told, by=DEALER)
    at = [trade.at]
    word: dict[str, Callable[[], dict[str, Any]]] = {
        "returns": lambda: events.return_(
            trade.place(OTHER_DEALER), lot, Parties(OTHER_DEALER, DEALER), sent, [case(run, 0)]
        ),
        "writes off": lambda: events.write_off(trade.place(OTHER_DEALER), lot, [case(run, 0)], consignment=sent),
    }
    event = word[way]()
    trade.submit(event, by=OTHER_DEALER)
    at.append(trade.at)
    before = [who(trade, run, each) for each in at]
    declare(trade, event, by=OTHER_DEALER)
    assert [who(trade, run, each) for each in at] == before
    assert who(trade, run, trade.at) == (OTHER_DEALER, False, OTHER_DEALER), "the proof of delivery stands again"
    declare(trade, told, by=DEALER)
    assert who(trade, run, at[0])[0] == DEALER, "who takes his own proof back takes it upon himself"


def test_a_birth_declared_an_error_leaves_whose_batch_it_was(session: Session) -> None:
    enrol(session)
    trade = Trade(session)
    trade.harvest()
    spirit = Lot(SPIRIT, "S1", 900, "LTR")
    trade.make("distil", [Lot(GRAIN, "G1", 1_000_000, "KGM")], spirit)
    event = events.transformation(trade.place(BRAND), "bottle", [spirit], Lot(LIQUOR, "B1", 60))
    trade.submit(event, by=BRAND)
    asked = Bottle(LIQUOR, "B1", "A1", None)
    born = trade.at
    declare(trade, event, by=BRAND)
    assert custody.holder_at(session, asked, born) == BRAND
    assert custody.holder_at(session, asked, trade.at) is None
