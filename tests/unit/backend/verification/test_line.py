"""A bottle followed from package to package: the ways that the phone's twin is tested with too."""

import pytest

from backend.verification.line import HANDING, Line
from scanner.device import events
from scanner.device.events import At, Lot, case_uri, item_uri
from scanner.device.reading import read
from tests.kit.people import BRAND, LIQUOR, NOW, sscc
from tests.unit.js.truth import WAYS, WINE, told_truth

BOTTLE, CASE, PALLET = item_uri(LIQUOR, "S1"), case_uri(sscc(1)), case_uri(sscc(2))


def unmoved(kind: str, *, without: str = "") -> list[str]:
    """Hand-overs of a told way that say nothing of its bottle, when packings of one kind are left out."""
    proof = told_truth(kind)["proof"]
    bottle = item_uri(WINE, proof["unit"]["serial"])
    line, found = Line(bottle, {bottle: case_uri(proof["unit"]["sscc"])}), []
    for each in proof["history"]:
        reading = read(each["event"])
        if reading.step in HANDING and not line.concerns(reading):
            found.append(each["step"])
        if each["step"] != without:
            line.take(bytes.fromhex(each["evidence"]), reading)
    return found


@pytest.mark.parametrize("kind", WAYS)
def test_every_hand_over_of_an_honest_way_moves_the_bottle(kind: str) -> None:
    assert unmoved(kind) == []


@pytest.mark.parametrize("kind", ["pallet", "container", "repacked"])
def test_without_the_packing_the_shipment_of_a_pallet_says_nothing_of_the_bottle(kind: str) -> None:
    assert unmoved(kind, without="pack") == ["ship", "receive"]


def test_a_bottle_that_is_recalled_or_inspected_by_name_stays_where_it_lies() -> None:
    line, lot = Line(BOTTLE, {BOTTLE: CASE}), Lot(LIQUOR, "B1", 1)
    for build in (events.recall, events.lift, events.inspect):
        event = {**build(At(NOW, BRAND), lot), "epcList": [BOTTLE]}
        assert not line.take(bytes(32), read(event))
    assert line.names == (BOTTLE, CASE)


def test_a_declaration_that_a_packing_was_an_error_packs_nothing() -> None:
    line = Line(BOTTLE, {BOTTLE: CASE})
    packed = events.pack(At(NOW, BRAND), sscc(2), [CASE])
    assert not line.take(bytes(32), read(events.declared_wrong(packed, NOW)))
    assert line.take(bytes(32), read(packed))
    assert line.names == (BOTTLE, CASE, PALLET)


def test_a_pallet_is_unpacked_whole_or_in_part() -> None:
    for children, left in (([], (CASE,)), ([CASE], (CASE,)), ([BOTTLE], (CASE, PALLET))):
        line = Line(CASE, {CASE: PALLET})
        line.take(bytes(32), read(events.unpack(At(NOW, BRAND), sscc(2), children)))
        assert line.names == left


def test_packages_that_lie_in_each_other_end_nobodys_patience() -> None:
    assert len(Line(CASE, {CASE: PALLET, PALLET: CASE}).names) < 20
