"""Anchoring's jobs in the order in which they run: what is queued is bundled, sent, and read back from the mirror."""

from collections.abc import Callable
from functools import partial

from backend import clock
from backend.anchoring import jobs
from backend.anchoring.jobs.carriers import open_carrier
from backend.db.engine import transaction
from backend.working import Job, Work


def _at_chain(step: Callable[..., bool], work: Work) -> bool:
    carrier = work.at_node(open_carrier)
    with transaction(work.sessions) as session:
        return step(session, carrier, now=clock.now())


def _settle(work: Work) -> bool:
    depth = work.at_node(open_carrier).deployment.finality_depth
    with transaction(work.sessions) as session:
        return jobs.settle(session, finality_depth=depth)


def _learn(work: Work) -> bool:
    depth = work.at_node(open_carrier).deployment.finality_depth
    with transaction(work.sessions) as session:
        return jobs.learn(session, finality_depth=depth, now=clock.now())


def _keep_decisions(work: Work) -> bool:
    with transaction(work.sessions) as session:
        return jobs.keep_decisions(session, now=clock.now())


JOBS = (
    Job("enrol", partial(_at_chain, jobs.enrol), 0.5),
    Job("bundle records", partial(_at_chain, jobs.bundle_records), 0.2),
    Job("bundle leaves", partial(_at_chain, jobs.bundle_leaves), 0.5),
    Job("announce sanctions", partial(_at_chain, jobs.announce_sanctions), 1.0),
    Job("put sanctions in force", partial(_at_chain, jobs.put_in_force), 1.0),
    Job("sanction", partial(_at_chain, jobs.sanction), 1.0),
    Job("keep decisions", _keep_decisions, 2.0),
    Job("send", partial(_at_chain, jobs.send), 0.2),
    Job("send again", partial(_at_chain, jobs.send_again), 30.0),
    Job("settle", _settle, 1.0),
    Job("learn of keys", _learn, 5.0),
    Job("raise fees", partial(_at_chain, jobs.bump), 5.0),
    Job("examine", partial(_at_chain, jobs.examine), 5.0),
)
