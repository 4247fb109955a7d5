"""All measurements in one run, so that they share the machine's mood, and their table."""

import multiprocessing
import platform
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from ledger_indexer.bench import measure
from ledger_indexer.bench.baseline import web3_and_orm
from ledger_indexer.bench.load import DEPLOYMENT, Load

_BASELINE_BLOCKS = 100


@dataclass(frozen=True, slots=True)
class Figures:
    """Rates in events a second, memory in MB, times in milliseconds."""

    events: int
    blocks: int
    events_per_s: float
    peak_rss_mb: float
    baseline_events_per_s: float
    baseline_events: int
    bare_loop_events_per_s: float
    limit_events_per_s: float
    copy_limit_events_per_s: float
    tail_p50_ms: float
    tail_p99_ms: float
    machine: str

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return asdict(self)


def bench(database_url: str, *, events: int, blocks: int, tail_blocks: int, console: Console) -> Figures:
    """Measure; takes a PostgreSQL server on which throw-away databases may be made."""
    per_block = max(1, events // blocks)
    with Load() as load:
        with console.status(f"making {events} events in {blocks} blocks"):
            for _ in range(blocks):
                load.mine(per_block)
        last = blocks
        with console.status("measuring"), measure.throwaway_database(database_url) as mirror:
            ours = measure.apart(measure.backfill, load.url, mirror)
            wire = measure.apart(measure.only_bytes, load.url, last)
            with measure.throwaway_database(database_url) as other:
                bare = measure.apart(measure.bare_loop, load.url, other, last)
            with measure.throwaway_database(database_url) as other:
                seconds: multiprocessing.Queue[float] = multiprocessing.get_context("spawn").Queue()
                copied = measure.copy_only(mirror, other, last, seconds) / seconds.get()
            with measure.throwaway_database(database_url) as other:
                part = min(last, _BASELINE_BLOCKS)
                baseline = measure.apart(web3_and_orm, load.url, other, DEPLOYMENT, part)
            times = sorted(measure.tail(load, mirror, tail_blocks))
    if ours.events != per_block * blocks:
        raise AssertionError(f"mirrored {ours.events} of {per_block * blocks} events")
    return Figures(
        events=ours.events,
        blocks=blocks,
        events_per_s=round(ours.rate),
        peak_rss_mb=round(ours.peak_rss_mb),
        baseline_events_per_s=round(baseline.rate),
        baseline_events=baseline.events,
        bare_loop_events_per_s=round(bare.rate),
        limit_events_per_s=round(wire.rate),
        copy_limit_events_per_s=round(copied),
        tail_p50_ms=round(times[len(times) // 2], 1),
        tail_p99_ms=round(times[min(len(times) - 1, len(times) * 99 // 100)], 1),
        machine=f"{platform.machine()}, {multiprocessing.cpu_count()} cores, Python {platform.python_version()}",
    )


def show(figures: Figures, console: Console) -> None:
    """The table for people."""
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
    }.items():
        table.add_row(name, f"{rate:,.0f}", f"{rate / figures.events_per_s:.2f}")
    console.print(table)
    console.print(f"peak memory of the backfill {figures.peak_rss_mb:.0f} MB")
    console.print(f"block to row: p50 {figures.tail_p50_ms} ms, p99 {figures.tail_p99_ms} ms")
