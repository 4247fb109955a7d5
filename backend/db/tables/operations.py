"""Written by backend.operations: how the worker's jobs fare."""

from sqlalchemy import BigInteger, Boolean, Column, Integer, String, Table

from backend.db.base import Moment, metadata

job_run = Table(
    "job_run",
    metadata,
    Column("name", String, primary_key=True),
    Column("runs", BigInteger, nullable=False, comment="turns taken, by all workers so far"),
    Column("failures", BigInteger, nullable=False, comment="turns that ended in an error"),
    Column("last_at", Moment, nullable=False, comment="when the last turn began"),
    Column("last_ms", Integer, nullable=False, comment="how long it took"),
    Column("busy", Boolean, nullable=False, comment="whether it found something to do; else the job rests"),
    Column("trouble", String, nullable=True, comment="what the job waits for, in a sentence"),
    Column("told_at", Moment, nullable=False, comment="when the worker wrote this down"),
)
