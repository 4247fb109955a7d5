"""`jiulian risk`: score a dataset folder, export one from the database, measure a ranking against the truth."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from backend.risk import evaluation, folder, scoring
from backend.risk.features.evidence import gather
from backend.risk.rules import DatasetUnreadable

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
