"""Ways that no bottle took, made of true captures: the table by which the phone is tested too (`tests/unit/js`)."""

import pytest

from backend.cli.verify.way_keys import is_in_force
from backend.cli.verify.way_order import StepFacts, Thing, Way
from backend.verification.line import Line
from ledger_indexer.proving.proof_file import DoesNotHold
from scanner.codes.run import origin
from scanner.device.capture import capture_of
from scanner.device.events import case_uri, item_uri
from scanner.device.reading import read
from scanner.evidence.checkpoint import Checkpoint
from scanner.evidence.proof_file import ChainCoordinates, ProofFile
from tests.unit.js.truth import CHAIN, FORGED, LEDGER, REVOKED, WAYS, WINE, told_truth

PLACE = 11, bytes(32)
"""Block and transaction in which the codes are commissioned."""


def followed(kind: str) -> list[dict[str, object]]:
    """What `jiulian verify` follows of a told way: the steps of the bottle's own batch, and the packings."""
    truth = told_truth(kind)
    unit, bottle = truth["proof"]["unit"], item_uri(WINE, truth["proof"]["unit"]["serial"])
    head = Checkpoint(origin(CHAIN, WINE, "B1"), 12, bytes.fromhex(truth["proof"]["root"]))
    code = ProofFile(b"", 0, (), head, ChainCoordinates(CHAIN, bytes.fromhex(LEDGER[2:]), *PLACE))
    batch = bytes.fromhex(truth["chain"]["batch"])
    way = Way(Thing(Line(bottle, {bottle: case_uri(unit["sscc"])}), batch, code))
    records = {each["evidence"]: (at, each) for at, each in enumerate(truth["chain"]["records"])}
    found: list[dict[str, object]] = []
    for each in truth["proof"]["history"]:
        capture, reading = capture_of(each["event"]), read(each["event"])
        at, record = records.get(each["evidence"], (0, {}))
        if reading.packing is None and capture.batch != batch:
            continue
        told = StepFacts(
            name=each["step"],
            evidence=capture.evidence,
            reading=reading,
            party=record.get("party") or each["device"],
            batch=capture.batch,
            units=capture.units,
            counts=True,
            place=(each["block"], at, 0),
            at=(CHAIN, LEDGER, PLACE[0], "0x" + PLACE[1].hex()),
            leaf=each["leaf"]["index"] if "leaf" in each else None,
        )
        if reading.packing is not None:  # the table keeps parties of records alone; who packs is who holds it
            told = told._replace(party=_packer(truth, each["device"]))
        found.append(way.take(len(found) + 1, told))
    way.end()
    return found


def _packer(truth: dict[str, dict[str, list[dict[str, str]]]], device: str) -> str:
    return next(key["party"] for key in truth["chain"]["keys"] if key["device"] == device)


@pytest.mark.parametrize("kind", [each for each in WAYS if each != "blended"])
def test_an_honest_way_is_followed_to_its_end(kind: str) -> None:
    assert followed(kind)


@pytest.mark.parametrize("kind", FORGED)
def test_a_forged_way_of_true_captures_is_refused(kind: str) -> None:
    with pytest.raises(DoesNotHold, match=FORGED[kind][1]):
        followed(kind)


def test_hand_overs_of_a_container_rest_on_both_packings() -> None:
    told = followed("container")
    assert [each["rests_on"] for each in told] == [[], [], [], [], [3, 4], [3, 4]]
    assert {each["about"] for each in told[:2]} == {"batch"}


@pytest.mark.parametrize("leaf", [False, True])
def test_a_key_signs_from_its_enrolment_to_its_revocation(leaf: bool) -> None:
    assert is_in_force((1, 0, 0), (5, 0, 0), None, leaf=leaf)
    assert is_in_force((1, 0, 0), (5, 0, 0), (5, 0, 1), leaf=leaf)
    assert is_in_force((3, 0, 0), (5, 0, 0), (2, 0, 0), leaf=leaf), "revoked, and enrolled anew"
    with pytest.raises(DoesNotHold, match="enrolled only after"):
        is_in_force((6, 0, 0), (5, 0, 0), None, leaf=leaf)


@pytest.mark.parametrize("name", REVOKED)
def test_a_key_is_judged_as_on_the_phone_but_a_packings_is_said_to_be_unproved(name: str) -> None:
    step, nth, block, _, said = REVOKED[name]
    told = [each for each in told_truth("pallet")["proof"]["history"] if each["step"] == step][nth]
    places = (told["enrolled"], 0), (told["block"], 0), (block, 0)
    if said in ("holds", "not proved"):
        assert is_in_force(*places, leaf="leaf" in told) is (said == "holds")
        return
    with pytest.raises(DoesNotHold, match=said):
        is_in_force(*places, leaf="leaf" in told)
