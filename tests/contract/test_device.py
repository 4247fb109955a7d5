"""What our devices sign is what the contract checks."""

import json
from dataclasses import astuple
from pathlib import Path

import pytest

from scanner.device import signing
from scanner.device.capture import Capture, Input, Step, capture_of
from tests.contract.world import BRAND, Key, World, named

pytestmark = pytest.mark.contract

SECRET = named("warehouse reader")
VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "capture" / "captures.json"


def relayed(world: World, capture: Capture) -> tuple[list[bytes], str]:
    """The evidence recorded, and the reason of a refusal."""
    contract = bytes.fromhex(world.ledger.address[2:])
    domain = signing.Domain(world.w3.eth.chain_id, contract)
    signature = signing.sign(capture, SECRET, domain)
    answer = world.relay([(astuple(capture), signing.address_of(SECRET), signature)])
    return answer.recorded, answer.reason if answer.refused else ""


@pytest.fixture
def brand(world: World) -> None:
    world.enrol("brand", BRAND, Key(signing.address_of(SECRET), lambda digest: signing.sign_digest(digest, SECRET)))


@pytest.mark.usefixtures("brand")
def test_the_ledger_records_what_a_device_signed(world: World) -> None:
    grain = Capture(named("one"), named("grain"), Step.HARVEST, 5_000, time=world.now())
    units, order = named("units"), named("order")
    spirit = Capture(
        named("two"), named("spirit"), Step.DISTIL, 900, location=named("still"), time=world.now(), units=units,
        ref=order, inputs=(Input(named("grain"), 2_000), Input(named("grain"), 1_000)),
    )  # fmt: skip
    assert relayed(world, grain) == ([grain.evidence], "")
    assert relayed(world, spirit) == ([spirit.evidence], "")
    assert world.totals(named("grain"))["consumed"] == 3_000


@pytest.mark.usefixtures("brand")
def test_no_vector_of_captures_is_signed_wrongly(world: World) -> None:
    for vector in json.loads(VECTORS.read_text())["cases"]:
        recorded, reason = relayed(world, capture_of(vector["event"]))
        assert recorded or reason not in {"SignatureWrong", "DeviceUnknown"}, vector
