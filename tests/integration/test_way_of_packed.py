"""The way of what travelled packed: on a pallet, repacked, with a step declared an error. A real chain."""

# ruff: noqa: F401, F811

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from backend.catalog import service as catalog
from scanner.device import events, signing
from scanner.device.events import Lot, Parties, case_uri, item_uri
from tests.integration.test_way_proofs import exported, house, pinned, sessions, url, verified
from tests.kit.house import BATCH, House, Story, tell_story
from tests.kit.people import BRAND, DEALER, GRAIN, LIQUOR, NOW, SPIRIT, WAREHOUSE, sscc
from tests.kit.phone import checked_by_phone
from tests.kit.trade import Trade

pytestmark = pytest.mark.integration
PALLET, CRATE = sscc(9001), sscc(9002)


@pytest.fixture(scope="module")
def story(house: House) -> Story:
    """The second case: a shipment declared an error, then sent on a pallet, repacked and sent on."""
    story = tell_story(house)
    unit, deployed = story.kept[0], house.deployment
    domain = signing.Domain(deployed.chain_id, bytes.fromhex(deployed.batch_ledger[2:]))
    with house.sessions.begin() as session:
        trade = Trade(session, at=NOW - timedelta(days=2), domain=domain)
        lot, move = Lot(LIQUOR, BATCH, 24), Parties(BRAND, WAREHOUSE)
        wrong = events.ship(trade.place(BRAND), lot, move, [case_uri(unit.sscc)])
        trade.submit(wrong, by=BRAND)
        trade.submit(events.declared_wrong(wrong, trade.place(BRAND).time), by=BRAND)
        trade.pack(PALLET, [case_uri(unit.sscc)])
        trade.move(24, to=WAREHOUSE, batch=BATCH, epcs=[case_uri(PALLET)])
        trade.unpack(unit.sscc, by=WAREHOUSE)
        trade.pack(CRATE, [item_uri(each.gtin, each.serial) for each in story.kept[:6]], by=WAREHOUSE)
        trade.move(6, by=WAREHOUSE, to=DEALER, batch=BATCH, epcs=[case_uri(CRATE)])
    house.settle()
    return story


@pytest.fixture(scope="module")
def bottle(house: House, story: Story) -> str:
    return exported(house, f"bottle:{story.kept[0].gtin}/{story.kept[0].serial}")


MADE = ["bottle", "inspect", "commission"]


def test_a_bottle_is_followed_from_its_case_to_the_pallet_and_into_another_case(
    house: House,
    tmp_path: Path,
    bottle: str,
) -> None:
    for options in ((), pinned(house)):
        code, answer = verified(tmp_path, bottle, *options)
        assert (code, answer["holds"]) == (0, True), answer
        told = [each["step"] for each in answer["steps"] if each["voided_block"] is None]
        assert told == [*MADE, "pack", "ship", "receive", "unpack", "pack", "ship", "receive"]
        glns = [each["gln"] for each in answer["steps"]]
        assert glns[-7:] == [BRAND, BRAND, WAREHOUSE, WAREHOUSE, WAREHOUSE, WAREHOUSE, DEALER]


def test_a_step_that_was_declared_an_error_is_told_and_does_not_count(tmp_path: Path, bottle: str) -> None:
    gone = [each for each in verified(tmp_path, bottle)[1]["steps"] if each["voided_block"] is not None]
    assert [each["step"] for each in gone] == ["ship"]


@pytest.mark.parametrize(
    ("which", "told"),
    [
        ("case", ["ship", "pack", "ship", "receive"]),
        ("pallet", ["ship", "receive"]),
        ("crate", ["ship", "receive"]),
    ],
)
def test_case_pallet_and_repacked_case_have_ways_of_their_own(
    house: House,
    story: Story,
    tmp_path: Path,
    which: str,
    told: list[str],
) -> None:
    number = {"case": story.kept[0].sscc, "pallet": PALLET, "crate": CRATE}[which]
    code, answer = verified(tmp_path, exported(house, f"case:{number}"), *pinned(house))
    assert (code, answer["holds"], [each["step"] for each in answer["steps"]]) == (0, True, told), answer


def test_the_phone_follows_the_same_bottles_by_itself(house: House, story: Story, tmp_path: Path) -> None:
    for unit, steps in ((story.kept[0], 13), (story.gone[0], 12)):
        outcome = checked_by_phone(house, unit, tmp_path)
        assert (outcome["state"], outcome["problems"], outcome["words"]) == ("passed", [], [])
        assert len(outcome["seen"]) == steps


def dropped(place: int) -> Callable[[dict[str, Any]], None]:
    return lambda file: file["steps"].pop(place)


def edited(place: int, key: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda file: file["steps"][place].update({key: value})


def another_leaf(file: dict[str, Any]) -> None:
    file["steps"][-3]["packed"]["leaf"] = file["steps"][-4]["packed"]["leaf"]


def early(file: dict[str, Any]) -> None:
    file["steps"].insert(4, file["steps"].pop(5))


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (dropped(4), "step 5: the ship says nothing of this unit"),
        (dropped(-3), "step 9: the ship says nothing of this unit"),
        (early, "step 5: the ship says nothing of this unit"),
        (another_leaf, "step 9: "),
        (edited(3, "voided", None), "step 4: the node shows that the step was declared an error"),
        (edited(4, "packed", None), "a step is either recorded or packed"),
    ],
)
def test_a_packing_that_is_left_out_moved_or_made_up_is_named(
    house: House,
    tmp_path: Path,
    bottle: str,
    edit: Callable[[dict[str, Any]], None],
    reason: str,
) -> None:
    file = json.loads(bottle)
    edit(file)
    code, answer = verified(tmp_path, json.dumps(file), *pinned(house))
    assert (code, answer["holds"]) == (1, False), answer
    assert reason in answer["reason"]


def test_a_bottling_that_was_corrected_leads_to_the_right_tank(house: House, story: Story, tmp_path: Path) -> None:
    deployed = house.deployment
    domain = signing.Domain(deployed.chain_id, bytes.fromhex(deployed.batch_ledger[2:]))
    made = Lot(LIQUOR, "RB", 12)
    with house.sessions.begin() as session:
        trade = Trade(session, at=NOW - timedelta(days=1), domain=domain)
        for name in ("WRONG", "RIGHT"):
            trade.harvest(f"H-{name}", 1000)
            trade.make("distil", [Lot(GRAIN, f"H-{name}", 1000, "KGM")], Lot(SPIRIT, f"TANK-{name}", 9000, "LTR"))
        wrong = events.transformation(trade.place(BRAND), "bottle", [Lot(SPIRIT, "TANK-WRONG", 6000, "LTR")], made)
        trade.submit(wrong, by=BRAND)
        trade.submit(events.inspect(trade.place(BRAND), made), by=BRAND)
        trade.submit(events.declared_wrong(wrong, trade.place(BRAND).time), by=BRAND)
        trade.make("bottle", [Lot(SPIRIT, "TANK-RIGHT", 6000, "LTR")], made)
        run = trade.codes("RB", 12)
        trade.move(6, to=DEALER, batch="RB", epcs=[case_uri(run.cases[0].sscc)])
        unit = catalog.find_unit(session, LIQUOR, run.units[0].serial)
    house.settle()
    assert unit is not None
    outcome = checked_by_phone(house, unit, tmp_path)
    assert (outcome["state"], outcome["problems"], outcome["words"]) == ("passed", [], [])
    code, answer = verified(tmp_path, exported(house, f"bottle:{unit.gtin}/{unit.serial}"), *pinned(house))
    assert (code, [each["step"] for each in answer["steps"]]) == (0, ["bottle", "commission", "ship", "receive"])


def test_owners_named_in_a_write_off_say_nothing_of_who_acts(house: House, story: Story, tmp_path: Path) -> None:
    """Lost on the way, told by who sent it; and broken where it stood."""
    lost, broken = story.kept[20], story.kept[21]
    domain = signing.Domain(house.deployment.chain_id, bytes.fromhex(house.deployment.batch_ledger[2:]))
    lot, owners = Lot(LIQUOR, BATCH, 1), Parties(WAREHOUSE, DEALER)
    with house.sessions.begin() as session:
        trade = Trade(session, at=NOW - timedelta(hours=20), domain=domain)
        names = [[item_uri(each.gtin, each.serial)] for each in (lost, broken)]
        sent = trade.ship(1, by=WAREHOUSE, to=DEALER, batch=BATCH, epcs=names[0])
        named = events.ship(trade.place(WAREHOUSE), lot, owners, names[0])
        both = {side: named[side] for side in ("sourceList", "destinationList")}
        for named_units, consignment in ((names[0], sent), (names[1], None)):
            gone = events.write_off(trade.place(WAREHOUSE), lot, named_units, consignment=consignment)
            trade.submit(gone | both, by=WAREHOUSE)
    house.settle()
    for unit in (lost, broken):
        outcome = checked_by_phone(house, unit, tmp_path)
        assert (outcome["state"], outcome["problems"], outcome["words"]) == ("passed", [], [])
        code, answer = verified(tmp_path, exported(house, f"bottle:{unit.gtin}/{unit.serial}"), *pinned(house))
        assert (code, answer["steps"][-1]["step"], answer["steps"][-1]["gln"]) == (0, "write_off", WAREHOUSE)
