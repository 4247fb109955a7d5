"""`jiulian verify` on proofs of rows and of evidence heads: with mathematics alone, with a node, and refused."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import NullPool, create_engine
from sqlalchemy.orm import Session, sessionmaker
from typer.testing import CliRunner

from backend.anchoring import service
from backend.anchoring.rules import LOG
from backend.cli.prove import proof_of
from backend.cli.verify import app as verify
from backend.db.engine import make_sessions
from backend.errors import NotFound
from ledger_indexer.blocks.receipts import block_hash
from ledger_indexer.errors import NotProvable
from ledger_indexer.fetching.client import Node
from ledger_indexer.mirror.snapshot import Snapshot
from ledger_indexer.proving.proof_file import format_proof
from tests.databases import fresh_database
from tests.fakes.emitter import ROOT, Emitter
from tests.kit.house import House, Story, open_house, tell_story
from tests.kit.people import NOW, WAREHOUSE

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def url(postgres_server: str, template_database: str) -> Iterator[str]:
    with fresh_database(postgres_server, template_database) as made:
        yield made


@pytest.fixture(scope="module")
def sessions(url: str) -> sessionmaker[Session]:
    return make_sessions(create_engine(url, poolclass=NullPool))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, url: str, sessions: sessionmaker[Session]) -> Iterator[House]:
    with open_house(tmp_path_factory.mktemp("house"), url, sessions) as opened:
        yield opened


@pytest.fixture(scope="module")
def story(house: House) -> Story:
    told = tell_story(house, until=WAREHOUSE)
    house.settle()
    return told


@pytest.fixture(scope="module")
def leaves(house: House, story: Story) -> list[bytes]:
    """Leaves of the evidence log, under two heads."""
    found = []
    for count in (3, 4):
        with house.sessions.begin() as session:
            found += [service.add_leaf(session, "scan", {"n": len(found) + n}, now=NOW) for n in range(count)]
        house.settle()
    return found


def exported(house: House, wanted: str, since: int | None = None) -> str:
    node = Node(house.node)
    try:
        with house.sessions() as session, Snapshot(house.settings.database_url or "") as snapshot:
            return format_proof(proof_of(session, node, snapshot, house.deployment, wanted, since))
    finally:
        node.close()


@pytest.fixture(scope="module")
def row(house: House, story: Story) -> str:
    return exported(house, f"ni:///sha-256;{story.shipped[WAREHOUSE].hex()}")


@pytest.fixture(scope="module")
def head(house: House, leaves: list[bytes]) -> str:
    return exported(house, leaves[2].hex(), since=3)


def verified(tmp_path: Path, text: str | bytes, *options: str) -> tuple[int, dict[str, Any]]:
    path = tmp_path / "proof.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    outcome = CliRunner().invoke(verify, [str(path), *options, "--json"])
    return outcome.exit_code, json.loads(outcome.stdout)


def told(tmp_path: Path, text: str, *options: str) -> str:
    (tmp_path / "proof.json").write_text(text)
    return CliRunner().invoke(verify, [str(tmp_path / "proof.json"), *options]).stdout


def test_a_row_holds_without_a_node_and_says_what_was_believed(tmp_path: Path, story: Story, row: str) -> None:
    code, answer = verified(tmp_path, row)
    assert (code, answer["holds"], answer["log"], answer["contract"]) == (0, True, "Captured", "BatchLedger")
    assert answer["values"]["evidence"] == "0x" + story.shipped[WAREHOUSE].hex()
    assert any("ask a node you trust" in what for what in answer["not_proved"])
    words = told(tmp_path, row)
    assert words.startswith("The proof holds: BatchLedger at 0x")
    assert "No node was asked." in words


def test_a_node_and_a_deployment_leave_less_to_be_believed(house: House, tmp_path: Path, row: str) -> None:
    pinned = ("--rpc", house.node, "--deployment", str(house.settings.deployment_path))
    code, answer = verified(tmp_path, row, *pinned)
    assert (code, answer["holds"], answer["node"]) == (0, True, house.node)
    assert all("index in the whole block" in what for what in answer["not_proved"])


def test_a_node_of_another_chain_contradicts_a_row(tmp_path: Path, row: str) -> None:
    with Emitter() as other:
        number = json.loads(row)["block"]["number"]
        chain = json.loads(row)["deployment"]["chain_id"]
        code, answer = verified(tmp_path, row, "--rpc", other.url)
        if other.node.chain_id() != chain:
            assert f"this node is of chain {other.node.chain_id()}" in answer["reason"]
            other.call("anvil_setChainId", chain)
            code, answer = verified(tmp_path, row, "--rpc", other.url)
        assert (code, answer["holds"]) == (3, None)
        assert f"has no block {number} yet" in answer["reason"]
        for _ in range(number):
            other.mine()
        code, answer = verified(tmp_path, row, "--rpc", other.url)
        assert (code, answer["holds"]) == (1, False)
        assert f"block {number} of this node is 0x" in answer["reason"]


def test_a_silent_node_says_nothing_either_way(tmp_path: Path, row: str) -> None:
    code, answer = verified(tmp_path, row, "--rpc", "http://127.0.0.1:9")
    assert (code, answer["holds"]) == (3, None)


def test_other_contracts_than_the_pinned_ones_are_refused(house: House, tmp_path: Path, row: str) -> None:
    other = tmp_path / "deployment.json"
    pinned = json.loads(house.settings.deployment_path.read_text())
    other.write_text(json.dumps(pinned | {"batch_ledger": "0x" + "12" * 20}))
    code, answer = verified(tmp_path, row, "--deployment", str(other))
    assert code == 1
    assert "its batch_ledger is" in answer["reason"]


def test_a_forged_transaction_hash_is_found_by_its_bytes_or_by_a_node(house: House, tmp_path: Path, row: str) -> None:
    file = json.loads(row)
    file["transaction"]["hash"] = "0x" + "12" * 32
    code, answer = verified(tmp_path, json.dumps(file))
    assert (code, answer["holds"]) == (1, False)
    del file["transaction"]["raw"], file["transaction"]["path"]
    code, answer = verified(tmp_path, json.dumps(file))
    assert (code, any("12" * 32 in what for what in answer["not_proved"])) == (0, True)
    code, answer = verified(tmp_path, json.dumps(file), "--rpc", house.node)
    assert code == 1
    assert "on this node" in answer["reason"]


def test_values_are_never_taken_from_the_file(tmp_path: Path, row: str) -> None:
    file = json.loads(row)
    file["row"]["values"]["quantity"] = "999"
    code, answer = verified(tmp_path, json.dumps(file))
    assert code == 1
    assert answer["reason"].endswith("the file says 999")


@pytest.mark.parametrize("cut", [0, 1, 2, 40, 400, 4_000])
def test_a_cut_file_is_no_proof(tmp_path: Path, row: str, cut: int) -> None:
    code, answer = verified(tmp_path, row[:cut])
    assert (code, answer["holds"]) == (1, False)
    assert answer["reason"].startswith("the file is not a proof")


@pytest.mark.parametrize(
    "rubbish",
    [b"\xff\xfe", b"{}", b"[]", b'{"kind": 1}', b"hello", b'{"kind": "jiulian-row-proof@v1"}', b'{"a":' * 50_000],
)
def test_rubbish_is_no_proof(tmp_path: Path, rubbish: bytes) -> None:
    code, answer = verified(tmp_path, rubbish)
    assert (code, answer["holds"]) == (1, False)
    assert answer["reason"].startswith("the file is not a proof")


def test_a_forged_header_with_an_impossible_time_is_no_proof(tmp_path: Path, row: str) -> None:
    file = json.loads(row)
    file["block"]["header"]["timestamp"], file["row"]["time"] = hex(2**60), 2**60
    file["block"]["hash"] = "0x" + block_hash(file["block"]["header"]).hex()
    code, answer = verified(tmp_path, json.dumps(file))
    assert (code, answer["holds"]) == (1, False)
    assert answer["reason"].endswith("is no time")


def test_a_head_holds_with_its_leaf_and_its_growth(
    house: House, tmp_path: Path, head: str, leaves: list[bytes]
) -> None:
    code, answer = verified(tmp_path, head)
    assert (code, answer["holds"], answer["log"], answer["size"]) == (0, True, "0x" + LOG.hex(), 7)
    assert answer["leaf"] == {"data": "0x" + leaves[2].hex(), "index": 2}
    assert answer["extends"]["size"] == 3
    code, answer = verified(tmp_path, head, "--rpc", house.node)
    assert (code, answer["newest_size"] >= 7) == (0, True)
    assert "had 7 leaves under root" in told(tmp_path, head, "--rpc", house.node)


def test_a_bare_head_holds_and_grows_old(house: House, tmp_path: Path, head: str) -> None:
    bare = exported(house, "head")
    assert verified(tmp_path, bare)[1]["leaf"] is None
    assert "It is the newest head." in told(tmp_path, bare, "--rpc", house.node)
    with house.sessions.begin() as session:
        service.add_leaf(session, "scan", {"n": "later"}, now=NOW)
    house.settle()
    assert "The log has 8 leaves by now." in told(tmp_path, bare, "--rpc", house.node)


def flipped(text: str) -> str:
    return text[:-1] + ("1" if text[-1] != "1" else "2")


def edited(text: str, *way: Any, to: Any) -> str:
    file = json.loads(text)
    part = file
    for key in way[:-1]:
        part = part[key]
    part[way[-1]] = to(part[way[-1]]) if callable(to) else to
    return json.dumps(file)


@pytest.mark.parametrize(
    ("way", "to", "reason"),
    [
        (("leaf", "data"), flipped, "the leaf does not stand at 2"),
        (("leaf", "index"), 1, "the leaf does not stand at 1"),
        (("leaf", "path", 0), flipped, "the leaf does not stand at 2"),
        (("leaf", "path"), [], "the leaf does not stand at 2"),
        (("earlier", "size"), 4, "begin with the earlier head of 4 leaves"),
        (("earlier", "root"), flipped, "begin with the earlier head of 3 leaves"),
        (("earlier", "path", 1), flipped, "begin with the earlier head of 3 leaves"),
        (("anchored", "row", "values", "root"), flipped, "the row's root is"),
        (("anchored", "row", "values", "size"), "8", "the row's size is 7, the file says 8"),
        (("anchored", "receipt"), flipped, "the receipt is not the one"),
        (("anchored", "path", 0), flipped, "does not hash to what the root names"),
        (("anchored", "block", "header", "parentHash"), flipped, "the header hashes to"),
        (("anchored", "deployment", "evidence_log"), flipped, "where the deployment has no contract"),
        (("leaf", "path", 0), "0x12", "is not 32 bytes"),
        (("anchored", "kind"), "jiulian-evidence-head@v1", "the file is not a proof"),
    ],
)
def test_whatever_is_changed_in_a_head_is_named(
    tmp_path: Path, head: str, way: tuple[Any, ...], to: Any, reason: str
) -> None:
    code, answer = verified(tmp_path, edited(head, *way, to=to))
    assert (code, answer["holds"]) == (1, False)
    assert reason in answer["reason"]


def test_a_row_that_is_no_head_anchors_none(tmp_path: Path, head: str, row: str) -> None:
    code, answer = verified(tmp_path, edited(head, "anchored", to=json.loads(row)))
    assert code == 1
    assert "is a log Captured, not HeadAccepted" in answer["reason"]


def test_nothing_is_exported_that_is_not_there(house: House, leaves: list[bytes]) -> None:
    for wanted, since, kind, reason in (
        ("head", 99, NotFound, "no growth since 99"),
        ("head", 0, NotFound, "no growth since 0"),
        ("nonsense", None, NotFound, "neither"),
        ("ab" * 32, None, NotProvable, "no capture with evidence"),
    ):
        with pytest.raises(kind, match=reason):
            exported(house, wanted, since)


def test_the_commands_export_what_verify_reads(house: House, tmp_path: Path, leaves: list[bytes], story: Story) -> None:
    environment = {
        **os.environ,
        "JIULIAN_HOME": str(house.settings.home),
        "DATABASE_URL": str(house.settings.database_url),
        "JIULIAN_CHAIN_RPC_URL": house.node,
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "backend", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)

    evidence = story.shipped[WAREHOUSE].hex()
    for arguments in (
        ("prove", leaves[0].hex(), "--since", "3"),
        ("prove", evidence),
        ("index", "prove", "head:jiulian-evidence"),
        ("index", "prove", f"ni:///sha-256;{evidence}"),
    ):
        made = run(*arguments, "--out", str(tmp_path / "proof.json"))
        assert made.returncode == 0, made.stderr
        checked = run("verify", str(tmp_path / "proof.json"))
        assert (checked.returncode, checked.stdout[:16]) == (0, "The proof holds:"), checked.stdout
    refused = run("prove", "head", "--since", "12345")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "no growth since 12345" in refused.stderr
