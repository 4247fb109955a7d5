"""Which events are taken, and what is said about the others."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from scanner.epcis.event import parse_event
from scanner.errors import Malformed, ScannerError

VECTORS = Path(__file__).resolve().parents[4] / "tests" / "vectors" / "epcis"
TAKEN: list[dict[str, Any]] = json.loads((VECTORS / "events.json").read_text("utf-8"))
REFUSED: list[dict[str, Any]] = json.loads((VECTORS / "refused.json").read_text("utf-8"))


def receipt(**changes: Any) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventTime": "2026-03-18T09:30:00+08:00",
        "eventTimeZoneOffset": "+08:00",
        "action": "OBSERVE",
        "epcList": ["https://id.gs1.org/00/106901234567890128"],
        **changes,
    }


@pytest.mark.parametrize("vector", TAKEN, ids=lambda vector: vector["what"])
def test_a_sound_event_comes_back_as_it_is(vector: dict[str, Any]) -> None:
    before = copy.deepcopy(vector["event"])
    assert parse_event(vector["event"]) == before


@pytest.mark.parametrize("vector", REFUSED, ids=lambda vector: vector["what"])
def test_an_unsound_event_names_its_field(vector: dict[str, Any]) -> None:
    with pytest.raises(Malformed) as refusal:
        parse_event(vector["event"])
    assert refusal.value.field == vector["field"]
    assert str(refusal.value).startswith(vector["field"] + ": ")
    assert isinstance(refusal.value, ScannerError)


def test_the_path_of_the_document_stands_before_the_field() -> None:
    with pytest.raises(Malformed) as refusal:
        parse_event(receipt(action="MOVE"), "epcisBody.eventList[3]")
    assert refusal.value.field == "epcisBody.eventList[3].action"


@pytest.mark.parametrize(
    "step",
    [
        "receiving",
        "urn:epcglobal:cbv:bizstep:receiving",
        "https://ref.gs1.org/cbv/BizStep-receiving",
        "cbv:BizStep-receiving",
        "jl:harvest",
        "https://shop.example/steps/tasting",
    ],
)
def test_a_step_may_be_spelt_in_any_way_that_others_understand(step: str) -> None:
    parse_event(receipt(bizStep=step))


def test_a_seller_may_add_fields_of_its_own_once_it_says_whose_they_are() -> None:
    own = {"@context": [{"shop": "https://shop.example/ns/"}], "shop:till": {"anything": [1, None, "goes"]}}
    parse_event(receipt(**own))
    parse_event(receipt(**{"https://shop.example/ns/till": 7}))
    with pytest.raises(Malformed, match="shop:till"):
        parse_event(receipt(**{"shop:till": 7}))


@pytest.mark.parametrize("offset", ["Z", "+08:00", "-00:30", "+14:00"])
@pytest.mark.parametrize("fraction", ["", ".5", ".123456789"])
def test_a_moment_may_be_as_fine_as_it_likes_but_needs_an_offset(offset: str, fraction: str) -> None:
    parse_event(receipt(eventTime=f"2026-03-18T23:59:59{fraction}{offset}"))


@pytest.mark.parametrize(
    "moment",
    ["2026-03-18 09:30:00Z", "2026-03-18T24:00:00Z", "2026-03-18T09:30Z", "0001-01-01T00:00:00+14:00", "", 5, None],
)
def test_a_moment_that_does_not_exist_is_refused(moment: Any) -> None:
    with pytest.raises(Malformed, match="eventTime"):
        parse_event(receipt(eventTime=moment))


@pytest.mark.parametrize("value", [None, [], 7, "event", {1: 2}, {"type": ["ObjectEvent"]}, {"type": {}}, (1,), {1, 2}])
def test_what_is_no_event_at_all_is_refused(value: Any) -> None:
    with pytest.raises(Malformed):
        parse_event(value)
