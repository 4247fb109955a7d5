"""``python -m ledger_indexer``: run the indexer, ask after it, audit, prove and rebuild its mirror."""

import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from threading import Event
from typing import Annotated

import orjson
import typer
from psycopg.errors import InvalidSchemaName, UndefinedTable
from rich.console import Console
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError, ProgrammingError

from ledger_indexer import log_lines
from ledger_indexer.auditing.mirror import audit as audit_mirror
from ledger_indexer.auditing.nodes import NodesReport, audit_nodes
from ledger_indexer.auditing.report import Report
from ledger_indexer.errors import IndexerError, MirrorMissing
from ledger_indexer.following.rebuild import rebuild as build_again
from ledger_indexer.following.run import check, limits_of, load_deployment, patient_node
from ledger_indexer.following.run import run as follow
from ledger_indexer.mirror import queries
from ledger_indexer.mirror.snapshot import Snapshot
from ledger_indexer.proving.proof_file import format_proof
from ledger_indexer.proving.prove import find_row, prove_head, prove_row
from ledger_indexer.settings import Settings, WrongSettings, read_settings

app = typer.Typer(name="index", help="Mirror the chain's logs in SQL.", no_args_is_help=True, add_completion=False)
errors = Console(stderr=True)

DatabaseUrl = Annotated[str | None, typer.Option("--database-url", help="PostgreSQL that holds the mirror.")]
Rpc = Annotated[str | None, typer.Option("--rpc", help="The node's JSON-RPC over HTTP.")]
Ws = Annotated[str | None, typer.Option("--ws", help="The node's WebSocket; `-` for polling only.")]
DeploymentFile = Annotated[Path | None, typer.Option("--deployment", help="Where the contracts stand.")]
AsJson = Annotated[bool, typer.Option("--json", help="Write one JSON object instead of text.")]


def settings_of(**options: object) -> Settings:
    """Settings from options over the environment; ends the process with a sentence when one is missing."""
    try:
        read = read_settings(os.environ, **{name: value for name, value in options.items() if value is not None})
    except WrongSettings as error:
        for problem in error.problems:
            errors.print(f"[red]{problem}[/]", soft_wrap=True, highlight=False)
        raise typer.Exit(2) from None
    log_lines.hide(read.secrets)
    return read


def logging_to_stderr(settings: Settings, as_json: bool) -> None:
    """Lines on stderr: text for people, or one JSON object each where `--json` or the settings ask for it."""
    log_lines.set_up("json" if as_json else settings.log_format, settings.secrets)


def failure(error: Exception) -> typer.Exit:
    """Print the error in one sentence; exit code 1."""
    errors.print(f"[red]{log_lines.plain(error)}[/]", soft_wrap=True)
    return typer.Exit(1)


def print_json(value: object) -> None:
    """A report for machines: one object on the last line of stdout."""
    sys.stdout.write(orjson.dumps(value, default=_plain).decode() + "\n")


def _plain(value: object) -> str:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    raise TypeError(f"{type(value)} is not for reports")


@app.command()
def run(
    database_url: DatabaseUrl = None,
    rpc: Rpc = None,
    ws: Ws = None,
    deployment: DeploymentFile = None,
    as_json: AsJson = False,
) -> None:
    """Follow the chain until stopped."""
    settings = settings_of(database_url=database_url, rpc_url=rpc, ws_url=ws, deployment=deployment)
    logging_to_stderr(settings, as_json)
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        follow(settings, stop)
    except IndexerError as error:
        raise failure(error) from error


@app.command()
def status(database_url: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """Where the mirror stands: tip, logs, quarantine, rewinds."""
    settings = settings_of(database_url=database_url)
    engine = create_engine(settings.database_url.replace("postgresql://", "postgresql+psycopg://", 1))
    try:
        with engine.connect() as connection:
            found = queries.status(connection)
    except ProgrammingError as error:
        if not isinstance(error.orig, UndefinedTable | InvalidSchemaName):
            raise
        raise failure(
            MirrorMissing("there is no mirror in this database yet: `jiulian serve` makes its tables")
        ) from None
    except OperationalError as error:
        raise failure(MirrorMissing(f"the database does not answer: {error.orig}")) from None
    finally:
        engine.dispose()
    if as_json:
        print_json(asdict(found))
        return
    console = Console()
    tip = found.tip
    console.print(f"tip          {'none' if tip is None else f'block {tip.number}, 0x{tip.hash.hex()}'}")
    console.print(f"moved at     {found.moved_at}")
    console.print(f"logs         {found.logs}, in quarantine {found.quarantined}")
    console.print(f"rewinds      {found.rewinds}, deepest {found.deepest_rewind} blocks")
    if found.suspect_from is not None:
        console.print(f"[red]suspect from block {found.suspect_from}: the chain was rewritten below the window[/]")


@app.command()
def rebuild(
    database_url: DatabaseUrl = None, rpc: Rpc = None, deployment: DeploymentFile = None, as_json: AsJson = False
) -> None:
    """Build a new mirror from the chain and swap it in, while the product runs."""
    settings = settings_of(database_url=database_url, rpc_url=rpc, deployment=deployment)
    logging_to_stderr(settings, as_json)
    node = patient_node(settings)
    try:
        deployed = load_deployment(settings)
        check(node, deployed)
        reached = build_again(node, settings.database_url, deployed, limits_of(settings))
    except IndexerError as error:
        raise failure(error) from error
    finally:
        node.close()
    if as_json:
        print_json({"block": reached})
    else:
        Console().print(f"[green]rebuilt[/] up to block {reached}")


@app.command()
def audit(
    database_url: DatabaseUrl = None,
    rpc: Annotated[
        list[str] | None,
        typer.Option(
            "--rpc", help="A node's JSON-RPC over HTTP; given twice or more, the nodes audit one another too."
        ),
    ] = None,
    deployment: DeploymentFile = None,
    first: Annotated[int | None, typer.Option("--from", help="First block; the deployment's by default.")] = None,
    last: Annotated[int | None, typer.Option("--to", help="Last block; the mirror's tip by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Prove the mirror against a node: headers, receipts, every row, every balance. Exit code 1 on a difference."""
    settings = settings_of(database_url=database_url, rpc_url=rpc[0] if rpc else None, deployment=deployment)
    urls = dict.fromkeys(rpc or (settings.rpc_url, *settings.audit_rpc_urls))
    nodes = [patient_node(settings, url) for url in urls]
    try:
        deployed = load_deployment(settings)
        with Snapshot(settings.database_url) as snapshot:
            if len(nodes) > 1:
                _print_nodes_report(audit_nodes(nodes, snapshot, deployed, first, last), as_json)
                return
            report = audit_mirror(nodes[0], snapshot, deployed, first, last)
    except IndexerError as error:
        raise failure(error) from error
    finally:
        for node in nodes:
            node.close()
    if as_json:
        print_json(asdict(report))
    else:
        _print_report(report)
    if report.difference:
        raise typer.Exit(1)


def _print_report(report: Report) -> None:
    console = Console()
    console.print(
        f"blocks {report.first} to {report.last}: {report.blocks} headers, {report.receipts} receipts,"
        f" {report.logs} logs, {report.balances} balances compared"
    )
    for what in report.unchecked:
        console.print(f"[yellow]not checked[/]  {what}")
    console.print(f"[red]DIFFERENCE[/]   {report.difference}" if report.difference else "[green]no difference[/]")


def _print_nodes_report(verdict: NodesReport, as_json: bool) -> None:
    """Print the audit against several nodes; exit code 1 unless all of them were heard and agree with the mirror."""
    if as_json:
        print_json({"agreed": verdict.agreed, "liars": verdict.liars, **asdict(verdict)})
    else:
        console = Console()
        for finding in verdict.findings:
            console.print(f"[bold]{finding.url}[/]")
            if finding.report is not None:
                _print_report(finding.report)
        for conclusion in verdict.conclusions:
            console.print(f"{'[green]agreed[/]' if verdict.agreed else '[red]conclusion[/]'}  {conclusion}")
    if not verdict.agreed:
        raise typer.Exit(1)


@app.command()
def prove(
    wanted: Annotated[
        str,
        typer.Argument(
            metavar="ROW",
            help="TABLE:BLOCK:LOGINDEX, a capture's evidence (ni:///sha-256;… or hex), or head:LOGNAME for the newest"
            " head of an evidence log.",
        ),
    ],
    database_url: DatabaseUrl = None,
    rpc: Rpc = None,
    deployment: DeploymentFile = None,
    out: Annotated[Path | None, typer.Option("--out", help="File to write; stdout by default.")] = None,
) -> None:
    """Export the proof that a mirrored row stands in its receipt and its block; `jiulian verify` checks it offline."""
    settings = settings_of(database_url=database_url, rpc_url=rpc, deployment=deployment)
    node = patient_node(settings)
    engine = create_engine(settings.database_url.replace("postgresql://", "postgresql+psycopg://", 1))
    try:
        deployed = load_deployment(settings)
        with engine.connect() as connection:
            place = find_row(connection, wanted)
        with Snapshot(settings.database_url) as snapshot:
            make = prove_head if wanted.startswith("head:") else prove_row
            text = format_proof(make(node, snapshot, deployed, place))
    except IndexerError as error:
        raise failure(error) from error
    finally:
        node.close()
        engine.dispose()
    if out is None:
        sys.stdout.write(text)
    else:
        out.write_text(text, "utf-8")
        errors.print(f"[green]proof of {place}[/] written to {out}")


@app.command()
def bench(
    database_url: DatabaseUrl = None,
    events: Annotated[int, typer.Option(help="Events to make and mirror.")] = 200_000,
    blocks: Annotated[int, typer.Option(help="Blocks to spread them over.")] = 2_000,
    tail_blocks: Annotated[int, typer.Option(help="Blocks for the tail's latency.")] = 200,
    as_json: AsJson = False,
) -> None:
    """Time the backfill and the tail on a throw-away chain, beside a baseline and the bare limits."""
    from ledger_indexer.bench import report  # only a bench needs web3 and an ORM

    settings = settings_of(database_url=database_url)
    figures = report.bench(settings.database_url, events=events, blocks=blocks, tail_blocks=tail_blocks, console=errors)
    if as_json:
        print_json(figures.as_json())
    else:
        report.show(figures, Console())


@app.command(
    "node",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
)
def node(context: typer.Context) -> None:
    """The embedded chain: see `node --help`."""
    from ledger_indexer.node.cli import app as chain  # only who runs a chain pays for loading it

    chain(args=context.args, prog_name="node")


def main() -> None:
    """Entry point of ``python -m ledger_indexer``."""
    app()


if __name__ == "__main__":
    main()
