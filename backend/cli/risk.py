"""`jiulian risk`: score a dataset folder, export one from the database, measure a ranking against the truth."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from backend import clock
from backend.db import embedded, migrate
from backend.db.engine import make_engine, make_sessions, transaction
from backend.risk import evaluation, folder, scoring, service
from backend.risk.features.evidence import gather
from backend.risk.rules import DatasetUnreadable
from backend.settings import get_settings

app = typer.Typer(help="Risk engine: score, export and evaluate dataset folders.", no_args_is_help=True)
_console = Console()
Folder = Annotated[Path, typer.Argument(help="Dataset folder", exists=True, file_okay=False)]


@app.command()
def score(
    dataset: Folder,
    out: Annotated[Path, typer.Option(help="Where the ranked candidates go")] = Path("alerts.csv"),
) -> None:
    """Rank the candidates of every week after the warm-up, each with what was known by the end of that week."""
    data = folder.read(dataset)
    evidence = gather(data)
    candidates = scoring.score_all(evidence, range(data.warm_up_weeks, data.weeks))
    folder.write_alerts(candidates, out)
    _console.print(f"{len(candidates):,} candidates in {data.weeks - data.warm_up_weeks} weeks -> {out}")


@app.command()
def evaluate(
    dataset: Folder, alerts: Annotated[Path, typer.Argument(help="alerts.csv", exists=True)] = Path("alerts.csv")
) -> None:
    """Measure a ranking against the planted truth of a folder."""
    truth = folder.read_truth(dataset)
    if truth is None:
        raise DatasetUnreadable(f"{dataset} has no truth_episodes.csv")
    data = folder.read(dataset)
    weeks = range(data.warm_up_weeks, data.weeks)
    figures = evaluation.evaluate(folder.read_alerts(alerts), truth, len(data.dealers), weeks)
    table = Table("measure", "value", title=f"{len(truth)} episodes, {len(data.dealers)} dealers, {len(weeks)} weeks")
    for name, value in figures.items():
        table.add_row(name.replace("_", " "), f"{value:,.3f}")
    _console.print(table)


@app.command()
def export(
    dataset: Annotated[Path, typer.Argument(help="Folder to write", file_okay=False)],
    at: Annotated[datetime | None, typer.Option(help="As known at this time (UTC); none: now")] = None,
) -> None:
    """Write the trade of the database as a dataset folder."""
    moment = at.replace(tzinfo=UTC) if at else clock.now()
    settings = get_settings()
    url = settings.database_url or embedded.ensure(settings.home)
    migrate.upgrade(url)
    sessions = make_sessions(make_engine(url))
    with transaction(sessions) as session:
        data = service.export(session, now=moment)
    folder.write(data, dataset)
    _console.print(f"{len(data.scans):,} scans of {len(data.dealers)} dealers in {data.weeks} weeks -> {dataset}")
