"""The audit passes on an honest mirror and names the first planted fault."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
import pytest

from ledger_indexer.auditing.mirror import Report, audit
from ledger_indexer.blocks.wire import WireReceipt
from ledger_indexer.fetching.client import Node
from ledger_indexer.following.follower import Follower, Limits
from ledger_indexer.mirror.listening import plain_url
from ledger_indexer.mirror.snapshot import Snapshot
from ledger_indexer.mirror.store import Store
from tests.fakes.chain import DEPLOYMENT
from tests.fakes.emitter import ROOT, Emitter, Spoken, harvest

pytestmark = pytest.mark.integration
LIMITS = Limits(window=16, tail=6)


@pytest.fixture(scope="module")
def chain() -> Iterator[Emitter]:
    with Emitter() as emitter:
        for number in range(6):
            emitter.mine(*(harvest(10 * number + place, batch=1 + place) for place in range(3)))
            emitter.mine()
        broken = harvest(999)
        emitter.mine(Spoken(broken.topics, broken.data[:-1]))
        yield emitter


@pytest.fixture
def url(chain: Emitter, database_url: str) -> str:
    store = Store(database_url)
    Follower(chain.node, store, DEPLOYMENT, LIMITS).converge(chain.node.newest())
    store.close()
    return database_url


def audited(node: Node, url: str) -> Report:
    with Snapshot(url) as snapshot:
        return audit(node, snapshot, DEPLOYMENT)


def test_an_honest_mirror_passes_and_the_audit_says_what_it_could_not_check(chain: Emitter, url: str) -> None:
    report = audited(chain.node, url)
    assert report.difference is None
    assert (report.logs, report.blocks) == (19, report.last)
    assert any("transaction hashes" in what for what in report.unchecked)
    assert any("balances against the contract" in what for what in report.unchecked)


WITHOUT_FIRST = (
    "update mirror.raw_block set log_index = log_index[2:], tx_index = tx_index[2:], tx_hash = tx_hash[2:],"
    " address = address[2:], topics = topics[2:], data = data[2:] where block_number = 8"
)


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        ("update mirror.captured set quantity = 11 where block_number = 4 and log_index = 1", "table Captured"),
        ("update mirror.captured set batch = '\\x05' where block_number = 2 and log_index = 0", "block 2, log 0"),
        ("update mirror.captured set block_number = 5 where block_number = 4 and log_index = 2", "lacks"),
        ("update mirror.captured set block_time = 1 where block_number = 6", "table Captured"),
        ("update mirror.captured set tx_hash = '\\x01' where block_number = 6 and log_index = 0", "table Captured"),
        ("update mirror.captured set log_index = 7 where block_number = 6 and log_index = 2", "lacks"),
        ("update mirror.captured set step = 2 where block_number = 6 and log_index = 0", "table Captured"),
        ("delete from mirror.captured where block_number = 8 and log_index = 2", "block 8, log 2"),
        ("delete from mirror.captured where block_number = 12", "block 12, log 0"),
        ("delete from mirror.raw_block where block_number = 8", "block 8, log 0"),
        (WITHOUT_FIRST, "table raw_log"),
        ("update mirror.raw_block set log_index = log_index[2:] where block_number = 8", "table raw_log"),
        ("update mirror.raw_block set data[1] = '\\x00' where block_number = 8", "table raw_log"),
        (
            "insert into mirror.captured select 3, 0, tx_hash, block_time, evidence, batch, party, step, quantity,"
            " counterparty, location, time, units, ref, device from mirror.captured limit 1",
            "not on the chain",
        ),
        (
            "insert into mirror.captured select 500, 0, tx_hash, block_time, evidence, batch, party, step, quantity,"
            " counterparty, location, time, units, ref, device from mirror.captured limit 1",
            "block 500, above the mirror's tip",
        ),
        (
            "insert into mirror.capture_refused values (0, 0, '\\x01', 1, '\\x02', '\\x03', '\\x04', '\\x05')",
            "table capture_refused has a row of block 0, below the deployment",
        ),
        (
            "insert into mirror.input_consumed values (4, 9, '\\x01', 1, '\\x02', '\\x03', 5)",
            "table InputConsumed",
        ),
        ("update mirror.holding set held = held + 1", "table holding"),
        ("delete from mirror.holding", "lacks"),
        ("update mirror.batch_total set sold = 1, born = born + 1", "table batch_total"),
        ("insert into mirror.consignment values ('\\x01', '\\x01', '\\x01', '\\x01', 1, 0, 0, 0)", "consignment"),
        ("delete from mirror.quarantine", "table quarantine"),
        ("update mirror.block set hash = '\\x01' where number = 4", "block 4"),
        ("update mirror.cursor set hash = '\\x01'", "tip"),
    ],
)
def test_finds_what_was_tampered_with(chain: Emitter, url: str, fault: str, named: str) -> None:
    with psycopg.connect(plain_url(url)) as connection:
        assert connection.execute(fault).rowcount
    difference = audited(chain.node, url).difference
    assert difference is not None
    assert named in difference


class Withholding(Node):
    """A node that keeps the last log of a block to itself, everywhere."""

    def receipts(self, block_hashes: Sequence[bytes]) -> list[list[WireReceipt]]:
        found = super().receipts(block_hashes)
        found[-1] = found[-1][:-1]
        return found


def test_finds_a_node_that_withholds_a_log(chain: Emitter, url: str) -> None:
    liar = Withholding(chain.url)
    difference = audited(liar, url).difference
    liar.close()
    assert difference is not None
    assert "withholds or alters a receipt" in difference


def test_the_command_ends_with_code_1_on_a_difference(chain: Emitter, url: str, tmp_path: Path) -> None:
    DEPLOYMENT.save(tmp_path / "deployment.json")
    command = [sys.executable, "-m", "ledger_indexer", "audit", "--rpc", chain.url, "--database-url", url]
    command += ["--deployment", str(tmp_path / "deployment.json")]
    assert subprocess.run(command, cwd=ROOT, capture_output=True).returncode == 0
    with psycopg.connect(plain_url(url)) as connection:
        connection.execute("delete from mirror.captured where block_number = 12")
    failed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert failed.returncode == 1
    assert "block 12" in failed.stdout
