"""`jiulian status`: how the house fares, on one screen."""

import json
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from backend.capture.rules import EvidenceState
from backend.cli.parts import console
from backend.db import embedded
from backend.db.engine import make_engine, make_sessions
from backend.errors import Unavailable
from backend.operations import service, words
from backend.operations.reading import FigureReader
from backend.operations.rules import Figures, Finding, Health, findings_of, health_of, short
from backend.operations.schemas import FiguresOut
from backend.settings import Settings, get_settings

app = typer.Typer()
DATABASE_SILENT = 3
"""Exit code where the database does not answer, so that nothing is known."""
_COLOURS = {Health.WELL: "green", Health.WATCHED: "yellow", Health.ILL: "red"}


@app.callback(invoke_without_command=True)
def status(
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON object instead of text.")] = False,
) -> None:
    """Queue, lanes, mirror, node and jobs. Exit code 0 well or to be watched, 1 ill, 3 the database does not answer."""
    settings = get_settings()
    try:
        figures = _read(settings)
    except Unavailable as error:
        if as_json:
            typer.echo(json.dumps({"health": "unknown", "reason": str(error), "exit_code": DATABASE_SILENT}))
        else:
            console.print(f"[red]{escape(str(error))}[/]")
        raise typer.Exit(DATABASE_SILENT) from None
    findings = findings_of(figures, service.expected(settings))
    if as_json:
        typer.echo(json.dumps(FiguresOut.of(figures, findings).model_dump(mode="json")))
    else:
        _show(figures, findings)
    raise typer.Exit(1 if health_of(findings) is Health.ILL else 0)


def _read(settings: Settings) -> Figures:
    """The figures. Looking starts nothing: an embedded database that does not run is told."""
    if settings.database_url is None and not embedded.is_running(settings.home):
        raise Unavailable(f"the embedded database under {settings.home} does not run")
    engine = make_engine(settings.database_url or embedded.ensure(settings.home), pool_size=1)
    try:
        return FigureReader(make_sessions(engine), settings).read()
    finally:
        engine.dispose()


def _show(figures: Figures, findings: list[Finding]) -> None:
    out = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    health = health_of(findings)
    out.print(f"[bold {_COLOURS[health]}]{words.health_word(health, 'en')}[/], as of {_time(figures.at)}")
    for each in findings:
        out.print(
            f"  [{_COLOURS[each.health]}]{each.health.name.lower()}[/]  {escape(words.sentence(each, 'en'))}",
            markup=True,
        )
    out.print()
    facts = Table.grid(padding=(0, 2))
    for name, value in _facts(figures):
        facts.add_row(name, escape(value))
    out.print(facts)
    if figures.jobs:
        out.print()
        out.print(_jobs(figures))


def _facts(figures: Figures) -> list[tuple[str, str]]:
    counts = figures.evidence.counts
    about = "about " if figures.evidence.estimated else ""
    waiting = f", the oldest for {words.span(figures.queue_age, 'en')}" if counts[EvidenceState.CAPTURED] else ""
    lag = "" if figures.lag is None else f"{_blocks(figures.lag_blocks)} behind, {words.span(figures.lag, 'en')}"
    mirror, last = figures.mirror, figures.comparison
    rows = [
        ("evidence", ", ".join(f"{about if s is EvidenceState.FINAL else ''}{n:,} {s}" for s, n in counts.items())),
        ("queue", f"{counts[EvidenceState.CAPTURED]:,} waiting{waiting}"),
    ]
    for lane in figures.lanes:
        under_way = ", ".join(f"{count:,} {state}" for state, count in lane.intents.items()) or "nothing under way"
        rows.append((f"lane {short(lane.relayer)}", f"{under_way}; {lane.captures:,} captures"))
    rows += [
        ("mirror", f"block {mirror.block:,}; {lag}" if mirror.block is not None else "no block yet"),
        ("rewinds", f"{mirror.rewinds:,}, the deepest {_blocks(mirror.deepest_rewind)}"),
        ("node", f"block {figures.node.block:,}" if figures.node.block is not None else str(figures.node.trouble)),
        ("refused, 24 h", ", ".join(f"{n:,} {kind}" for kind, n in figures.refusals.items()) or "none"),
        ("comparison", f"{last.differences:,} differences, {_time(last.ran_at)}" if last else "never"),
        ("worker", f"seen {_time(figures.worker_seen_at)}" if figures.worker_seen_at else "never seen"),
    ]
    return rows


def _jobs(figures: Figures) -> Table:
    table = Table("job", "runs", "failures", "last", "took", "now", box=None, padding=(0, 2, 0, 0))
    for job in figures.jobs:
        now = escape(job.trouble or job.state)
        table.add_row(
            job.name,
            f"{job.runs:,}",
            f"{job.failures:,}",
            words.ago(figures.at - job.last_at, "en"),
            f"{job.last_ms:,} ms",
            now,
        )
    return table


def _blocks(count: int | None) -> str:
    return f"{count:,} block{'' if count == 1 else 's'}"


def _time(moment: object) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S %Z}"
