"""The figures as JSON."""

from collections.abc import Sequence
from datetime import datetime

from backend.operations.rules import Figures, Finding, Lane, health_of
from backend.operations.words import sentence


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
