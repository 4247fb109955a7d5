"""What the world holds after the story: the same totals whatever died on the way."""

from sqlalchemy import Engine, text

_COUNTS = {
    "parties": "select count(*) from party",
    "devices": "select count(*) from device",
    "units": "select count(*) from unit",
    "captures": "select count(*) from capture",
    "orders": "select count(*) from sales_order",
    "scans": "select count(*) from scan",
    "price_reports": "select count(*) from price_report",
    "held": "select coalesce(sum(held), 0) from holding",
    "mirrored_captures": "select count(*) from mirror.captured",
    "mirrored_declarations": "select count(*) from mirror.capture_voided",
    "mirrored_refusals": "select count(*) from mirror.capture_refused",
    "mirrored_held": "select coalesce(sum(held), 0) from mirror.holding",
}


def totals(engine: Engine) -> dict[str, int]:
    """Counts and sums by name; quantities in the batches' own units."""
    with engine.connect() as connection:
        return {name: int(connection.execute(text(query)).scalar_one()) for name, query in _COUNTS.items()}


def unsettled(engine: Engine) -> int:
    """Captures and leaves that the mirror has not confirmed yet."""
    with engine.connect() as connection:
        query = "select count(*) from anchor where state in ('captured', 'bundled')"
        return int(connection.execute(text(query)).scalar_one())
