"""Proof files that somebody forged, step by step and field by field. A real chain."""

# ruff: noqa: F401, F811

import copy
import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from backend.capture import service as capture
from backend.cli.verify import app as verify
from backend.identity import keys
from backend.verification.way_history import Told
from backend.verification.way_proof import Prover
from ledger_indexer.fetching.client import Node
from ledger_indexer.mirror.snapshot import Snapshot
from scanner.device import events, signing
from scanner.device.events import case_uri, item_uri
from scanner.device.reading import read
from tests.fakes.proxy import LyingProxy
from tests.forging import changed, forgeries
from tests.integration.test_way_of_packed import story
from tests.integration.test_way_proofs import exported, house, pinned, sessions, url, verified
from tests.kit.house import BATCH, House, Story
from tests.kit.people import DEALER, NOW, WAREHOUSE, sscc
from tests.kit.trade import Trade

pytestmark = pytest.mark.integration
OTHER_CRATE = sscc(9003)
Json = Any


@pytest.fixture(scope="module")
def wrong(house: House, story: Story) -> bytes:
    """The evidence of a packing that was declared an error: its bottle stayed, its case was filled and sent on."""
    unit, deployed = story.kept[6], house.deployment
    domain = signing.Domain(deployed.chain_id, bytes.fromhex(deployed.batch_ledger[2:]))
    with house.sessions.begin() as session:
        trade = Trade(session, at=NOW - timedelta(hours=12), domain=domain)
        packed = events.pack(trade.place(WAREHOUSE), OTHER_CRATE, [item_uri(unit.gtin, unit.serial)])
        evidence = trade.submit(packed, by=WAREHOUSE).evidence
        trade.submit(events.declared_wrong(packed, trade.place(WAREHOUSE).time), by=WAREHOUSE)
        trade.pack(OTHER_CRATE, [item_uri(each.gtin, each.serial) for each in story.kept[7:10]], by=WAREHOUSE)
        trade.move(3, by=WAREHOUSE, to=DEALER, batch=BATCH, epcs=[case_uri(OTHER_CRATE)])
    house.settle()
    return evidence


@pytest.fixture(scope="module")
def case(house: House, story: Story, wrong: bytes) -> dict[str, Json]:
    """The way of a case: a step declared an error, a packing, hand-overs, and a key that was revoked later."""
    found: dict[str, Json] = json.loads(exported(house, f"case:{story.kept[0].sscc}"))
    with house.sessions.begin() as session:
        keys.revoke(session, bytes.fromhex(found["steps"][-1]["signer"][2:]), now=NOW)
    for _ in range(50):
        house.settle()
        found = json.loads(exported(house, f"case:{story.kept[0].sscc}"))
        if found["steps"][-1]["revoked"]:
            break
    assert [each["revoked"] is not None for each in found["steps"]] == [False, False, False, True]
    assert [each["voided"] is not None for each in found["steps"]] == [True, False, False, False]
    return found


@pytest.fixture(scope="module")
def bottle(house: House, story: Story, case: dict[str, Json]) -> dict[str, Json]:
    unit = story.kept[6]
    found: dict[str, Json] = json.loads(exported(house, f"bottle:{unit.gtin}/{unit.serial}"))
    return found


def signed(house: House, evidence: bytes) -> dict[str, Json]:
    """A step as our own program writes it, of a capture that belongs to no way."""
    node = Node(house.node)
    try:
        with house.sessions() as session, Snapshot(house.settings.database_url or "") as snapshot:
            (kept,) = capture.list_by_evidence(session, [evidence])
            prover = Prover(session, node, snapshot, house.deployment)
            made: dict[str, Json] = msgspec.to_builtins(prover.signed(Told(kept, read(kept.event))))
            return made
    finally:
        node.close()


def test_what_rests_on_a_packing_is_said_to_be_unproved(
    house: House, story: Story, wrong: bytes, bottle: dict[str, Json], tmp_path: Path
) -> None:
    unit = story.kept[7]
    sent = json.loads(exported(house, f"bottle:{unit.gtin}/{unit.serial}"))["steps"][-2:]
    file = {**bottle, "steps": [*bottle["steps"], signed(house, wrong), *sent]}
    code, answer = verified(tmp_path, json.dumps(file), *pinned(house))
    assert (code, answer["holds"]) == (0, True), "no node can tell that the packing was declared an error"
    last = len(file["steps"])
    assert [each["rests_on"] for each in answer["steps"][-2:]] == [[last - 2], [last - 2]]
    assert any(
        what.startswith(f"that the pack of step {last - 2} was not declared an error")
        and what.endswith(f"if it was, step {last - 1}, {last} is none of this unit")
        for what in answer["not_proved"]
    )
    words = CliRunner().invoke(verify, [str(tmp_path / "way.json"), *pinned(house)]).stdout
    assert words.startswith("The proof holds for what it shows")
    assert words.count(f"by the packing of step {last - 2} alone, if that was not declared an error") == 2


def test_a_case_that_never_was_has_no_way(case: dict[str, Json], bottle: dict[str, Json], tmp_path: Path) -> None:
    nowhere, packed = case_uri(sscc(424242)), [each for each in case["steps"] if each["packed"]]
    for steps in (bottle["steps"][:2], packed):
        code, answer = verified(tmp_path, json.dumps({**case, "unit": nowhere, "steps": steps}))
        assert (code, answer["holds"]) == (1, False)
        assert "says nothing of this unit" in answer["reason"]
    assert verified(tmp_path, json.dumps({**case, "steps": packed}))[1]["reason"] == "no step hands the case over"


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ((0, 1, 2, 3, 3), "step 5: it is step 4 once more"),
        ((3, 2, 1, 0), "step 1: the receive says nothing of this unit"),
        ((1, 2, 0, 3), "step 3: it was recorded in block"),
    ],
)
def test_steps_stand_once_and_in_the_order_of_the_chain(
    case: dict[str, Json], tmp_path: Path, order: tuple[int, ...], reason: str
) -> None:
    file = {**case, "steps": [case["steps"][at] for at in order]}
    assert reason in verified(tmp_path, json.dumps(file))[1]["reason"]


def test_without_a_node_no_step_is_known_not_to_be_declared_an_error(
    house: House, bottle: dict[str, Json], tmp_path: Path
) -> None:
    file = copy.deepcopy(bottle)
    (gone,) = [each for each in file["steps"] if each["voided"]]
    gone["voided"] = None
    del file["steps"][file["steps"].index(gone) + 1 :]
    code, answer = verified(tmp_path, json.dumps(file))
    assert (code, answer["holds"]) == (0, True)
    assert any(what.startswith("that no step was declared an error") for what in answer["not_proved"])
    code, answer = verified(tmp_path, json.dumps(file), *pinned(house))
    assert (code, answer["holds"]) == (1, False)
    assert "the node shows that the step was declared an error" in answer["reason"]


def test_a_node_tells_of_revocations_that_a_file_keeps_quiet(
    house: House, case: dict[str, Json], tmp_path: Path
) -> None:
    file = copy.deepcopy(case)
    gone, file["steps"][-1]["revoked"] = file["steps"][-1]["revoked"], None
    code, answer = verified(tmp_path, json.dumps(file), *pinned(house))
    assert (code, answer["steps"][-1]["revoked_block"]) == (0, gone["block"]["number"])


# every field


def indifferent(tmp_path: Path, file: dict[str, Json], seed: int) -> set[str]:
    """Fields on which neither the verdict nor what is said to be unproved depends."""
    print(f"seed {seed}")
    code, honest = verified(tmp_path, json.dumps(file))
    assert code == 0, honest
    found = set()
    for kind, text in forgeries(file, Random(seed)):
        code, answer = verified(tmp_path, text)
        if code == 0 and answer["not_proved"] == honest["not_proved"]:
            found.add(kind)
    return found


def test_every_field_of_a_way_is_checked_or_said_not_to_be(case: dict[str, Json], tmp_path: Path) -> None:
    assert indifferent(tmp_path, case, 11) == set()


def test_every_field_of_a_row_and_of_a_head_is_checked_or_said_not_to_be(case: dict[str, Json], tmp_path: Path) -> None:
    head = next(each["packed"] for each in case["steps"] if each["packed"])
    assert indifferent(tmp_path, case["steps"][-1]["recorded"], 12) == set()
    assert indifferent(tmp_path, head, 12) == {"leaf"}, "a head may come without a leaf, and then says nothing of one"


def test_every_character_of_a_bottles_proof_is_checked(house: House, bottle: dict[str, Json], tmp_path: Path) -> None:
    random = Random(13)
    print("seed 13")
    code, honest = verified(tmp_path, bottle["code"], *pinned(house))
    assert (code, len(honest["not_proved"]), honest["not_proved"][-1]) == (0, 2, "what is in the bottle")
    lines = bottle["code"].split("\n")
    for number, true in enumerate(lines):
        for line in {true + " ", changed(true or "x", random), true[:-1]} - {true}:
            text = "\n".join([*lines[:number], line, *lines[number + 1 :]])
            code, answer = verified(tmp_path, text, *pinned(house))
            assert code == 1 or answer["not_proved"] != honest["not_proved"], (number, line)
    extra = json.loads(b64decode(lines[1].removeprefix("extra ")))
    for key in (*extra, "more"):
        edited = {**extra, key: changed(extra.get(key, "0x0000"), random)}
        line = "extra " + b64encode(json.dumps(edited, separators=(",", ":")).encode()).decode()
        text = "\n".join([lines[0], line, *lines[2:]])
        assert verified(tmp_path, text, *pinned(house))[0] == 1, key
        assert verified(tmp_path, json.dumps({**bottle, "code": text}))[0] == 1, f"{key} in a way"


@pytest.mark.parametrize("origin", ["jiulian/20260/06900000000038/B1", "jiulian/1/x/y", "another"])
def test_a_checkpoint_is_that_of_the_bottles_batch(
    house: House, bottle: dict[str, Json], tmp_path: Path, origin: str
) -> None:
    head, _, tail = bottle["code"].partition("\n\n")
    text = head + "\n\n" + "\n".join([origin, *tail.split("\n")[1:]])
    for file in (text, json.dumps({**bottle, "code": text})):
        code, answer = verified(tmp_path, file, *pinned(house))
        assert (code, answer["holds"]) == (1, False)
        assert f"the checkpoint is of {origin}, the bottle's codes are jiulian/" in answer["reason"]


def test_a_field_that_stands_twice_is_no_proof(case: dict[str, Json], tmp_path: Path) -> None:
    text = json.dumps(case).replace('"gln":', '"gln": "0", "gln":', 1)
    assert "stands there twice" in verified(tmp_path, text)[1]["reason"]


# odd nodes


class Bent:
    """What was asked of a node, and the methods that it answers with something else."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: set[str] = set()
        self.answers: dict[str, Json] = {}


@pytest.fixture
def bent(house: House) -> Iterator[Bent]:
    def edit(method: str, _: list[Json], told: Json) -> Json:
        node.asked.add(method)
        return node.answers.get(method, told)

    with LyingProxy(house.node, edit) as proxy:
        node = Bent(proxy.url)
        yield node


ODD: list[Json] = json.loads(
    """[null, true, 7, -1, "", "x", "0x", "0xzz", [], {}, [null], [[]], ["0x1"],
    "0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "0x00１", {"hash": null},
    {"number": "0x1", "hash": 5}, {"blockNumber": null, "logs": null}, {"blockNumber": "0x8"}, [{"blockNumber": null}],
    {"blockNumber": "0x8", "logs": [{}]}, {"hash": "0x00", "transactions": "0x"}, {"hash": "0x00", "transactions": [1]},
    {"blockNumber": "0x8", "logs": [{"topics": [null, null, null, null], "data": null, "address": null}]}]"""
)
MAY_BE: dict[str, list[Json]] = {
    "eth_getTransactionReceipt": [None],  # there is no such transaction
    "eth_getLogs": [[]],  # there are none
    "eth_call": ["0x", "0x" + "f" * 64],  # no contract there; another root
}
"""What might be an answer of a method; all else is none."""


@pytest.mark.parametrize(("kind", "some"), [("way", 4), ("row", 1), ("bottle", 1)])
def test_a_node_whose_answers_cannot_be_read_says_nothing_either_way(
    bent: Bent, case: dict[str, Json], bottle: dict[str, Json], tmp_path: Path, kind: str, some: int
) -> None:
    files = {"way": case, "row": case["steps"][-1]["recorded"]}
    text = json.dumps(files[kind]) if kind in files else bottle["code"]
    code, answer = verified(tmp_path, text, "--rpc", bent.url)
    assert (code, answer["holds"]) == (0, True), answer
    for method in sorted(bent.asked):
        for odd in (each for each in ODD[::some] if each not in MAY_BE.get(method, ())):
            bent.answers = {method: odd}
            code, answer = verified(tmp_path, text, "--rpc", bent.url)
            assert (code, answer["holds"]) == (3, None), (method, odd, answer)


def test_a_node_that_cannot_say_a_logs_newest_head_says_nothing_either_way(
    bent: Bent, case: dict[str, Json], tmp_path: Path
) -> None:
    head = next(each["packed"] for each in case["steps"] if each["packed"])
    for odd in (None, True, [], "", "0x12", "0x" + "0" * 191 + "１"):
        bent.answers = {"eth_call": odd}
        code, answer = verified(tmp_path, json.dumps(head), "--rpc", bent.url)
        assert (code, answer["holds"]) == (3, None), (odd, answer)


def test_an_answer_that_says_otherwise_is_a_verdict(bent: Bent, bottle: dict[str, Json], tmp_path: Path) -> None:
    for method, odd in (("eth_call", "0x"), ("eth_call", "0x" + "f" * 64), ("eth_getTransactionReceipt", None)):
        bent.answers = {method: odd}
        code, answer = verified(tmp_path, bottle["code"], "--rpc", bent.url)
        assert (code, answer["holds"]) == (1, False), (method, odd, answer)
