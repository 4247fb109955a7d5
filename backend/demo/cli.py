"""`jiulian demo`: the whole house on this machine, with a story in it."""

import contextlib
import json
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from datetime import date
from typing import Annotated

import httpx2
import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from backend import clock
from backend.catalog.service import list_places
from backend.cli.parts import console
from backend.db import embedded
from backend.db.engine import make_engine, make_sessions, transaction
from backend.demo import ending
from backend.demo.client import Client
from backend.demo.company import ADMIN, Company
from backend.demo.lifetime import Stopped, only_one, say, stop_on_signals
from backend.demo.opening import PASSWORD, employ
from backend.demo.play import play, prepare
from backend.demo.processes import GaveUp
from backend.demo.stage import Addresses, Stage, recall, remember
from backend.demo.world import make_world
from backend.errors import JiulianError
from backend.identity.service import add_user
from backend.settings import Settings, get_settings
from ledger_indexer.bindings.deployments import Deployment
from scanner.device.signing import Domain

app = typer.Typer()


STORY = {
    "JIULIAN_WEB_DEMO_CLOCK": "1",
    "JIULIAN_RISK_EVERY_HOURS": "0",  # the story asks for its runs at its own time
    "JIULIAN_WEB_TRUSTED_PROXIES": '["127.0.0.1"]',
}
"""Settings of the parts while a story is played."""


def of_story(settings: Settings) -> dict[str, str]:
    """What the parts are told besides; this machine may read the metrics unless the operator said who may."""
    said = settings.metrics.token is not None or settings.metrics.addresses
    return STORY if said else {**STORY, "JIULIAN_METRICS_ADDRESSES": '["127.0.0.1"]'}


@app.callback(invoke_without_command=True)
def demo(
    seed: Annotated[int, typer.Option(help="seed of the story; another seed needs `demo --clean` first")] = 2026,
    scale: Annotated[float, typer.Option(help="size of the story, 1 = thirty dealers")] = 1.0,
    smoke: Annotated[
        bool, typer.Option(help="play, fetch every page once, print a table, stop", envvar="SMOKE")
    ] = False,
    clean: Annotated[bool, typer.Option(help="stop what a demo left behind and remove its data")] = False,
    once: Annotated[bool, typer.Option(help="play, wait until all is on chain, print totals, stop")] = False,
    today: Annotated[str | None, typer.Option(help="day on which the story ends (ISO 8601), for tests")] = None,
    json_output: Annotated[bool, typer.Option("--json", help="end with one JSON object on the last line")] = False,
) -> None:
    """Start everything, play a small brand's story through the front door, and keep the doors open until Ctrl-C."""
    settings = get_settings()
    if clean:
        _clean(settings)
        return
    stop_on_signals()
    with only_one(settings.home):
        stage = Stage(settings, say, of_story(settings))
        try:
            addresses = stage.start()
            with _kept_up(stage):
                company = _story(settings, addresses, seed, scale, today)
                engine = make_engine(addresses.database_url)
                ending.await_final_state(engine, say)
                report = ending.show(company, addresses, engine, smoke=smoke)
                if json_output:
                    typer.echo(json.dumps(report))
                if smoke or once:
                    raise typer.Exit(0 if report["good"] else 1)
                console.print("\n[bold]Ctrl-C stops everything; `make demo` goes on from here.[/bold]")
                while True:
                    time.sleep(3600)
        except Stopped:
            console.print("stopping …")
        except (JiulianError, GaveUp) as error:
            console.print(f"[red]The demo stopped:[/red] {error}")
            raise typer.Exit(1) from error
        finally:
            stage.stop()


def _clean(settings: Settings) -> None:
    embedded.stop(settings.home)
    shutil.rmtree(settings.home, ignore_errors=True)
    say(f"removed {settings.home}")


@contextlib.contextmanager
def _kept_up(stage: Stage) -> Iterator[None]:
    """Watch the processes while the story plays; when one cannot be kept up, the whole demo stops."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.3):
            try:
                stage.keep_up()
            except Exception as error:
                console.print(f"[red]{error}[/red]")
                os.kill(os.getpid(), signal.SIGTERM)
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join(15)


def _story(settings: Settings, addresses: Addresses, seed: int, scale: float, ends: str | None) -> Company:
    """Play the story, or go on where a finished one left off."""
    known = recall(settings.home)
    if known.get("seed", seed) != seed or known.get("scale", scale) != scale:
        console.print(f"[red]{settings.home} holds the story of seed {known['seed']}.[/red] `make demo-clean` first.")
        raise typer.Exit(1)
    today = date.fromisoformat(str(known.get("today") or ends or clock.now().date().isoformat()))
    remember(settings.home, seed=seed, scale=scale, today=today.isoformat())
    engine = make_engine(addresses.database_url)
    sessions = make_sessions(engine)
    with transaction(sessions) as session:
        add_user(session, ADMIN, PASSWORD, ["admin"])
        places = {place.adcode: place for place in list_places(session)}
    deployment = Deployment.load(settings.deployment_path)
    domain = Domain(deployment.chain_id, bytes.fromhex(deployment.batch_ledger.removeprefix("0x")))
    client = httpx2.Client(base_url=addresses.web, timeout=30)
    company = prepare(make_world(seed, places, scale=scale), Client(client, wait=_wait), domain, today)
    company.caps.folder = settings.home / "caps"
    company.employ = lambda people: employ(sessions, people)
    if known.get("played"):
        say("the story has been played; going on with its data")
        engine.dispose()
        return company
    _play(company)
    engine.dispose()
    remember(settings.home, played=True)
    return company


_waited: dict[str, float] = {}


def _wait(reason: str) -> None:
    if time.monotonic() - _waited.get("at", 0) > 2:
        _waited["at"] = time.monotonic()
        say(f"waiting: {reason}")


def _play(company: Company) -> None:
    columns: list[ProgressColumn] = [
        SpinnerColumn(),
        TextColumn("{task.description:<44}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    ]
    with Progress(*columns, console=console, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("开账 opening the books", total=None)
        acts = play(company, lambda label, known: bar.update(task, description=label, total=known))
        for done, label in enumerate(acts, 1):
            bar.advance(task)
            if not sys.stderr.isatty() and done % 500 == 0:
                say(f"{done} of {company.schedule.size} acts played ({label})")
