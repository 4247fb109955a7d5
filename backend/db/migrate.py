"""Bring a database to the product's schema. One history serves product and mirror."""

from pathlib import Path

from alembic import command
from alembic.config import Config


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["url"] = url
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Apply all migrations up to a revision; safe to repeat and safe against a second migrator at work."""
    command.upgrade(_config(url), revision)


def downgrade(url: str, revision: str = "base") -> None:
    """Undo migrations down to a revision."""
    command.downgrade(_config(url), revision)
