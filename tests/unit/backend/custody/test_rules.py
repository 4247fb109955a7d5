from dataclasses import replace
from typing import Any

import pytest

from backend.capture.rules import BatchKey
from backend.custody import refusals, rules
from backend.errors import Malformed
from scanner.device import events
from scanner.device.capture import Step
from scanner.device.event_values import Amount
from scanner.device.events import At, Lot, Parties, case_uri
from tests.kit.people import BRAND, DEALER, GRAIN, LIQUOR, NOW, SPIRIT, sscc
from tests.kit.trade import accepted

AT = At(NOW, BRAND)


def test_a_shipment_says_what_goes_where() -> None:
    said = rules.movement_of(
        accepted(events.ship(AT, Lot(LIQUOR, "B1", 12), Parties(BRAND, DEALER), [case_uri(sscc(1)), case_uri(sscc(2))]))
    )
    assert (said.step, said.batch, said.quantity) == (Step.SHIP, BatchKey(LIQUOR, "B1"), 12)
    assert (said.party, said.counterparty, said.location) == (BRAND, DEALER, BRAND)
    assert said.epcs == (case_uri(sscc(1)), case_uri(sscc(2)))


def test_a_blend_says_what_it_uses_up_in_grams_and_millilitres() -> None:
    inputs = [Lot(GRAIN, "G1", 1500, "KGM"), Lot(SPIRIT, "S1", 2500, "LTR")]
    said = rules.movement_of(accepted(events.transformation(AT, "blend", inputs, Lot(SPIRIT, "S2", 3000, "LTR"))))
    assert said.inputs == ((BatchKey(GRAIN, "G1"), 1500), (BatchKey(SPIRIT, "S1"), 2500))
    assert said.quantity == 3000


@pytest.mark.parametrize(
    "event",
    [
        events.harvest(AT, Lot(GRAIN, "G1", 0, "KGM")),
        events.ship(AT, Lot(LIQUOR, "B1", 0), Parties(BRAND, DEALER)),
        events.transformation(AT, "blend", [], Lot(SPIRIT, "S2", 3000, "LTR")),
        events.transformation(AT, "blend", [Lot(SPIRIT, "S1", 0, "LTR")], Lot(SPIRIT, "S2", 3000, "LTR")),
    ],
)
def test_nothing_moves_nothing_and_nothing_comes_from_nothing(event: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        rules.movement_of(accepted(event))


def test_more_than_the_books_can_write_is_malformed() -> None:
    said = accepted(events.harvest(AT, Lot(GRAIN, "G1", 1000, "KGM")))
    huge = replace(said, reading=replace(said.reading, output=Amount(GRAIN, "G1", rules.QUANTITY_MAX + 1)))
    with pytest.raises(Malformed):
        rules.movement_of(huge)


@pytest.mark.parametrize(
    ("step", "role"),
    [(Step.SELL, "warehouse"), (Step.RECALL, "producer"), (Step.BOTTLE, "dealer"), (Step.SHIP, "inspector")],
)
def test_a_step_needs_one_of_its_roles(step: Step, role: str) -> None:
    with pytest.raises(refusals.RoleNotAllowed) as caught:
        rules.check_role(step, BRAND, frozenset({role}))
    assert caught.value.details["roles"] == [role]
    for each in rules.ALLOWED[step]:
        rules.check_role(step, BRAND, frozenset({each, role}))


def test_every_step_but_none_names_its_roles() -> None:
    assert set(rules.ALLOWED) == set(Step) - {Step.NONE}


@pytest.mark.parametrize(
    ("step", "actor", "addressee", "stopped"),
    [
        (Step.SHIP, "dealer", "brand", False),
        (Step.SHIP, "brand", "dealer", True),
        (Step.SHIP, "store", "warehouse", True),
        (Step.RECEIVE, "brand", "", False),
        (Step.RECEIVE, "dealer", "", True),
        (Step.RETURN, "dealer", "", False),
        (Step.SELL, "store", "", True),
        (Step.WRITE_OFF, "producer", "", False),
        (Step.WRITE_OFF, "store", "", True),
    ],
)
def test_a_recalled_batch_only_finds_ways_back(step: Step, actor: str, addressee: str, stopped: bool) -> None:
    assert rules.stopped_by_recall(step, frozenset({actor}), frozenset({addressee})) is stopped
