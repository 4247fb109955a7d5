"""Written by backend.risk: runs of the engine and the alerts they raised."""

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Identity, Index, Integer, String, Table, UniqueConstraint
from sqlalchemy.dialects.postgresql import BYTEA, JSONB

from backend.db.base import Moment, append_only, metadata

risk_run = Table(
    "risk_run",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("ran_at", Moment, nullable=False, index=True),
    Column("model", String, nullable=False),
    Column("inputs_hash", BYTEA, nullable=False, comment="SHA-256 of the dataset that was scored"),
    Column("evidence", BYTEA, nullable=False, comment="leaf of the evidence log"),
    Column("scans", Integer, nullable=False),
    Column("candidates", Integer, nullable=False),
    Column("findings", Integer, nullable=False),
)
append_only(risk_run)

alert = Table(
    "alert",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("dealer", String(13), nullable=False),
    Column("kind", String, nullable=False),
    Column("window_on", Date, nullable=False, comment="Monday of the week in which it opened"),
    Column("opened_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("version", Integer, nullable=False, comment="grows with every change; a decision names the one it saw"),
    Column("score_hundredths", Integer, nullable=False, comment="natural log odds times 100"),
    Column("places", JSONB, nullable=False, comment="per place: seen, expected, travellers, terms, weeks, scans"),
    Column("carton", JSONB, nullable=False, comment="one case: its bottle, way and readings"),
    Column("run", ForeignKey("risk_run.id"), nullable=False),
    UniqueConstraint("dealer", "kind", "window_on"),
)
Index("ix_alert_score_id", alert.c.score_hundredths.desc(), alert.c.id)
Index("ix_alert_opened_at_id", alert.c.opened_at, alert.c.id)
Index("ix_alert_dealer_opened_at", alert.c.dealer, alert.c.opened_at)
