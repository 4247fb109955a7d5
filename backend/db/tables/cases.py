"""Written by backend.cases: the file of each alert, and every decision ever taken on it."""

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Column, ForeignKey, Identity, Index, Integer, String, Table
from sqlalchemy.dialects.postgresql import BYTEA

from backend.db.base import Moment, append_only, metadata

case_file = Table(
    "case_file",
    metadata,
    Column("alert", ForeignKey("alert.id"), primary_key=True),
    Column("state", String, nullable=False, server_default="review"),
    Column("version", Integer, nullable=False, server_default="0", comment="number of decisions taken"),
    Column("watch_until", Moment, nullable=True),
    Column("taken_by", ForeignKey("app_user.id"), nullable=True),
    Column("lease_until", Moment, nullable=True),
    CheckConstraint("state in ('review', 'watching', 'filed', 'closed')", name="state_known"),
)
Index("ix_case_file_state", case_file.c.state)

decision = Table(
    "decision",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("alert", ForeignKey("case_file.alert"), nullable=False, index=True),
    Column("number", Integer, nullable=False, comment="first, second, … decision on the alert"),
    Column("outcome", String, nullable=False),
    Column("reasons", ARRAY(String), nullable=False),
    Column("note", String, nullable=False),
    Column("watch_until", Moment, nullable=True),
    Column("user", ForeignKey("app_user.id"), nullable=False),
    Column("decided_at", Moment, nullable=False),
    Column("alert_version", Integer, nullable=False, comment="version of the alert the person saw"),
    Column("evidence", BYTEA, nullable=False, comment="leaf of the evidence log"),
    CheckConstraint("outcome in ('confirmed', 'dismissed', 'watch', 'undo')", name="outcome_known"),
)
Index("uq_decision_alert_number", decision.c.alert, decision.c.number, unique=True)
append_only(decision)
