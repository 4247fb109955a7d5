"""The one place that reads the wall clock. Everything else takes the time as an argument."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, with time zone UTC."""
    return datetime.now(UTC)
