"""`jiulian index`: the indexer's own commands, and the one that needs the product's books beside the mirror."""

import json
from datetime import timedelta
from typing import Annotated

import typer
from rich.console import Console

from backend.cli.parts import database
from backend.db.engine import make_engine, make_sessions, snapshot
from backend.errors import Unavailable
from backend.reconciliation import service
from backend.reconciliation.rules import Report
from backend.settings import get_settings
from ledger_indexer.__main__ import app

__all__ = ["app"]


@app.command()
def reconcile(
    everything: Annotated[bool, typer.Option("--all", help="Show every difference, not the first alone.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON object instead of text.")] = False,
) -> None:
    """Compare the books (custody) with the mirror by batch, party and consignment. Exit code 1 on a difference."""
    settings = get_settings()
    engine = make_engine(database(settings))
    patience = timedelta(minutes=settings.reconciliation.patience_minutes)
    try:
        with snapshot(make_sessions(engine)) as session:
            report = service.reconcile(session, patience=patience)
    except Unavailable as error:
        Console(stderr=True).print(f"[red]{error}[/]")
        raise typer.Exit(3) from error
    finally:
        engine.dispose()
    if as_json:
        found = report.as_json()
        typer.echo(json.dumps(found if everything else {**found, "listed": found["listed"][:1]}))
    else:
        _print(report, everything)
    if report.count:
        raise typer.Exit(1)


def _print(report: Report, everything: bool) -> None:
    console = Console(soft_wrap=True)
    if report.block is None:
        console.print("There is no mirror yet: nothing was compared.")
        return
    console.print(
        f"block {report.block}: {report.compared} rows of the books compared, {report.waiting} captures waiting"
    )
    if not report.count:
        console.print("[green]no difference[/]")
    for each in report.differences if everything else report.differences[:1]:
        console.print(f"[red]DIFFERENCE[/]   {each.sentence}", highlight=False)
    listed = len(report.differences) if everything else 1
    if report.count > listed:
        console.print(f"and {report.count - listed} more{'' if everything else '; --all shows them'}")
