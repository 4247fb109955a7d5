"""What several commands need: the database that is configured or embedded, migrated."""

import sys
import time
from pathlib import Path

from rich.console import Console

from backend.db import embedded, migrate
from backend.errors import Unavailable
from backend.settings import Settings

console = Console(stderr=True)


def database(settings: Settings) -> str:
    """Address of the database; the embedded one is started when none is configured."""
    return settings.database_url or embedded.ensure(settings.home)


def migrated_database(settings: Settings, patience: float = 30.0) -> str:
    """Address of the database, brought to the newest schema; waits visibly while it is unreachable.

    Exits with code 3 and a sentence when `patience` seconds have passed.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            url = database(settings)
            migrate.upgrade(url)
            return url
        except Exception as error:
            if not _may_pass(error):
                raise
            if time.monotonic() > deadline:
                console.print(f"[red]The database is not reachable:[/red] {error}")
                sys.exit(3)
            console.print("waiting for the database …", style="dim")
            time.sleep(1)


def _may_pass(error: Exception) -> bool:
    from sqlalchemy.exc import OperationalError

    return isinstance(error, OperationalError | Unavailable)


def deployment_path(settings: Settings) -> Path:
    """Where the deployed contracts are named."""
    return settings.deployment_path
