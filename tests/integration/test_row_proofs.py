"""Proofs of mirrored rows: honest ones hold without a node, and nothing can be changed in them unnoticed."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest
from sqlalchemy import NullPool, create_engine

from ledger_indexer.blocks.wire import WireReceipt
from ledger_indexer.errors import NotProvable, WrongChain
from ledger_indexer.fetching.client import Node
from ledger_indexer.following.follower import Follower, Limits
from ledger_indexer.mirror.listening import plain_url
from ledger_indexer.mirror.snapshot import Snapshot
from ledger_indexer.mirror.store import Store
from ledger_indexer.proving.proof_file import DoesNotHold, NotAProof, RowProof, format_proof, parse
from ledger_indexer.proving.prove import RowKey, find_row, prove_row
from ledger_indexer.proving.row_proof import check_proof
from tests.databases import fresh_database
from tests.fakes.chain import DEPLOYMENT
from tests.fakes.emitter import ROOT, Emitter, Spoken, harvest

pytestmark = pytest.mark.integration
LIMITS = Limits(window=16, tail=6)
LOG = (77).to_bytes(32, "big")


@pytest.fixture(scope="module")
def chain() -> Iterator[Emitter]:
    with Emitter() as emitter:
        for number in range(6):
            emitter.mine(*(harvest(10 * number + place, 2**100 + place, batch=1 + place) for place in range(3)))
            emitter.mine()
        broken = harvest(999)
        emitter.mine(Spoken(broken.topics, broken.data[:-1]), harvest(1000))
        emitter.mine(*(harvest(2000 + place) for place in range(150)))
        yield emitter


def mirrored(chain: Emitter, database_url: str) -> str:
    store = Store(database_url)
    Follower(chain.node, store, DEPLOYMENT, LIMITS).converge(chain.node.newest())
    store.close()
    return database_url


@pytest.fixture(scope="module")
def url(chain: Emitter, postgres_server: str, template_database: str) -> Iterator[str]:
    with fresh_database(postgres_server, template_database) as database_url:
        yield mirrored(chain, database_url)


def proven(node: Node, url: str, wanted: str) -> RowProof:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        place = find_row(connection, wanted)
    with Snapshot(url) as snapshot:
        return prove_row(node, snapshot, DEPLOYMENT, place)


@pytest.mark.parametrize(
    "wanted",
    [
        "captured:4:1",
        "Captured:4:1",
        "raw_log:4:1",
        f"0x{11:064x}",
        f"{11:064x}",
        f"ni:///sha-256;{11:064x}",
    ],
)
def test_a_row_is_proven_by_any_of_its_names(chain: Emitter, url: str, wanted: str) -> None:
    shown = check_proof(parse_row(format_proof(proven(chain.node, url, wanted))))
    assert (shown.block_number, shown.name, shown.contract) == (4, "Captured", "BatchLedger")
    assert shown.values["evidence"] == f"0x{11:064x}"
    assert shown.values["quantity"] == str(2**100 + 1)


def parse_row(text: str) -> RowProof:
    found = parse(text)
    assert isinstance(found, RowProof)
    return found


def test_every_row_of_a_great_block_is_proven(chain: Emitter, url: str) -> None:
    for index in (0, 1, 15, 16, 127, 128, 149):
        shown = check_proof(proven(chain.node, url, f"captured:15:{index}"))
        assert shown.values["evidence"] == f"0x{2000 + index:064x}"


def test_a_log_in_quarantine_is_proven_as_the_bytes_it_is(chain: Emitter, url: str) -> None:
    shown = check_proof(proven(chain.node, url, "quarantine:14:0"))
    assert (shown.name, shown.values["data"]) == ("RawLog", "0x" + harvest(999).data[:-1].hex())


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ("captured:4:7", "the mirror has no row captured:4:7"),
        ("captured:5:0", "the mirror has no row"),
        ("captured:99999:0", "the mirror has no row"),
        ("captured:14:0", "the mirror has no row"),
        ("quarantine:14:1", "the mirror has no row"),
        ("input_consumed:4:1", "the mirror has no row"),
        ("holding:4:1", "holds no logs"),
        ("0x" + "ee" * 32, "no capture with evidence"),
        ("head:jiulian-evidence", "no accepted head"),
        ("captured:4", "neither"),
        ("", "neither"),
    ],
)
def test_a_row_that_is_not_in_the_mirror_is_never_invented(chain: Emitter, url: str, wanted: str, reason: str) -> None:
    with pytest.raises(NotProvable, match=reason):
        proven(chain.node, url, wanted)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("update mirror.captured set quantity = 11 where block_number = 4 and log_index = 1", "quantity is 11"),
        ("update mirror.captured set block_time = 1 where block_number = 4", "block_time is 1"),
        ("update mirror.captured set tx_hash = '\\x01' where block_number = 4", "tx_hash is 0x01"),
        ("update mirror.raw_block set data[2] = '\\x00' where block_number = 4", "raw log has data 0x00"),
        ("update mirror.raw_block set tx_index[2] = 9 where block_number = 4", "transaction index 9"),
        ("delete from mirror.raw_block where block_number = 4", "but not the raw log"),
        ("update mirror.block set hash = '\\x01' where number = 4", "the node has another block 4"),
        ("delete from mirror.block where number = 4", "no header of block 4"),
    ],
)
def test_a_row_that_the_chain_has_otherwise_is_refused(
    chain: Emitter, database_url: str, fault: str, reason: str
) -> None:
    url = mirrored(chain, database_url)
    with psycopg.connect(plain_url(url)) as connection:
        assert connection.execute(fault).rowcount
    with pytest.raises(NotProvable, match=reason):
        proven(chain.node, url, "captured:4:1")


class Liar(Node):
    """A node that changes a header or keeps a receipt to itself."""

    def __init__(self, url: str, header: dict[str, str], *, withholds: bool = False) -> None:
        super().__init__(url)
        self.header, self.withholds = header, withholds

    def full_headers(self, first: int, last: int) -> list[dict[str, Any]]:
        return [{**header, **self.header} for header in super().full_headers(first, last)]

    def receipts(self, block_hashes: Sequence[bytes]) -> list[list[WireReceipt]]:
        return [found[: len(found) - self.withholds] for found in super().receipts(block_hashes)]


def test_a_node_that_lies_gives_no_proof(chain: Emitter, url: str) -> None:
    for header, withholds, reason in (
        ({"timestamp": "0x1"}, False, "does not hash to"),
        ({"hash": "0x" + "12" * 32}, False, "the node has another block 4"),
        ({}, True, "withholds or alters a receipt"),
    ):
        liar = Liar(chain.url, header, withholds=withholds)
        with pytest.raises(NotProvable, match=reason):
            proven(liar, url, "captured:4:1")
        liar.close()


class Curt(Node):
    """A node that hands out no transactions as bytes."""

    def raw_transactions(self, block_hash: bytes, count: int) -> list[bytes] | None:
        return None


def test_a_node_that_hands_out_no_transactions_leaves_their_hash_unproven(chain: Emitter, url: str) -> None:
    assert "transaction" not in check_proof(proven(chain.node, url, "captured:4:1")).unproven
    curt = Curt(chain.url)
    proof = proven(curt, url, "captured:4:1")
    curt.close()
    assert "raw" not in json.loads(format_proof(proof))["transaction"]
    assert proof.transaction.hash in check_proof(parse_row(format_proof(proof))).unproven["transaction"]


def test_an_empty_mirror_proves_nothing(chain: Emitter, database_url: str) -> None:
    with Snapshot(database_url) as snapshot, pytest.raises(WrongChain, match="no mirror"):
        prove_row(chain.node, snapshot, DEPLOYMENT, RowKey("captured", 4, 1))


def flipped(text: str, at: int = -1) -> str:
    """0x hex with one digit changed."""
    return text[:at] + ("1" if text[at] != "1" else "2") + (text[at + 1 :] if at != -1 else "")


def put(*way: Any, to: Callable[[Any], Any]) -> Callable[[dict[str, Any]], None]:
    """An edit of one place of the file."""

    def edit(file: dict[str, Any]) -> None:
        for key in way[:-1]:
            file = file[key]
        file[way[-1]] = to(file[way[-1]])

    return edit


@pytest.fixture(scope="module")
def text(chain: Emitter, url: str) -> str:
    return format_proof(proven(chain.node, url, "captured:4:1"))


EDITS: list[tuple[Callable[[dict[str, Any]], None], str]] = [
    (put("receipt", to=flipped), "the receipt is not the one that stands at transaction 1"),
    (put("path", 0, to=flipped), "breaks at node 1: it does not hash to what the root names"),
    (put("path", 1, to=flipped), "breaks at node 2: it does not hash to what node 1 names"),
    (put("path", to=lambda path: path[:-1]), "ends before its key"),
    (put("path", to=lambda path: [*path, path[-1]]), "1 nodes too many"),
    (put("path", to=lambda path: []), "ends before its key"),
    (put("transaction", "index", to=lambda n: n + 1), "transaction 2 breaks at node 3"),
    (put("transaction", "index", to=lambda n: 200), "path"),
    (put("block", "header", "stateRoot", to=flipped), "the header hashes to"),
    (put("block", "header", "receiptsRoot", to=flipped), "the header hashes to"),
    (put("block", "header", "timestamp", to=flipped), "the header hashes to"),
    (put("block", "header", "number", to=lambda _: "0x5"), "the header hashes to"),
    (put("block", "hash", to=flipped), "the header hashes to"),
    (put("block", "number", to=lambda n: n + 1), "the header's number is 4, the file says 5"),
    (put("row", "time", to=lambda n: n + 1), "the header's time is"),
    (put("transaction", "raw", to=flipped), "the transaction is not the one that stands at 1"),
    (put("transaction", "path", 0, to=flipped), "from the transactions root to transaction 1 breaks at node 1"),
    (put("transaction", "hash", to=flipped), "the transaction hashes to 0x"),
    (put("deployment", "chain_id", to=lambda _: 1), "the transaction is signed for chain 31337, the file says 1"),
    (put("log", "place", to=lambda _: 1), "the receipt holds 1 logs, none at place 1"),
    (put("log", "place", to=lambda _: -1), "none at place -1"),
    (put("log", "index", to=lambda _: -1), "cannot have index -1 in its block"),
    (put("log", "address", to=flipped), "emitted by address 0xa2a2"),
    (put("deployment", "batch_ledger", to=flipped), "where the deployment has no contract"),
    (put("deployment", "block", to=lambda _: 9), "older than the deployment"),
    (put("row", "name", to=lambda _: "InputConsumed"), "the log is Captured, the file says InputConsumed"),
    (put("row", "values", "quantity", to=lambda _: "9"), f"the row's quantity is {2**100 + 1}, the file says 9"),
    (put("row", "values", "batch", to=flipped), "the row's batch is"),
    (put("row", "values", to=lambda values: {**values, "holder": "0x01"}), "the row's holder is not there"),
    (put("row", "values", to=lambda _: {}), "the row's evidence is .*, the file says nothing"),
]


@pytest.mark.parametrize(("edit", "reason"), EDITS)
def test_whatever_is_changed_in_a_proof_is_named(
    text: str, edit: Callable[[dict[str, Any]], None], reason: str
) -> None:
    file = json.loads(text)
    edit(file)
    with pytest.raises(DoesNotHold, match=reason):
        check_proof(parse_row(json.dumps(file)))


def test_no_digit_of_the_proof_itself_can_be_another(text: str) -> None:
    chosen = Random(7)
    file = json.loads(text)
    where = [
        ("receipt",),
        *(("path", n) for n in range(len(file["path"]))),
        *(("block", "header", n) for n in file["block"]["header"]),
    ]
    for way in where:
        for _ in range(10):
            changed = json.loads(text)
            value = file
            for key in way:
                value = value[key]
            if len(value) == 2:
                continue
            at = chosen.randrange(2, len(value))
            digit = chosen.choice([d for d in "123456789abcdef" if d != value[at]])
            put(*way, to=lambda old, at=at, digit=digit: old[:at] + digit + old[at + 1 :])(changed)
            with pytest.raises(DoesNotHold):
                check_proof(parse_row(json.dumps(changed)))


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (put("kind", to=lambda _: "other@v1"), "unknown"),
        (put("block", "header", to=lambda header: {**header, "extra": "0x"}), "a field extra"),
        (put("block", "header", to=lambda header: {"number": "0x4"}), "lacks parentHash"),
        (put("block", "header", "gasUsed", to=lambda _: "0x0_1"), "gasUsed is not hexadecimal"),
        (put("block", "header", "stateRoot", to=lambda text: text[:-1]), "stateRoot is not hexadecimal"),
        (put("receipt", to=lambda text: text[:-1]), "receipt is not 0x hexadecimal"),
        (put("path", 0, to=lambda text: "0xzz"), "path is not"),
        (put("transaction", "raw", to=lambda _: None), "come together or not at all"),
        (put("transaction", "hash", to=lambda _: "0x01"), "hash is not 32 bytes"),
        (put("transaction", "index", to=lambda _: -1), "no place in a block"),
        (put("transaction", "index", to=lambda _: "1"), "Expected `int`"),
        (put("log", to=lambda log: {**log, "holder": "me"}), "unknown field"),
    ],
)
def test_what_is_not_even_a_proof_is_said_so(text: str, edit: Callable[[dict[str, Any]], None], reason: str) -> None:
    file = json.loads(text)
    edit(file)
    with pytest.raises(NotAProof, match=reason):
        check_proof(parse_row(json.dumps(file)))


def test_the_command_writes_a_proof_or_says_why_not(chain: Emitter, url: str, tmp_path: Path) -> None:
    DEPLOYMENT.save(tmp_path / "deployment.json")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "ledger_indexer", "prove", *arguments, "--rpc", chain.url]
        command += ["--database-url", url, "--deployment", str(tmp_path / "deployment.json")]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    told = run("captured:4:1")
    assert told.returncode == 0, told.stderr
    assert check_proof(parse_row(told.stdout)).values["evidence"] == f"0x{11:064x}"
    written = run("captured:4:1", "--out", str(tmp_path / "row.json"))
    assert (written.returncode, written.stdout) == (0, "")
    assert (tmp_path / "row.json").read_text() == told.stdout
    refused = run("captured:4:9", "--out", str(tmp_path / "none.json"))
    assert refused.returncode == 1
    assert "the mirror has no row captured:4:9" in refused.stderr
    assert not (tmp_path / "none.json").exists()
