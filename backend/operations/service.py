"""Use cases of operations: gather the figures of the house at one moment, at a bounded cost."""

from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from backend.anchoring import service as anchoring
from backend.capture import service as capture
from backend.capture.rules import EvidenceState
from backend.operations import store
from backend.operations.rules import Comparison, Evidence, Expected, Figures, JobRun, Lane, Mirror, Node
from backend.reconciliation import service as reconciliation
from backend.settings import Settings
from ledger_indexer.errors import IndexerError
from ledger_indexer.fetching.client import Node as Rpc
from ledger_indexer.mirror import queries

NODE_PATIENCE_S = 1.5
NOT_ASKED = Node(None, trouble="it was not asked")


def list_jobs(session: Session) -> list[JobRun]:
    """How each job of the worker fares."""
    return store.list_jobs(session)


def expected(settings: Settings) -> Expected:
    """What the settings allow."""
    return Expected(
        timedelta(seconds=settings.chain.bundle_after_s), timedelta(minutes=settings.reconciliation.every_minutes)
    )


def gather(session: Session) -> Figures:
    """The house now, by the database's clock. The node is not asked yet: no transaction waits for it."""
    at = store.database_time(session)
    standing = queries.standing(session.connection())
    block = standing.tip.number if standing.tip else None
    runs = reconciliation.list_runs(session, 1)
    return Figures(
        at,
        _evidence(session),
        _lanes(session),
        Mirror(
            block,
            standing.moved_at,
            standing.suspect_from,
            standing.quarantined,
            standing.rewinds,
            standing.deepest_rewind,
        ),
        NOT_ASKED,
        store.list_jobs(session),
        Comparison(runs[0].ran_at, runs[0].differences, runs[0].waiting) if runs else None,
        capture.count_refusals(session, at - timedelta(days=1)),
    )


def _evidence(session: Session) -> Evidence:
    counts = anchoring.count_not_final(session)
    final, estimated = anchoring.count_final(session, sum(counts.values()))
    every = {state: counts.get(state, 0) for state in EvidenceState} | {EvidenceState.FINAL: final}
    return Evidence(every, estimated, anchoring.oldest_waiting(session))


def _lanes(session: Session) -> list[Lane]:
    intents, oldest = anchoring.open_intents(session)
    captures = anchoring.captures_under_way(session)
    return [
        Lane(each, intents.get(each, {}), captures.get(each, 0), oldest.get(each)) for each in anchoring.lanes(session)
    ]


def ask_node(url: str | None, mirrored: int | None) -> Node:
    """What the node says of itself, and of the first block after the newest mirrored one."""
    if url is None:
        return Node(None, trouble="no node is known")
    node = Rpc(url, timeout_s=NODE_PATIENCE_S)
    try:
        newest = node.newest()
        missing = None
        if mirrored is not None and newest.number > mirrored:
            missing = node.header_at(mirrored + 1)
        return Node(newest.number, datetime.fromtimestamp(missing.time, UTC) if missing else None)
    except IndexerError as error:
        return Node(None, trouble=str(error))
    finally:
        node.close()


def touch(session: Session) -> None:
    """Ask the database for anything, to see that it answers."""
    store.database_time(session)
