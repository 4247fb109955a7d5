"""`jiulian units`: the record of which bottle is whose, checked against the captures it is made of."""

from typing import Annotated

import typer
from rich.console import Console

from backend.cli.parts import database
from backend.custody import rebuilding
from backend.db.engine import make_engine, make_sessions, snapshot, transaction
from backend.settings import get_settings

app = typer.Typer(help="Units: who holds which case and which bottle.", no_args_is_help=True)
_console = Console(stderr=True)


def _progress(seq: int) -> None:
    _console.print(f"capture {seq}", end="\r")


@app.command()
def check() -> None:
    """Make the record anew from the captures and compare: exit 1 with the first difference."""
    with snapshot(make_sessions(make_engine(database(get_settings())))) as session:
        found = rebuilding.compare(session, _progress)
    if found is not None:
        typer.echo(found.sentence)
        raise typer.Exit(1)
    typer.echo("the record of units is what the captures give")


@app.command()
def rebuild(yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False) -> None:
    """Put what the captures give in the place of the record, in one transaction."""
    if not yes:
        typer.confirm("Captures wait while the record is made anew. Go on?", abort=True)
    with transaction(make_sessions(make_engine(database(get_settings())))) as session:
        rebuilding.rebuild(session, _progress)
    typer.echo("the record of units was made anew")
