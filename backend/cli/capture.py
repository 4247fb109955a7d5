"""`jiulian capture FILE…`: EPCIS 2.0 documents of other systems, captured through the front door."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from backend import clock
from backend.capabilities import REACTIONS
from backend.capture import gateway, service
from backend.cli.parts import migrated_database
from backend.db.engine import make_engine, make_sessions, transaction
from backend.errors import Malformed
from backend.settings import Settings, get_settings
from backend.units import foreign

app = typer.Typer()
_progress = Console(stderr=True)


@app.callback(invoke_without_command=True, context_settings={"allow_interspersed_args": True})
def capture(
    files: Annotated[list[Path], typer.Argument(help="EPCIS 2.0 documents (JSON or JSON-LD), or folders of them")],
    device: Annotated[Path | None, typer.Option(help="key file of an enrolled device; none: the gateway's own")] = None,
    json_output: Annotated[bool, typer.Option("--json", help="one JSON object on the last line")] = False,
) -> None:
    """Capture documents. Refusals are answers and are kept; 2 is returned only when a file cannot be read."""
    settings = get_settings()
    engine = make_engine(migrated_database(settings))
    domain = service.load_domain(settings.deployment_path)
    desk = service.Desk(make_sessions(engine), domain, REACTIONS, settings.captures.late_days)
    try:
        speaker = _speaker(desk, settings, device)
    except (Malformed, OSError) as error:
        _progress.print(f"[red]{escape(str(error))}[/red]")
        raise typer.Exit(2) from error
    handled, unreadable = _capture_all(desk, speaker, files)
    _add_findings(desk, handled)
    engine.dispose()
    _report(handled, unreadable, json_output=json_output)
    if unreadable:
        raise typer.Exit(2)


def _speaker(desk: service.Desk, settings: Settings, device: Path | None) -> gateway.Gateway:
    with transaction(desk.sessions) as session:
        if device is not None:
            return gateway.open_device(session, device)
        return gateway.open_gateway(session, settings.home / "keys" / "gateway.json", now=clock.now())


def _capture_all(
    desk: service.Desk, speaker: gateway.Gateway, files: list[Path]
) -> tuple[list[gateway.Handled], list[str]]:
    found = list(gateway.list_files(files))
    handled, unreadable = [], []
    with Progress(console=_progress, transient=True, disable=len(found) < 2) as progress:
        for path in progress.track(found, description="capturing"):
            try:
                handled.append(gateway.capture_file(desk, speaker, path, clock.now))
            except OSError as error:
                unreadable.append(f"{path}: {error.strerror or error}")
    return handled, unreadable


def _add_findings(desk: service.Desk, handled: list[gateway.Handled]) -> None:
    """What in each event cannot be true beside what the same teller said before."""
    with transaction(desk.sessions) as session:
        for event in (event for each in handled for event in each.events):
            if event.evidence is not None:
                found = foreign.list_findings(session, evidence=event.evidence)
                event.findings = [foreign.finding_json(each) for each in found]


def _report(handled: list[gateway.Handled], unreadable: list[str], *, json_output: bool) -> None:
    for reason in unreadable:
        _progress.print(f"[red]cannot read {escape(reason)}[/red]")
    if not json_output:
        Console().print(_table(handled))
        return
    refused = sum(each.state == "refused" for each in handled)
    summary = {
        "documents": len(handled),
        "accepted": len(handled) - refused,
        "refused": refused,
        "events": sum(event.evidence is not None for each in handled for event in each.events),
        "findings": sum(len(event.findings or ()) for each in handled for event in each.events),
        "unreadable": unreadable,
        "items": [each.as_json() for each in handled],
    }
    typer.echo(json.dumps(summary, ensure_ascii=False))


def _table(handled: list[gateway.Handled]) -> Table:
    table = Table("document", "accepted", "refused", "findings", "reason", title="captures")
    for each in handled:
        accepted = len(each.events) - len(each.refused) if each.reason is None else 0
        reasons = "\n".join(escape(f"{why['kind']}: {why['message']}") for why in each.refused[:5])
        findings = sum(len(event.findings or ()) for event in each.events)
        table.add_row(escape(each.file), str(accepted), str(len(each.refused)), str(findings), reasons)
    return table
