"""Figures of the house, and what they say of its health. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from backend.anchoring.rules import UNSEEN, IntentState
from backend.capture.rules import EvidenceState

WORKER_WATCHED, WORKER_ILL = timedelta(minutes=1), timedelta(minutes=10)
"""A worker writes down every few seconds how its jobs fare, but while one of them takes long."""
QUEUE_WATCHED, QUEUE_ILL = timedelta(minutes=2), timedelta(minutes=30)
LANE_WATCHED, LANE_ILL = timedelta(minutes=5), timedelta(minutes=30)
MIRROR_WATCHED, MIRROR_ILL = timedelta(minutes=1), timedelta(minutes=10)
COMPARISONS_MISSED = 3


class Health(IntEnum):
    """From good to bad, so that the worst is the greatest."""

    WELL = 0
    WATCHED = 1
    ILL = 2


class JobState(StrEnum):
    """How a job of the worker is."""

    WORKING = "working"
    RESTING = "resting"
    """It found nothing to do."""
    WAITING = "waiting"
    """For something to heal."""


class Trouble(StrEnum):
    """What can be wrong with the house."""

    NODE_SILENT = "node_silent"
    MIRROR_MISSING = "mirror_missing"
    MIRROR_BEHIND = "mirror_behind"
    MIRROR_SUSPECT = "mirror_suspect"
    QUARANTINE = "quarantine"
    QUEUE_OLD = "queue_old"
    LANE_STUCK = "lane_stuck"
    WORKER_MISSING = "worker_missing"
    WORKER_SILENT = "worker_silent"
    JOB_FAILING = "job_failing"
    BOOKS_DIFFER = "books_differ"
    COMPARISON_OLD = "comparison_old"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. `values` fill its sentence: numbers, names, and `span` as a timedelta."""

    trouble: Trouble
    health: Health
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lane:
    """What a relayer (20-byte address) has under way: intents by state, and when the oldest unseen one was written."""

    relayer: bytes
    intents: Mapping[IntentState, int]
    captures: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Evidence by its state, and when the oldest that waits was queued. `estimated`: the number of final ones is the
    database's estimate, since to count them would take too long."""

    counts: Mapping[EvidenceState, int]
    estimated: bool
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class Mirror:
    """Where the mirror stands; `block` is None before the first one."""

    block: int | None
    moved_at: datetime | None
    suspect_from: int | None
    quarantined: int
    rewinds: int
    deepest_rewind: int


@dataclass(frozen=True, slots=True)
class Node:
    """What the node says: its newest block, and when the first one was mined that the mirror lacks; or its trouble."""

    block: int | None
    first_missing_at: datetime | None = None
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class JobRun:
    """How a job of the worker fares, over all its processes so far."""

    name: str
    runs: int
    failures: int
    last_at: datetime
    last_ms: int
    busy: bool
    """Whether its last turn found something to do; else it rests."""
    trouble: str | None
    told_at: datetime
    """When its worker last wrote that down, for all its jobs at once."""

    @property
    def state(self) -> JobState:
        """How it is now."""
        return JobState.WAITING if self.trouble else JobState.WORKING if self.busy else JobState.RESTING


@dataclass(frozen=True, slots=True)
class Comparison:
    """The newest comparison of books and mirror."""

    ran_at: datetime
    differences: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Figures:
    """The house at one moment."""

    at: datetime
    evidence: Evidence
    lanes: Sequence[Lane]
    mirror: Mirror
    node: Node
    jobs: Sequence[JobRun]
    comparison: Comparison | None
    refusals: Mapping[str, int]
    """Captures refused in the last 24 hours, by kind; of the newest 1,000 alone."""

    @property
    def queue_age(self) -> timedelta:
        """How long the oldest evidence waits for a transaction."""
        return _since(self.evidence.oldest_at, self.at)

    @property
    def lag_blocks(self) -> int | None:
        """Blocks that the mirror lacks; None when either side is unknown."""
        if self.mirror.block is None or self.node.block is None:
            return None
        return max(0, self.node.block - self.mirror.block)

    @property
    def lag(self) -> timedelta | None:
        """How long the first block that the mirror lacks has been there; None when unknown."""
        if self.lag_blocks is None:
            return None
        return _since(self.node.first_missing_at, self.at) if self.lag_blocks else timedelta(0)

    @property
    def worker_seen_at(self) -> datetime | None:
        """When a worker last wrote down how it fares."""
        return max((job.told_at for job in self.jobs), default=None)


@dataclass(frozen=True, slots=True)
class Expected:
    """What the settings make of it: how long evidence may wait on purpose, and how often the books are compared."""

    bundle_after: timedelta = timedelta(0)
    compared_every: timedelta = timedelta(0)


def _since(moment: datetime | None, now: datetime) -> timedelta:
    return timedelta(0) if moment is None else max(timedelta(0), now - moment)


def health_of(findings: Sequence[Finding]) -> Health:
    """The worst of them."""
    return max((each.health for each in findings), default=Health.WELL)


def findings_of(figures: Figures, expected: Expected) -> list[Finding]:
    """What is wrong, the worst first."""
    found = [*_chain(figures), *_queue(figures, expected), *_worker(figures), *_books(figures, expected)]
    return sorted(found, key=lambda each: -each.health)


def _chain(figures: Figures) -> Iterator[Finding]:
    mirror = figures.mirror
    if figures.node.block is None:
        yield Finding(Trouble.NODE_SILENT, Health.ILL, {"trouble": figures.node.trouble or ""})
    if mirror.block is None:
        yield Finding(Trouble.MIRROR_MISSING, Health.WATCHED)
    if mirror.suspect_from is not None:
        yield Finding(Trouble.MIRROR_SUSPECT, Health.ILL, {"block": mirror.suspect_from})
    if mirror.quarantined:
        yield Finding(Trouble.QUARANTINE, Health.WATCHED, {"count": mirror.quarantined})
    if (lag := figures.lag) is not None and (health := _by(lag, MIRROR_WATCHED, MIRROR_ILL)):
        yield Finding(Trouble.MIRROR_BEHIND, health, {"count": figures.lag_blocks, "span": lag})


def _queue(figures: Figures, expected: Expected) -> Iterator[Finding]:
    age = figures.queue_age - expected.bundle_after
    if health := _by(age, QUEUE_WATCHED, QUEUE_ILL):
        count = figures.evidence.counts.get(EvidenceState.CAPTURED, 0)
        yield Finding(Trouble.QUEUE_OLD, health, {"count": count, "span": figures.queue_age})
    for lane in figures.lanes:
        since = _since(lane.oldest_at, figures.at)
        if health := _by(since, LANE_WATCHED, LANE_ILL):
            count = sum(lane.intents.get(state, 0) for state in UNSEEN)
            yield Finding(Trouble.LANE_STUCK, health, {"count": count, "lane": short(lane.relayer), "span": since})


def _worker(figures: Figures) -> Iterator[Finding]:
    seen = figures.worker_seen_at
    if seen is None:
        yield Finding(Trouble.WORKER_MISSING, Health.ILL)
    elif health := _by(silent := _since(seen, figures.at), WORKER_WATCHED, WORKER_ILL):
        yield Finding(Trouble.WORKER_SILENT, health, {"span": silent})
    for job in figures.jobs:
        if job.trouble:
            yield Finding(Trouble.JOB_FAILING, Health.WATCHED, {"job": job.name, "trouble": job.trouble})


def _books(figures: Figures, expected: Expected) -> Iterator[Finding]:
    last = figures.comparison
    if last is None:
        return
    if last.differences:
        yield Finding(Trouble.BOOKS_DIFFER, Health.ILL, {"count": last.differences})
    age = _since(last.ran_at, figures.at)
    if expected.compared_every and age > COMPARISONS_MISSED * expected.compared_every:
        yield Finding(Trouble.COMPARISON_OLD, Health.WATCHED, {"span": age})


def _by(age: timedelta, watched: timedelta, ill: timedelta) -> Health:
    return Health.ILL if age > ill else Health.WATCHED if age > watched else Health.WELL


def short(relayer: bytes) -> str:
    """A relayer's address as people tell lanes apart."""
    return f"0x{relayer.hex()[:8]}"
