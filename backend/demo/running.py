"""`jiulian run`: the whole house on this machine without a story, for whoever changes its code."""

import os
import shlex
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Protocol

import typer
from rich.markup import escape

from backend.cli.parts import console
from backend.demo.lifetime import Stopped, only_one, say, stop_on_signals
from backend.demo.processes import GaveUp
from backend.demo.stage import OF_CODE, Addresses, Stage
from backend.errors import JiulianError, Unavailable
from backend.settings import Settings, get_settings

app = typer.Typer()
ROOT = Path(__file__).resolve().parents[2]
CODE = tuple(ROOT / name for name in ("backend", "scanner", "ledger_indexer"))
_SUFFIXES = (".py", ".html", ".po", ".csv", ".json")
"""What a process reads when it starts; scripts, styles and pictures are read whenever they are asked for."""


def _parts(names: list[str] | None) -> list[str]:
    """Those that may be left out, to be started under a debugger."""
    if wrong := sorted({*(names or ())} - {*OF_CODE}):
        raise typer.BadParameter(f"{', '.join(wrong)}: it may be {', '.join(OF_CODE)}")
    return names or []


class Kept(Protocol):
    """What is kept up: a stage."""

    def keep_up(self) -> None:
        """Start again what died; GaveUp when it dies again and again."""

    def reload(self) -> None:
        """Start again what runs our code."""


@app.callback(invoke_without_command=True)
def run(
    reload: Annotated[bool, typer.Option(help="start web, indexer and worker again when code changes")] = True,
    without: Annotated[
        list[str] | None, typer.Option(help="leave web, indexer or worker out, to start it yourself", callback=_parts)
    ] = None,
) -> None:
    """Start everything on what the home folder holds, and keep it up until Ctrl-C."""
    settings = get_settings()
    stop_on_signals()
    with only_one(settings.home):
        stage = Stage(settings, say, {}, without or ())
        try:
            _show(settings, stage.start())
            keep_up(stage, changes() if reload else nothing())
        except Stopped:
            console.print("stopping …")
        except (JiulianError, GaveUp) as error:
            console.print(f"[red]The house stopped:[/red] {error}")
            raise typer.Exit(1) from error
        finally:
            stage.stop()


def _show(settings: Settings, addresses: Addresses) -> None:
    console.print(f"  web       {addresses.web}")
    console.print(f"  chain     {addresses.node.http}")
    console.print(f"  database  {addresses.database_url.replace('+psycopg', '', 1)}", soft_wrap=True)
    console.print(f"  logs      {settings.home / 'logs'}")
    console.print(f"[dim]· a log-in: {escape(in_house(settings))} people add NAME --role admin[/dim]", soft_wrap=True)
    console.print("[bold]Ctrl-C stops everything.[/bold]")


def in_house(settings: Settings) -> str:
    """How this program is called for the house that runs here, which need not be the one it would take by itself."""
    if settings.home.resolve() == Settings.model_fields["home"].default.resolve():
        return program()
    return f"JIULIAN_HOME={shlex.quote(str(settings.home.resolve()))} {program()}"


def program() -> str:
    """How this program is called from where one stands, by its path: the shell may not find it by name."""
    script = Path(sys.executable).with_name("jiulian")
    return os.path.relpath(script) if script.exists() else f"{os.path.relpath(sys.executable)} -m backend"


def keep_up(stage: Kept, changed: Iterator[list[str]]) -> None:
    """Start again what died, and all that runs our code when it changed. Code that cannot start waits for a change."""
    broken = False
    for names in changed:
        if names:
            say(f"{', '.join(names[:3])}{' …' if names[3:] else ''} changed; starting web, indexer and worker again")
            stage.reload()
            broken = False
        if broken:
            continue
        try:
            stage.keep_up()
        except GaveUp as error:
            console.print(f"[red]{error}[/red]", soft_wrap=True)
            say("waiting for a change")
            broken = True


def changes(folders: tuple[Path, ...] = CODE) -> Iterator[list[str]]:
    """Names of files that changed, again and again; an empty list when half a second passed without any.

    Raises:
        Unavailable: the package that watches files is not installed.
        Stopped: a signal came meanwhile.
    """
    try:
        from watchfiles import watch
    except ImportError:
        raise Unavailable("to load code again: pip install watchfiles; or use --no-reload") from None

    def is_read(_: object, path: str) -> bool:
        return path.endswith(_SUFFIXES)

    for found in watch(*folders, watch_filter=is_read, rust_timeout=500, yield_on_timeout=True, raise_interrupt=False):
        yield sorted({Path(path).name for _, path in found})
    raise Stopped


def nothing() -> Iterator[list[str]]:
    """No changes, again and again."""
    while True:
        time.sleep(0.5)
        yield []
