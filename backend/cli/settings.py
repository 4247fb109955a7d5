"""`jiulian settings`: the page of all settings."""

import typer

from backend.settings.page import settings_page

app = typer.Typer()


@app.callback(invoke_without_command=True)
def settings() -> None:
    """Print every setting with its default and what it does, in Markdown."""
    typer.echo(settings_page(), nl=False)
