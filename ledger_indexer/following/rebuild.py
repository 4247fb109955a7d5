"""A new mirror beside the old one, from the chain alone, then swapped in by one transaction while the product runs."""

import logging
from collections.abc import Callable

import psycopg
from psycopg import sql
from sqlalchemy import MetaData, create_engine

from ledger_indexer.bindings.deployments import Deployment
from ledger_indexer.errors import NodeUnavailable
from ledger_indexer.fetching.client import Node
from ledger_indexer.following.follower import Follower, Limits
from ledger_indexer.mirror.listening import plain_url
from ledger_indexer.mirror.store import Store
from ledger_indexer.rows import tables

log = logging.getLogger(__name__)
SHADOW = "mirror_shadow"
_OLD = "mirror_old"


def rebuild(
    node: Node,
    database_url: str,
    deployment: Deployment,
    limits: Limits | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Build the shadow, swap it in; gives the block it reaches.

    Stopped, killed or failed before the swap, it leaves the live mirror as it was; the next rebuild starts anew.
    Readers see the old mirror or the new one. A running indexer finds the cursor moved, reloads and goes on.
    """
    _prepare(database_url)
    store = Store(database_url, SHADOW)
    try:
        follower = Follower(node, store, deployment, limits or Limits(), stopping=stopping)
        follower.converge(node.newest())
        if stopping():
            raise NodeUnavailable("stopped before the new mirror was complete; the old one stays")
        reached = follower.window.tip.number
    finally:
        store.close()
    _swap(database_url)
    log.info("the new mirror reaches block %d and is in place", reached)
    return reached


def _prepare(database_url: str) -> None:
    shadow = MetaData(schema=SHADOW)
    for table in tables.metadata.sorted_tables:
        table.to_metadata(shadow, schema=SHADOW)
    with psycopg.connect(plain_url(database_url), autocommit=True) as connection:
        connection.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(SHADOW)))
        connection.execute(sql.SQL("create schema {}").format(sql.Identifier(SHADOW)))
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://", 1))
    shadow.create_all(engine)
    engine.dispose()


def _swap(database_url: str) -> None:
    live, shadow, old = (sql.Identifier(name) for name in (tables.SCHEMA, SHADOW, _OLD))
    kept = sql.SQL("at, from_number, from_hash, to_number, depth, beyond_window")
    with psycopg.connect(plain_url(database_url), autocommit=True) as connection:
        for table in tables.metadata.sorted_tables:
            connection.execute(sql.SQL("analyze {}.{}").format(shadow, sql.Identifier(table.name)))
        with connection.transaction():
            # What the old mirror lived through cannot be read from the chain: its rewinds go along.
            connection.execute(
                sql.SQL("insert into {}.rewind ({}) select {} from {}.rewind order by id").format(
                    shadow, kept, kept, live
                )
            )
            connection.execute(sql.SQL("drop schema if exists {} cascade").format(old))
            connection.execute(sql.SQL("alter schema {} rename to {}").format(live, old))
            connection.execute(sql.SQL("alter schema {} rename to {}").format(shadow, live))
        connection.execute(sql.SQL("drop schema {} cascade").format(old))
