"""The measurements, each in a process of its own so that memory is its own."""

import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import httpx2
import psycopg
from psycopg import sql
from psycopg.rows import TupleRow
from sqlalchemy import create_engine, make_url

from ledger_indexer.auditing.mirror import audit
from ledger_indexer.bench.load import DEPLOYMENT, Load
from ledger_indexer.bench.processes import peak_mb
from ledger_indexer.fetching.client import Node
from ledger_indexer.fetching.fetcher import Fetcher
from ledger_indexer.following.follower import Follower, Limits
from ledger_indexer.following.run import run
from ledger_indexer.mirror.listening import plain_url
from ledger_indexer.mirror.snapshot import Snapshot
from ledger_indexer.mirror.store import Store
from ledger_indexer.rows import tables
from ledger_indexer.rows.copying import binary_copy
from ledger_indexer.settings import Settings

_BLOCKS = 40


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds, the CPU seconds and the peak memory in MB of the process that took them."""

    seconds: float
    peak_rss_mb: float
    events: int
    cpu_s: float

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds

    @property
    def cpu_us(self) -> float:
        """Microseconds of the process's CPU for an event."""
        return self.cpu_s / self.events * 1_000_000


@contextmanager
def throwaway_database(url: str) -> Iterator[str]:
    """A new database with an empty mirror on the same server, dropped afterwards."""
    name = f"bench_{uuid4().hex[:12]}"
    with psycopg.connect(plain_url(url), autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        fresh = make_url(url).set(drivername="postgresql+psycopg", database=name)
        try:
            engine = create_engine(fresh)
            tables.create_all(engine)
            engine.dispose()
            yield fresh.render_as_string(hide_password=False)
        finally:
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def apart(work: Callable[..., int], *arguments: object) -> Measured:
    """Run in a fresh process; ``work`` gives how many events it handled."""
    context = multiprocessing.get_context("spawn")
    answers: multiprocessing.Queue[Measured] = context.Queue()
    process = context.Process(target=_child, args=(work, arguments, answers))
    process.start()
    measured = answers.get(timeout=1_800)
    process.join()
    return measured


def _child(work: Callable[..., int], arguments: tuple[object, ...], answers: "multiprocessing.Queue[Measured]") -> None:
    started, used = time.perf_counter(), time.process_time()
    events = work(*arguments)
    seconds, cpu = time.perf_counter() - started, time.process_time() - used
    answers.put(Measured(seconds, peak_mb(), events, cpu))


def backfill(rpc: str, database_url: str) -> int:
    """The product's own way, from the first block to the newest."""
    node, store = Node(rpc), Store(database_url)
    follower = Follower(node, store, DEPLOYMENT, Limits())
    follower.converge(node.newest())
    store.close()
    node.close()
    return mirrored(database_url)


def mirrored(database_url: str) -> int:
    """How many captures a mirror holds."""
    with psycopg.connect(plain_url(database_url)) as connection:
        row = connection.execute("select count(*) from mirror.captured").fetchone()
    assert row is not None
    return int(row[0])


def whole_audit(rpc: str, database_url: str) -> int:
    """Every header, receipts root, row and balance of the mirror; gives the number of logs."""
    node = Node(rpc)
    with Snapshot(database_url) as snapshot:
        report = audit(node, snapshot, DEPLOYMENT)
    node.close()
    if report.difference is not None:
        raise AssertionError(report.difference)
    return report.logs


def only_bytes(rpc: str, last: int, blocks: int = _BLOCKS) -> int:
    """The limit of the wire: answers of ``eth_getLogs`` read and thrown away; gives their number of logs."""
    events = 0
    with httpx2.Client(timeout=60) as client:
        for start in range(1, last + 1, blocks):
            wanted = {"fromBlock": hex(start), "toBlock": hex(min(last, start + blocks - 1))}
            body = {"jsonrpc": "2.0", "id": 1, "method": "eth_getLogs", "params": [wanted]}
            events += client.post(rpc, json=body).content.count(b'"logIndex"')
    return events


def bare_loop(rpc: str, database_url: str, last: int, blocks: int = _BLOCKS) -> int:
    """Fetch, decode and COPY one after the other, with no cursor, no headers' checks, no raw logs, no balances."""
    node, fetcher = Node(rpc), Fetcher(Node(rpc), DEPLOYMENT.watched)
    store = Store(database_url)
    addresses = sorted(DEPLOYMENT.watched.values())
    times = dict.fromkeys(range(last + 1), 0)
    events = 0
    for start in range(1, last + 1, blocks):
        wire = node.logs_of_range(start, min(last, start + blocks - 1), addresses)
        rows = fetcher.decode(wire, times).rows.get("Captured", [])
        with store.transaction():
            store.copy(tables.captured, binary_copy(tables.captured, rows))
        events += len(rows)
    return events


def copy_only(source_url: str, database_url: str, last: int, seconds: "multiprocessing.Queue[float]") -> int:
    """The limit of the database: ready rows by binary COPY."""
    with Snapshot(source_url) as snapshot:
        rows = snapshot.rows("Captured", 0, last)
    store = Store(database_url)
    started = time.perf_counter()
    with store.transaction():
        store.copy(tables.captured, binary_copy(tables.captured, rows))
    seconds.put(time.perf_counter() - started)
    return len(rows)


def tail(load: Load, database_url: str, blocks: int) -> list[float]:
    """Milliseconds from just before a block is mined until another SQL session sees it mirrored, block by block."""
    stop = threading.Event()
    with TemporaryDirectory() as folder:
        file = Path(folder, "deployment.json")
        DEPLOYMENT.save(file)
        settings = Settings.model_validate({"database_url": database_url, "rpc_url": load.url, "deployment": file})
        following = threading.Thread(target=run, args=(settings, stop))
        following.start()
        try:
            with psycopg.connect(plain_url(database_url), autocommit=True) as connection:
                _await(connection, load.node.newest().number)
                time.sleep(1)
                return [_one_block(load, connection) for _ in range(blocks)]
        finally:
            stop.set()
            following.join()


def _one_block(load: Load, connection: psycopg.Connection[TupleRow]) -> float:
    load.send(20)
    number = load.node.newest().number + 1
    started = time.perf_counter()
    load.node.call("evm_mine")
    _await(connection, number)
    taken = time.perf_counter() - started
    time.sleep(0.02)
    return taken * 1_000


def _await(connection: psycopg.Connection[TupleRow], number: int) -> None:
    while True:
        row = connection.execute("select number from mirror.cursor").fetchone()
        if row is not None and row[0] >= number:
            return
        time.sleep(0.000_2)
