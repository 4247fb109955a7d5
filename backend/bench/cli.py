"""`jiulian bench`: the figures of the parts, and of captures with the whole product running."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from backend.bench import captures, lists
from backend.bench.lists_data import Size
from backend.cli.bench import app, machine
from backend.cli.parts import console

__all__ = ["app"]
WIDE = 150
"""Columns that the addresses of lists need beside their figures, also in a file."""


@app.command()
def capture(
    connections: Annotated[int, typer.Option(help="kept-alive connections that send side by side")] = 16,
    each: Annotated[int, typer.Option(help="shipments of one connection in a round, each with its receipt")] = 60,
    growth: Annotated[str, typer.Option(help="times the data of the first round, ascending")] = "10,100",
    as_json: Annotated[bool, typer.Option("--json", help="end with one JSON object on the last line")] = False,
) -> None:
    """Captures over HTTP, signed beforehand, durable before their receipts, with worker and indexer running."""
    times = tuple(int(part) for part in growth.split(",") if part)
    with tempfile.TemporaryDirectory(prefix="jiulian-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        figures = captures.bench(
            Path(folder), connections=connections, each=each, growth=times, say=lambda said: console.print(f"· {said}")
        )
    rounds = figures["rounds"]
    assert isinstance(rounds, dict)
    table = Table("what", *rounds, title=f"captures on {machine()['system']}, {connections} connections")
    for name in next(iter(rounds.values())):
        if name != "cpu_ms_each":
            table.add_row(name.replace("_", " "), *(f"{one[name]:,}" for one in rounds.values()))
    for part in next(iter(rounds.values()))["cpu_ms_each"]:
        table.add_row(f"cpu ms each, {part}", *(f"{one['cpu_ms_each'].get(part, 0):,}" for one in rounds.values()))
    shown = Console(stderr=as_json)
    shown.print(table)
    shown.print({name: value for name, value in (machine() | figures).items() if name != "rounds"})
    if as_json:
        typer.echo(json.dumps(machine() | figures))


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """Where the databases lie: in a folder that stays, or in one that is gone afterwards."""
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="jiulian-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@app.command(name="lists")
def lists_(
    orders: Annotated[int, typer.Option(help="orders in the database")] = 100_000,
    stores: Annotated[int, typer.Option(help="stores in the database")] = 100_000,
    units: Annotated[int, typer.Option(help="bottles in the database")] = 2_000_000,
    each: Annotated[int, typer.Option(help="times that every question is asked")] = 40,
    keep: Annotated[Path | None, typer.Option(help="folder whose filled databases are kept, and used again")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="end with one JSON object on the last line")] = False,
) -> None:
    """Every list page over a socket: first, far, filtered, sorted, searched; beside a small company, an empty route."""
    size = Size(orders, stores, units)
    with _folder(keep) as folder:
        rows, facts = lists.bench(folder, size, each=each, say=lambda said: console.print(f"· {said}"))
    title = f"lists of {orders:,} orders, {stores:,} stores, {units:,} bottles; milliseconds"
    table = Table(
        "who", "kind", "page", "p50", "p95", "max", "times", "cpu", f"p95 of {lists.SMALL.stores:,} stores", title=title
    )
    for row in rows:
        shown = f"{row.p95:,}" if row.good else f"[red]{row.p95:,}"
        table.add_row(
            row.who,
            row.kind,
            row.path,
            f"{row.p50:,}",
            shown,
            f"{row.most:,}",
            f"{row.times:,}",
            f"{row.cpu:,}",
            f"{row.small_p95:,}",
        )
    facts |= machine() | {"goal_p95_ms": lists.GOAL_MS, "missed": sum(not row.good for row in rows)}
    out = Console(stderr=as_json)
    out.width = max(out.width, WIDE)
    out.print(table)
    out.print(facts)
    if as_json:
        typer.echo(json.dumps(facts | {"questions": [asdict(row) for row in rows]}))
