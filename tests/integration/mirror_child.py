"""An indexer, or a rebuild, that kills itself at a durable step: `python mirror_child.py WHAT WHEN NTH`.

WHAT is `follow` or `rebuild`, WHEN is `before` or `after`, and NTH counts what PostgreSQL is asked to commit. It looks
at psycopg alone, so that no commit of the indexer can be forgotten. The settings come from the environment.
"""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from ledger_indexer.fetching.client import Node
from ledger_indexer.following import rebuild as building
from ledger_indexer.following.run import limits_of, load_deployment, run
from ledger_indexer.settings import Settings

_LASTING = ("insert", "update", "delete", "create", "drop", "alter")


class Blade:
    """Falls before or after the nth commit."""

    def __init__(self, when: str, nth: int) -> None:
        self.when, self.left = when, nth

    def __call__(self, moment: str) -> None:
        if moment == "before":
            self.left -= 1
        if self.left == 0 and moment == self.when:
            frame = sys._getframe()
            while not frame.f_code.co_filename.endswith(("/store.py", "/rebuild.py")):
                assert frame.f_back is not None
                frame = frame.f_back
            print(frame.f_code.co_name, flush=True)  # which step it was, for the test
            os.kill(os.getpid(), signal.SIGKILL)


def sharpen(blade: Blade) -> None:
    """Call the blade around whatever commits: a transaction's end, a statement on its own, an explicit commit."""
    transaction, execute, commit = (
        psycopg.Connection.transaction,
        psycopg.Connection.execute,
        psycopg.Connection.commit,
    )

    @contextmanager
    def watched_transaction(self: Any, *arguments: Any, **options: Any) -> Iterator[Any]:
        outermost = self.info.transaction_status == TransactionStatus.IDLE
        with transaction(self, *arguments, **options) as inner:
            yield inner
            if outermost:
                blade("before")
        if outermost:
            blade("after")

    def watched_execute(self: Any, query: Any, *arguments: Any, **options: Any) -> Any:
        text = query if isinstance(query, str) else query.as_string(self)
        alone = self.autocommit and self.info.transaction_status == TransactionStatus.IDLE
        lasting = alone and text.startswith(_LASTING)
        if lasting:
            blade("before")
        answer = execute(self, query, *arguments, **options)
        if lasting:
            blade("after")
        return answer

    def watched_commit(self: Any) -> None:
        lasting = self.info.transaction_status == TransactionStatus.INTRANS
        if lasting:
            blade("before")
        commit(self)
        if lasting:
            blade("after")

    psycopg.Connection.transaction = watched_transaction  # type: ignore[method-assign,assignment]
    psycopg.Connection.execute = watched_execute  # type: ignore[method-assign,assignment]
    psycopg.Connection.commit = watched_commit  # type: ignore[method-assign]


def main(what: str, when: str, nth: str) -> None:
    """Do it, as far as the blade lets us."""
    settings = Settings()
    sharpen(Blade(when, int(nth)))
    if what == "follow":
        run(settings, Event())
    else:
        node = Node(settings.rpc_url)
        building.rebuild(node, settings.database_url, load_deployment(settings), limits_of(settings))
        node.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
