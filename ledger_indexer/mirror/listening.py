"""How others hear that the mirror moved."""

CHANNEL = "mirror"
"""After each commit the new tip is notified here as JSON: ``{"number": …, "hash": "0x…"}``."""


def plain_url(url: str) -> str:
    """SQLAlchemy's address as libpq reads it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
