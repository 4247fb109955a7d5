import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from backend.capture import rules
from backend.errors import Malformed
from scanner.device import events
from scanner.device.events import At, Lot, Parties
from tests.kit.people import BRAND, DEALER, LIQUOR, NOW, OTHER_DEALER
from tests.kit.trade import accepted

ACTORS = Path(__file__).parents[3] / "vectors" / "capture" / "actors.json"
LOT = Lot(LIQUOR, "B1", 12)
SIGNED = {"event": {}, "signer": "0x" + "11" * 20, "signature": "0x" + "22" * 65}


def test_a_message_is_an_event_with_its_signer_and_signature() -> None:
    said = rules.parse_message(SIGNED)
    assert (said.signer, said.signature) == (b"\x11" * 20, b"\x22" * 65)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"event": []}, "event"),
        ({"signer": "11" * 20}, "signer"),
        ({"signer": "0x" + "11" * 19}, "signer"),
        ({"signature": "0x" + "22" * 201}, "signature"),
        ({"signature": 7}, "signature"),
        ({"more": 1}, "more"),
    ],
)
def test_a_malformed_message_names_its_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Malformed) as caught:
        rules.parse_message(SIGNED | change)
    assert caught.value.details["field"] == field


@pytest.mark.parametrize("missing", ["signer", "signature"])
def test_nobody_is_believed_without_a_signature(missing: str) -> None:
    with pytest.raises(rules.Unsigned) as caught:
        rules.parse_message({key: value for key, value in SIGNED.items() if key != missing})
    assert caught.value.details["missing"] == missing


def test_a_device_clock_may_run_ahead_by_ten_minutes() -> None:
    soon = At(NOW + timedelta(minutes=10), BRAND)
    rules.check_plausible(accepted(events.harvest(soon, LOT)), now=NOW)
    with pytest.raises(rules.FromTheFuture):
        rules.check_plausible(accepted(events.harvest(soon, LOT)), now=NOW - timedelta(seconds=1))


def test_a_declaration_is_made_after_its_event_and_before_now() -> None:
    event = events.harvest(At(NOW - timedelta(days=30), BRAND), LOT)

    def judged(declared: datetime) -> None:
        rules.check_plausible(accepted(events.declared_wrong(event, declared)), now=NOW)

    judged(NOW - timedelta(days=14))
    judged(NOW + timedelta(minutes=10))
    for declared, refusal in (
        (NOW + timedelta(minutes=11), rules.FromTheFuture),
        (NOW - timedelta(days=15), rules.ToldTooLate),
        (NOW - timedelta(days=31), rules.DeclaredBeforeEvent),
    ):
        with pytest.raises(refusal) as caught:
            judged(declared)
        assert caught.value.details["field"] == "errorDeclaration.declarationTime"


@pytest.mark.parametrize(
    ("event", "speaker"),
    [
        (events.ship(At(NOW, BRAND), LOT, Parties(BRAND, DEALER)), BRAND),
        (events.receive(At(NOW, DEALER), LOT, Parties(BRAND, DEALER), bytes(32)), DEALER),
        (events.return_(At(NOW, DEALER), LOT, Parties(DEALER, BRAND), bytes(32)), DEALER),
    ],
)
def test_a_device_speaks_for_its_own_party_only(event: dict[str, Any], speaker: str) -> None:
    other = BRAND if speaker == DEALER else DEALER
    rules.check_plausible(accepted(event, speaker), now=NOW)
    with pytest.raises(rules.NotTheActor) as caught:
        rules.check_plausible(accepted(event, other), now=NOW)
    assert caught.value.details["claims"] == speaker


@pytest.mark.parametrize("case", json.loads(ACTORS.read_text("utf-8"))["cases"], ids=lambda case: case["about"])
def test_the_door_takes_an_event_from_whoever_it_does_not_name_as_another(case: dict[str, Any]) -> None:
    now = datetime.fromisoformat(case["event"]["eventTime"])
    rules.check_plausible(accepted(case["event"], case["actor"] or DEALER), now=now)
    if case["actor"] is not None:
        with pytest.raises(rules.NotTheActor):
            rules.check_plausible(accepted(case["event"], OTHER_DEALER), now=now)


def test_the_counterparty_is_the_other_side_of_the_way() -> None:
    shipped = accepted(events.ship(At(NOW, BRAND), LOT, Parties(BRAND, DEALER)))
    received = accepted(events.receive(At(NOW, DEALER), LOT, Parties(BRAND, DEALER), bytes(32)), DEALER)
    assert (shipped.reading.counterparty, received.reading.counterparty) == (DEALER, BRAND)


def test_whoever_a_broken_message_claims_to_be_from_is_found_if_it_can_be_read() -> None:
    assert rules.claimed_signer({"signer": "0x" + "11" * 20}) == b"\x11" * 20
    assert rules.claimed_signer({"signer": 7}) is None
    assert rules.claimed_signer([]) is None
