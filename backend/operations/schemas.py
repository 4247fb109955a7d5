"""The figures as JSON."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel

from backend.anchoring.rules import IntentState
from backend.capture.rules import EvidenceState
from backend.operations.rules import Comparison, Figures, Finding, Health, JobRun, JobState, Lane, Trouble, health_of
from backend.operations.words import sentence
from backend.web.shapes import BY_NAME, Moment, names_of

HealthOut = Annotated[Health, BY_NAME, names_of(Health)]


class TroubleOut(BaseModel):
    """One thing that is wrong, with a sentence in English."""

    trouble: Trouble
    health: HealthOut
    sentence: str

    @classmethod
    def of(cls, finding: Finding) -> "TroubleOut":
        """A finding for programs."""
        return cls(trouble=finding.trouble, health=finding.health, sentence=sentence(finding, "en"))


class LaneOut(BaseModel):
    """What a relayer, in hex, has under way: intents by state."""

    relayer: str
    intents: dict[IntentState, int]
    captures: int
    oldest_at: Moment | None

    @classmethod
    def of(cls, lane: Lane) -> "LaneOut":
        """A lane for programs."""
        return cls(
            relayer=f"0x{lane.relayer.hex()}",
            intents=dict(lane.intents),
            captures=lane.captures,
            oldest_at=lane.oldest_at,
        )


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

    @classmethod
    def of(cls, figures: Figures) -> "MirrorOut":
        """The mirror for programs."""
        lag, mirror = figures.lag, figures.mirror
        return cls(
            block=mirror.block,
            moved_at=mirror.moved_at,
            lag_blocks=figures.lag_blocks,
            lag_s=None if lag is None else round(lag.total_seconds(), 1),
            rewinds=mirror.rewinds,
            deepest_rewind=mirror.deepest_rewind,
            quarantined=mirror.quarantined,
            suspect_from=mirror.suspect_from,
        )


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

    @classmethod
    def of(cls, job: JobRun) -> "JobOut":
        """A job for programs."""
        return cls(
            name=job.name,
            runs=job.runs,
            failures=job.failures,
            last_at=job.last_at,
            last_ms=job.last_ms,
            state=job.state,
            trouble=job.trouble,
        )


class ComparisonOut(BaseModel):
    """The newest comparison of books and mirror."""

    ran_at: Moment
    differences: int
    waiting: int

    @classmethod
    def of(cls, last: Comparison) -> "ComparisonOut":
        """A comparison for programs."""
        return cls(ran_at=last.ran_at, differences=last.differences, waiting=last.waiting)


class FiguresOut(BaseModel):
    """The house at one moment: health first, then the figures that it follows from. Spans in seconds."""

    at: Moment
    health: HealthOut
    findings: list[TroubleOut]
    evidence: dict[EvidenceState, int]
    final_is_estimated: bool
    queue_age_s: float
    lanes: list[LaneOut]
    mirror: MirrorOut
    node: NodeOut
    jobs: list[JobOut]
    worker_seen_at: Moment | None
    comparison: ComparisonOut | None
    refusals_last_day: dict[str, int]

    @classmethod
    def of(cls, figures: Figures, findings: Sequence[Finding]) -> "FiguresOut":
        """The figures for programs."""
        return cls(
            at=figures.at,
            health=health_of(findings),
            findings=[TroubleOut.of(each) for each in findings],
            evidence=dict(figures.evidence.counts),
            final_is_estimated=figures.evidence.estimated,
            queue_age_s=round(figures.queue_age.total_seconds(), 1),
            lanes=[LaneOut.of(each) for each in figures.lanes],
            mirror=MirrorOut.of(figures),
            node=NodeOut(block=figures.node.block, trouble=figures.node.trouble),
            jobs=[JobOut.of(each) for each in figures.jobs],
            worker_seen_at=figures.worker_seen_at,
            comparison=ComparisonOut.of(figures.comparison) if figures.comparison else None,
            refusals_last_day=dict(figures.refusals),
        )


class StateOut(BaseModel):
    """That the process answers."""

    state: Literal["alive", "ready"]
