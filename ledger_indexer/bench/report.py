"""All measurements in one run, so that they share the machine's mood, and their table."""

import multiprocessing
import os
import platform
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from statistics import median

from rich.console import Console
from rich.table import Table

from ledger_indexer.bench import measure
from ledger_indexer.bench.baseline import web3_and_orm
from ledger_indexer.bench.load import DEPLOYMENT, Load
from ledger_indexer.bench.measure import Measured
from ledger_indexer.bench.processes import cpu_of, postmaster_of, version_of

_BASELINE_BLOCKS = 100
_LIMITS_BLOCKS = 2_000
_ROUNDS_MOST = 500_000
_YOUNG_BLOCKS = 20


@dataclass(frozen=True, slots=True)
class Figures:
    """Rates in events (an audit's: logs) a second, memory in MB, times in milliseconds, CPU in microseconds an event.

    Backfill and bare loop take turns; theirs are medians of ``rounds``. CPU is 0 where the server is another machine's.
    """

    events: int
    blocks: int
    rounds: int
    events_per_s: float
    peak_rss_mb: float
    indexer_cpu_us: float
    postgres_cpu_us: float
    node_cpu_us: float
    baseline_events_per_s: float
    baseline_events: int
    bare_loop_events_per_s: float
    bare_loop_cpu_us: float
    limit_events_per_s: float
    copy_limit_events_per_s: float
    audit_logs_per_s: float
    audit_cpu_us: float
    audit_peak_rss_mb: float
    tail_p50_ms: float
    tail_p99_ms: float
    machine: str
    load_before: float

    def as_json(self) -> dict[str, object]:
        """For ``--json``."""
        return asdict(self)


@dataclass(slots=True)
class _Turns:
    """Backfill and bare loop, one after the other, so that a busy moment does not hit only one of them."""

    ours: list[Measured]
    bare: list[Measured]
    postgres_s: list[float]
    node_s: list[float]

    def take(self, load: Load, mirror: str, other: str, last: int) -> None:
        server = postmaster_of(mirror)
        postgres, node = _cpu(server), cpu_of(load.pid)
        self.ours.append(measure.apart(measure.backfill, load.url, mirror))
        self.postgres_s.append(_cpu(server) - postgres)
        self.node_s.append(cpu_of(load.pid) - node)
        self.bare.append(measure.apart(measure.bare_loop, load.url, other, last))


def bench(database_url: str, *, events: int, blocks: int, tail_blocks: int, console: Console) -> Figures:
    """Measure; takes a PostgreSQL server on which throw-away databases may be made."""
    per_block = max(1, events // blocks)
    busy = os.getloadavg()[0]
    rounds = 3 if events <= _ROUNDS_MOST else 1
    limited = min(blocks, _LIMITS_BLOCKS)
    turns = _Turns([], [], [], [])
    with ExitStack() as opened:
        load = opened.enter_context(Load())
        with console.status(f"making {events} events in {blocks} blocks"):
            for _ in range(blocks):
                load.mine(per_block)
        opened.enter_context(console.status("measuring"))
        chain = str(load.node.call("web3_clientVersion"))
        mirror = ""
        for left in reversed(range(rounds)):
            with ExitStack() as turn:
                keep = turn if left else opened  # the last mirror is audited
                mirror = keep.enter_context(measure.throwaway_database(database_url))
                turns.take(load, mirror, turn.enter_context(measure.throwaway_database(database_url)), limited)
        wire = measure.apart(measure.only_bytes, load.url, limited)
        with measure.throwaway_database(database_url) as other:
            seconds: multiprocessing.Queue[float] = multiprocessing.get_context("spawn").Queue()
            copied = measure.copy_only(mirror, other, limited, seconds) / seconds.get()
        with measure.throwaway_database(database_url) as other:
            part = min(blocks, _BASELINE_BLOCKS)
            baseline = measure.apart(web3_and_orm, load.url, other, DEPLOYMENT, part)
        audited = measure.apart(measure.whole_audit, load.url, mirror)
    with Load() as young, measure.throwaway_database(database_url) as mirror:
        for _ in range(_YOUNG_BLOCKS):  # anvil takes ten times as long to mine on 2,000 blocks as on 20
            young.mine(per_block)
        times = sorted(measure.tail(young, mirror, tail_blocks))
    ours = turns.ours
    if ours[-1].events != per_block * blocks:
        raise AssertionError(f"mirrored {ours[-1].events} of {per_block * blocks} events")
    each = 1_000_000 / ours[-1].events
    return Figures(
        events=ours[-1].events,
        blocks=blocks,
        rounds=rounds,
        events_per_s=round(median(m.rate for m in ours)),
        peak_rss_mb=round(max(m.peak_rss_mb for m in ours)),
        indexer_cpu_us=round(median(m.cpu_us for m in ours), 1),
        postgres_cpu_us=round(median(turns.postgres_s) * each, 1),
        node_cpu_us=round(median(turns.node_s) * each, 1),
        baseline_events_per_s=round(baseline.rate),
        baseline_events=baseline.events,
        bare_loop_events_per_s=round(median(m.rate for m in turns.bare)),
        bare_loop_cpu_us=round(median(m.cpu_us for m in turns.bare), 1),
        limit_events_per_s=round(wire.rate),
        copy_limit_events_per_s=round(copied),
        audit_logs_per_s=round(audited.rate),
        audit_cpu_us=round(audited.cpu_us, 1),
        audit_peak_rss_mb=round(audited.peak_rss_mb),
        tail_p50_ms=round(times[len(times) // 2], 1),
        tail_p99_ms=round(times[min(len(times) - 1, len(times) * 99 // 100)], 1),
        machine=", ".join(
            [
                f"{platform.machine()}, {multiprocessing.cpu_count()} cores, Python {platform.python_version()}",
                version_of(database_url),
                chain,
            ]
        ),
        load_before=round(busy, 1),
    )


def _cpu(process: int | None) -> float:
    return 0.0 if process is None else cpu_of(process)


def show(figures: Figures, console: Console) -> None:
    """The tables for people: the rates beside each other, then each goal beside its figure."""
    table = Table(title=f"{figures.events:,} events in {figures.blocks:,} blocks ({figures.machine})")
    table.add_column("what")
    table.add_column("events/s", justify="right")
    table.add_column("to ours", justify="right")
    for name, rate in {
        "our backfill: headers checked, raw logs, typed rows, balances": figures.events_per_s,
        f"web3.py and ORM, first {figures.baseline_events:,} events": figures.baseline_events_per_s,
        "bare loop: fetch, decode, COPY, nothing else": figures.bare_loop_events_per_s,
        "limit: eth_getLogs read and thrown away": figures.limit_events_per_s,
        "limit: COPY of ready rows": figures.copy_limit_events_per_s,
        "audit: headers, receipts roots, every row and balance": figures.audit_logs_per_s,
    }.items():
        table.add_row(name, f"{rate:,.0f}", f"{rate / figures.events_per_s:.2f}")
    console.print(table)
    console.print(_goals(figures))
    console.print(
        f"CPU of the backfill for an event: indexer {figures.indexer_cpu_us} us,"
        f" PostgreSQL {figures.postgres_cpu_us} us, node {figures.node_cpu_us} us;"
        f" bare loop {figures.bare_loop_cpu_us} us, audit {figures.audit_cpu_us} us"
    )
    console.print(f"busy before: {figures.load_before} processes on {multiprocessing.cpu_count()} cores")


def _goals(figures: Figures) -> Table:
    table = Table()
    for name in ("figure", "goal", "here"):
        table.add_column(name, justify="left" if name == "figure" else "right")
    to_bare = figures.events_per_s / figures.bare_loop_events_per_s
    to_slow = figures.events_per_s / figures.baseline_events_per_s
    for row in (
        ("backfill, events/s", ">= 70,000", f"{figures.events_per_s:,.0f}"),
        ("backfill to the bare loop", ">= 0.80", f"{to_bare:.2f}"),
        ("backfill to web3.py and an ORM", ">= 25", f"{to_slow:.1f}"),
        ("backfill's peak memory, MB", "< 300", f"{figures.peak_rss_mb:.0f}"),
        ("block mined to row visible, p50, ms", "<= 10", f"{figures.tail_p50_ms}"),
        ("block mined to row visible, p99, ms", "<= 50", f"{figures.tail_p99_ms}"),
        ("audit with receipts roots, logs/s", ">= 25,000", f"{figures.audit_logs_per_s:,.0f}"),
        ("audit's peak memory, MB", "< 300", f"{figures.audit_peak_rss_mb:.0f}"),
    ):
        table.add_row(*row)
    return table
