"""The figures as JSON."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel

from backend.operations.rules import Figures, Finding, JobState, Lane, Trouble, health_of
from backend.operations.words import sentence
from backend.web.shapes import Moment


def figures_as_json(figures: Figures, findings: Sequence[Finding]) -> dict[str, object]:
    """Times in ISO 8601, spans in seconds, relayers in hex, sentences in English."""
    lag, last = figures.lag, figures.comparison
    return {
        "at": figures.at.isoformat(),
        "health": health_of(findings).name.lower(),
        "findings": [
            {"trouble": each.trouble, "health": each.health.name.lower(), "sentence": sentence(each, "en")}
            for each in findings
        ],
        "evidence": dict(figures.evidence.counts),
        "final_is_estimated": figures.evidence.estimated,
        "queue_age_s": round(figures.queue_age.total_seconds(), 1),
        "lanes": [_lane(each) for each in figures.lanes],
        "mirror": {
            "block": figures.mirror.block,
            "moved_at": _iso(figures.mirror.moved_at),
            "lag_blocks": figures.lag_blocks,
            "lag_s": None if lag is None else round(lag.total_seconds(), 1),
            "rewinds": figures.mirror.rewinds,
            "deepest_rewind": figures.mirror.deepest_rewind,
            "quarantined": figures.mirror.quarantined,
            "suspect_from": figures.mirror.suspect_from,
        },
        "node": {"block": figures.node.block, "trouble": figures.node.trouble},
        "jobs": [
            {
                "name": job.name,
                "runs": job.runs,
                "failures": job.failures,
                "last_at": job.last_at.isoformat(),
                "last_ms": job.last_ms,
                "state": job.state,
                "trouble": job.trouble,
            }
            for job in figures.jobs
        ],
        "worker_seen_at": _iso(figures.worker_seen_at),
        "comparison": last and {"ran_at": _iso(last.ran_at), "differences": last.differences, "waiting": last.waiting},
        "refusals_last_day": dict(figures.refusals),
    }


def _lane(lane: Lane) -> dict[str, object]:
    return {
        "relayer": f"0x{lane.relayer.hex()}",
        "intents": dict(lane.intents),
        "captures": lane.captures,
        "oldest_at": _iso(lane.oldest_at),
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


class TroubleOut(BaseModel):
    """One thing that is wrong."""

    trouble: Trouble
    health: str
    sentence: str


class LaneOut(BaseModel):
    """What a relayer has under way: intents by state."""

    relayer: str
    intents: dict[str, int]
    captures: int
    oldest_at: Moment | None


class MirrorOut(BaseModel):
    """Where the mirror stands, and how far behind the node."""

    block: int | None
    moved_at: Moment | None
    lag_blocks: int | None
    lag_s: float | None
    rewinds: int
    deepest_rewind: int
    quarantined: int
    suspect_from: int | None


class NodeOut(BaseModel):
    """What the node says: its newest block, or its trouble."""

    block: int | None
    trouble: str | None


class JobOut(BaseModel):
    """How a job of the worker fares."""

    name: str
    runs: int
    failures: int
    last_at: Moment
    last_ms: int
    state: JobState
    trouble: str | None


class ComparisonOut(BaseModel):
    """The newest comparison of books and mirror."""

    ran_at: Moment
    differences: int
    waiting: int


class FiguresOut(BaseModel):
    """The house at one moment: health first, then the figures that it follows from. Spans in seconds."""

    at: Moment
    health: str
    findings: list[TroubleOut]
    evidence: dict[str, int]
    final_is_estimated: bool
    queue_age_s: float
    lanes: list[LaneOut]
    mirror: MirrorOut
    node: NodeOut
    jobs: list[JobOut]
    worker_seen_at: Moment | None
    comparison: ComparisonOut | None
    refusals_last_day: dict[str, int]


class StateOut(BaseModel):
    """That the process answers."""

    state: str
