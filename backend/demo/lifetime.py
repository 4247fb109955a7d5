"""One house at a time on a folder, and an orderly end of it."""

import contextlib
import fcntl
import signal
from collections.abc import Iterator
from pathlib import Path

import typer

from backend.cli.parts import console


class Stopped(Exception):
    """The house was asked to stop."""


def say(text: str) -> None:
    """A line about what goes on."""
    console.print(f"[dim]· {text}[/dim]")


def stop_on_signals() -> None:
    """Ctrl-C and SIGTERM raise Stopped in the main thread."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)


def _stop(number: int, frame: object) -> None:
    raise Stopped


@contextlib.contextmanager
def only_one(home: Path) -> Iterator[None]:
    """One house a folder; the lock goes with the process, however it ends."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "demo.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            console.print(f"[red]A house already runs on {home}.[/red] Stop it first, or set JIULIAN_HOME.")
            raise typer.Exit(1) from None
        yield
