"""`jiulian work`: the worker."""

import typer

from backend import worker
from backend.cli.parts import migrated_database
from backend.settings import get_settings

app = typer.Typer()


@app.callback(invoke_without_command=True)
def work() -> None:
    """Run the worker until it is told to stop."""
    settings = get_settings()
    worker.run(settings.model_copy(update={"database_url": migrated_database(settings)}))
