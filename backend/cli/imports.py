"""`jiulian import sales`: bring a sales table in."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from backend import clock
from backend.cli.parts import migrated_database
from backend.db.engine import make_engine, make_sessions, transaction
from backend.errors import JiulianError
from backend.integrations import service
from backend.integrations.service import Summary
from backend.settings import get_settings

app = typer.Typer(no_args_is_help=True)
_errors = Console(stderr=True)


@app.callback()
def _tables() -> None:
    """Tables of other systems."""


def _stated(maps: list[str]) -> dict[str, str]:
    stated = {}
    for each in maps:
        name, equals, column = each.partition("=")
        if not equals or not name or not column:
            raise typer.BadParameter(f"{each!r} is not field=column", param_hint="--map")
        stated[name.strip()] = column.strip()
    return stated


@app.command()
def sales(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="CSV, plain or gzip")],
    maps: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            help="field=column, where the names do not tell; fields: date store item bottles amount document unit kind"
            " returned refunded",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on the last line")] = False,
) -> None:
    """Import a sales table. Rows known already are skipped; wrong ones are told by line and column.

    Exits with 0 when every row was accepted or known, 1 when some were refused, 2 when the file is no sales table.
    """
    stated = _stated(maps or [])
    engine = make_engine(migrated_database(get_settings()))
    bar = (TextColumn("[progress.description]{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*bar, TimeElapsedColumn(), console=_errors, transient=True) as progress:
        task = progress.add_task("0 rows", total=file.stat().st_size)

        def seen(count: int, rows: int) -> None:
            progress.update(task, completed=count, description=f"{rows:,} rows")

        try:
            with transaction(make_sessions(engine)) as session:
                summary = service.import_sales(session, file, now=clock.now(), stated=stated, seen=seen)
        except JiulianError as error:
            progress.stop()
            _errors.print(f"[red]{type(error).__name__}:[/red] {escape(str(error))}", highlight=False)
            if as_json:
                typer.echo(json.dumps({"error": error.kind, "message": str(error)}, ensure_ascii=False))
            raise typer.Exit(2) from error
        finally:
            engine.dispose()
    _print(summary)
    if as_json:
        typer.echo(json.dumps(summary.json(), ensure_ascii=False))
    raise typer.Exit(1 if summary.refused else 0)


def _print(summary: Summary) -> None:
    _errors.print(
        f"{summary.rows:,} rows: {summary.accepted:,} accepted ({summary.bottles:,} bottles), "
        f"{summary.known:,} known already, {summary.totals:,} sums of other rows, {summary.refused:,} refused",
        highlight=False,
    )
    if summary.unread:
        names = escape(", ".join(summary.unread))
        _errors.print(f"没有用到的列 · columns that were not read: {names}", style="dim", highlight=False)
    _print_unknown(summary)
    for each in summary.errors[: service.ERRORS_SHOWN]:
        place = " · ".join(
            escape(text) for text in (f"line {each.line} 第 {each.line} 行", each.column, each.value) if text
        )
        _errors.print(f"[bold]{place}[/bold]", highlight=False)
        for reason in (each.reason_zh, each.reason):
            _errors.print(Padding(escape(reason), (0, 0, 0, 2)), highlight=False)
    if summary.refused > service.ERRORS_SHOWN:
        _errors.print(f"… and {summary.refused - service.ERRORS_SHOWN:,} more", style="dim")


def _print_unknown(summary: Summary) -> None:
    """Stores that are no company or place of ours: their rows are kept, and wait for the store to be enrolled."""
    if not summary.unknown_stores:
        return
    number, rows = len(summary.unknown_stores), summary.rows_of_unknown
    shown = [f"{escape(store)} ({count:,})" for store, count in summary.unknown_stores.items()][: service.ERRORS_SHOWN]
    names = ", ".join(shown) + (f", … +{number - len(shown):,}" if number > len(shown) else "")
    _errors.print(f"[yellow]不认识的门店 {number:,} 家，共 {rows:,} 行，已保留：[/yellow]{names}", highlight=False)
    _errors.print(f"unknown stores: {number:,} with {rows:,} rows, which are kept", style="yellow", highlight=False)
