"""`jiulian bench`: figures of this machine, each beside a baseline or a bare limit from the same run."""

import json
import platform
import secrets
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from backend.cli.parts import console
from backend.db import embedded
from backend.settings import get_settings
from ledger_indexer.bench import chain as chain_bench
from ledger_indexer.bench import report
from scanner.codes.run import make_run
from scanner.evidence import tree

app = typer.Typer(no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="end with one JSON object on the last line")]
Events = Annotated[int, typer.Option(help="events to make and mirror")]


def machine() -> dict[str, object]:
    """What the figures were taken on."""
    packages = ("web3", "sqlalchemy", "psycopg", "fastapi")
    return {
        "machine": platform.machine(),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        **{name: version(name) for name in packages},
    }


def _measure_index(events: int) -> tuple[dict[str, object], report.Figures]:
    with tempfile.TemporaryDirectory(prefix="jiulian-bench-") as folder:
        Path(folder).chmod(0o755)
        url = get_settings().database_url or embedded.ensure(Path(folder))
        try:
            figures = report.bench(url, events=events, blocks=max(200, events // 100), tail_blocks=200, console=console)
        finally:
            embedded.stop(Path(folder))
    return figures.as_json(), figures


def _measure_codes(count: int) -> dict[str, object]:
    """A code run with its tree, beside the bare hashing of as many leaves."""
    began = time.perf_counter()
    run = make_run("06901234500011", "BENCH", count, 6, "6901234", secrets.token_bytes)
    root = run.root
    ours = time.perf_counter() - began
    began = time.perf_counter()
    for number in range(count):
        tree.leaf_hash(number.to_bytes(80, "big"))
    bare = time.perf_counter() - began
    return {
        "codes": count,
        "codes_per_s": round(count / ours),
        "bare_leaf_hashes_per_s": round(count / bare),
        "ratio": round(bare / ours, 3),
        "root": root.hex(),
    }


@app.command()
def index(events: Events = 200_000, as_json: AsJson = False) -> None:
    """Chain to SQL: backfill and tail, beside web3.py with an ORM and the bare limits."""
    figures, shown = _measure_index(events)
    report.show(shown, Console(stderr=as_json))
    if as_json:
        typer.echo(json.dumps({**machine(), **figures}))


@app.command()
def codes(count: Annotated[int, typer.Option(help="bottles of the run")] = 1_000_000, as_json: AsJson = False) -> None:
    """A code run with its tree, beside the bare hashing of its leaves."""
    _show("codes", figures := _measure_codes(count), as_json)
    if as_json:
        typer.echo(json.dumps({**machine(), **figures}))


def _measure_chain(transactions: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="jiulian-bench-") as folder:
        return chain_bench.bench(Path(folder), transactions=transactions).as_json()


@app.command()
def chain(
    transactions: Annotated[int, typer.Option(help="transactions, each with one capture")] = 100_000,
    as_json: AsJson = False,
) -> None:
    """The embedded chain: captures sequenced and synced a second, and a restart after kill -9."""
    _show("chain", figures := _measure_chain(transactions), as_json)
    if as_json:
        typer.echo(json.dumps({**machine(), **figures}))


@app.command(name="all")
def everything(events: Events = 200_000, as_json: AsJson = False) -> None:
    """All of them, one after the other."""
    figures, shown = _measure_index(events)
    report.show(shown, Console(stderr=as_json))
    run = _measure_codes(1_000_000)
    _show("codes", run, as_json)
    sequenced = _measure_chain(100_000)
    _show("chain", sequenced, as_json)
    if as_json:
        typer.echo(json.dumps({**machine(), "index": figures, "codes": run, "chain": sequenced}))


def _show(title: str, figures: dict[str, object], as_json: bool) -> None:
    table = Table("what", "figure", title=f"{title} on {machine()['system']}")
    for name, value in figures.items():
        table.add_row(name.replace("_", " "), f"{value:,}" if isinstance(value, int) else str(value))
    Console(stderr=as_json).print(table)
