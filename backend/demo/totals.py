"""What the world holds after the story: the same totals whatever died on the way."""

from sqlalchemy import Engine, FromClause, Select, func, select

from backend.capture.rules import EvidenceState
from backend.db.views import anchoring, capture, catalog, custody, identity, orders, verification
from ledger_indexer.mirror import queries


def _number(of: FromClause) -> Select[int]:
    return select(func.count()).select_from(of)


_COUNTS = {
    "parties": _number(identity.party),
    "devices": _number(identity.device),
    "units": _number(catalog.coded_bottle),
    "captures": _number(capture.kept),
    "orders": _number(orders.placed),
    "scans": _number(verification.seen),
    "price_reports": _number(verification.reported),
    "held": select(func.coalesce(func.sum(custody.held.c.held), 0)),
}
_ON_ITS_WAY = anchoring.on_its_way.c.state.in_((EvidenceState.CAPTURED, EvidenceState.BUNDLED))


def totals(engine: Engine) -> dict[str, int]:
    """Counts and sums by name; quantities in the batches' own units."""
    with engine.connect() as connection:
        logs = queries.count_logs(connection)
        mirrored = {
            "mirrored_captures": logs.captured,
            "mirrored_declarations": logs.voided,
            "mirrored_refusals": logs.refused,
            "mirrored_held": int(sum(each.held for each in queries.holdings(connection))),
        }
        return {name: int(connection.execute(query).scalar_one()) for name, query in _COUNTS.items()} | mirrored


def unsettled(engine: Engine) -> int:
    """Captures and leaves that the mirror has not confirmed yet."""
    with engine.connect() as connection:
        return connection.execute(_number(anchoring.on_its_way).where(_ON_ITS_WAY)).scalar_one()
