"""Alembic environment: one history for the product's tables and the mirror's."""

from alembic import context
from sqlalchemy import text

import backend.db.tables  # noqa: F401  (registers the tables)
from backend.db.base import metadata
from backend.db.engine import make_engine
from ledger_indexer.rows.tables import metadata as mirror

_LOCK = 0x6A69756C  # "jiul": two processes that start together migrate one after the other

engine = make_engine(context.config.attributes["url"])
with engine.connect() as connection:
    connection.execute(text("select pg_advisory_lock(:key)"), {"key": _LOCK})
    connection.execute(text("create schema if not exists mirror"))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=[metadata, mirror],
        include_schemas=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
    connection.execute(text("select pg_advisory_unlock(:key)"), {"key": _LOCK})
    connection.commit()
engine.dispose()
