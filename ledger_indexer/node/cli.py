"""Commands of the embedded chain."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from ledger_indexer.node import inspect, snapshot
from ledger_indexer.node.anvil import lower_priority
from ledger_indexer.node.errors import ChainError
from ledger_indexer.node.genesis import parse
from ledger_indexer.node.home import Home
from ledger_indexer.node.run import DEFAULT_PORT, Settings, run
from ledger_indexer.node.sequencer import Pace

app = typer.Typer(no_args_is_help=True, help="The embedded chain: one anvil behind a journal, for one machine.")

HomeOption = Annotated[Path, typer.Option("--home", envvar="JIULIAN_CHAIN_HOME", help="Folder of the chain.")]
HOME = Path(".jiulian") / "chain"


@app.command("run")
def run_command(
    home: HomeOption = HOME,
    port: Annotated[int, typer.Option(help="Port of the JSON-RPC door; taken: the next free one.")] = DEFAULT_PORT,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    chain_id: Annotated[int | None, typer.Option(help="Chain id of a new chain.")] = None,
    block_ms: Annotated[int, typer.Option(help="Seal a block so long after its first transaction.")] = 200,
    block_most: Annotated[int, typer.Option(help="Seal a block at once with so many transactions.")] = 200,
    allow_admin: Annotated[bool, typer.Option(help="Serve anvil's own methods; for tests.")] = False,
    snapshots: Annotated[bool, typer.Option(help="Make snapshots while running.")] = True,
) -> None:
    """Run the chain until it is told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    pace = Pace(block_ms=block_ms, most=block_most)
    with _exit_on_error():
        run(Settings(home, host, port, chain_id, pace, allow_admin, snapshots), typer.echo)


@app.command("status")
def status_command(
    home: HomeOption = HOME, json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False
) -> None:
    """Tell whether the chain runs and how far it is; the exit code is 1 when it does not run."""
    found = inspect.status(home)
    if json:
        typer.echo(found.json().decode())
    elif found.running:
        typer.echo(f"running at {found.http}, chain {found.chain_id}, block {found.block}")
    else:
        typer.echo("not running")
    raise typer.Exit(0 if found.running else 1)


@app.command("snapshot")
def snapshot_command(
    home: HomeOption = HOME, nice: Annotated[bool, typer.Option(help="Let other processes go first.")] = False
) -> None:
    """Make a snapshot, so that the next start is quick. The chain may be running."""
    if nice:
        lower_priority()
    with _exit_on_error():
        place = Home(home.resolve())
        made = asyncio.run(snapshot.make(place, parse(place.genesis)))
    typer.echo(f"snapshot at block {made.number}" if made else "there is no block after the last snapshot")


@app.command("replay")
def replay_command(
    home: HomeOption = HOME,
    verify: Annotated[bool, typer.Option("--verify", help="Compare every block with what was mined then.")] = True,
) -> None:
    """Replay the whole journal into a fresh anvil and compare every block's hash."""
    del verify  # a replay that compares nothing would say nothing
    with _exit_on_error():
        replayed, seconds = asyncio.run(inspect.verify(home.resolve()))
    typer.echo(
        f"{replayed.blocks} blocks with {replayed.transactions} transactions replayed to the same hashes "
        f"in {seconds:.1f} s; block {replayed.tip.number} is 0x{replayed.tip.hash.hex()}"
    )


@contextmanager
def _exit_on_error() -> Iterator[None]:
    """Turn an expected error into one sentence and exit code 1."""
    try:
        yield
    except ChainError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
