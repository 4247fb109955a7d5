"""The figures as Prometheus reads them. Labels are states, jobs, lanes, kinds of refusals: few, none of them typed."""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from backend.anchoring.rules import OPEN
from backend.errors import Unavailable
from backend.operations import service
from backend.operations.reading import FigureReader
from backend.operations.rules import Figures, JobState, findings_of, health_of


class FigureCollector(Collector):
    """Gives the figures whenever the metrics are read; of a database that is away it says just that."""

    def __init__(self, reader: FigureReader) -> None:
        self._reader = reader

    def collect(self) -> Iterator[Metric]:
        """All families."""
        try:
            figures = self._reader.read()
        except Unavailable:
            yield _gauge("database_up", "Whether the database answers.", 0)
            return
        yield _gauge("database_up", "Whether the database answers.", 1)
        health = health_of(findings_of(figures, service.expected(self._reader.settings)))
        yield _gauge("health", "0 well, 1 to be watched, 2 ill, as `jiulian status` words it.", int(health))
        yield from _evidence(figures)
        yield from _lanes(figures)
        yield from _mirror(figures)
        yield from _jobs(figures)
        yield from _books(figures)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"jiulian_{name}", text, value=value)


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(f"jiulian_{name}", text, value=value)


def _when(name: str, text: str, moment: datetime | None) -> Iterator[Metric]:
    if moment is not None:
        yield _gauge(f"{name}_timestamp_seconds", text, moment.timestamp())


def _evidence(figures: Figures) -> Iterator[Metric]:
    states = GaugeMetricFamily(
        "jiulian_evidence",
        "Evidence (captures, scans, decisions, reports) by its state; final is an estimate where there is much.",
        labels=["state"],
    )
    for state, count in figures.evidence.counts.items():
        states.add_metric([state], count)
    yield states
    age = figures.queue_age.total_seconds()
    yield _gauge("queue_age_seconds", "How long the oldest evidence waits for a transaction.", age)
    kinds = GaugeMetricFamily(
        "jiulian_captures_refused_last_day", "Captures refused in 24 hours, of the newest 1,000.", labels=["kind"]
    )
    for kind, count in figures.refusals.items():
        kinds.add_metric([kind], count)
    yield kinds


def _lanes(figures: Figures) -> Iterator[Metric]:
    intents = GaugeMetricFamily(
        "jiulian_lane_intents", "Transactions of a relayer that are not final.", labels=["lane", "state"]
    )
    captures = GaugeMetricFamily("jiulian_lane_captures", "Captures in those.", labels=["lane"])
    oldest = GaugeMetricFamily(
        "jiulian_lane_oldest_seconds",
        "How long the oldest that the mirror has not shown is under way.",
        labels=["lane"],
    )
    for lane in figures.lanes:
        name = f"0x{lane.relayer.hex()}"
        for state in OPEN:
            intents.add_metric([name, state], lane.intents.get(state, 0))
        captures.add_metric([name], lane.captures)
        age = max(0.0, (figures.at - lane.oldest_at).total_seconds()) if lane.oldest_at else 0.0
        oldest.add_metric([name], age)
    yield _gauge("lanes", "Relayers that ever carried something.", len(figures.lanes))
    yield from (intents, captures, oldest)


def _mirror(figures: Figures) -> Iterator[Metric]:
    mirror, node = figures.mirror, figures.node
    yield _gauge("node_up", "Whether the node answers.", int(node.block is not None))
    if node.block is not None:
        yield _gauge("node_block", "The node's newest block.", node.block)
    if mirror.block is not None:
        yield _gauge("mirror_block", "The newest mirrored block.", mirror.block)
    if figures.lag_blocks is not None and figures.lag is not None:
        yield _gauge("mirror_lag_blocks", "Blocks that the mirror lacks.", figures.lag_blocks)
        seconds = figures.lag.total_seconds()
        yield _gauge("mirror_lag_seconds", "How long the first block that it lacks has been there.", seconds)
    yield from _when("mirror_moved", "When the mirror moved last.", mirror.moved_at)
    yield _counter("mirror_rewinds", "Reorganisations that the mirror followed.", mirror.rewinds)
    yield _gauge("mirror_deepest_rewind_blocks", "Blocks of the deepest one.", mirror.deepest_rewind)
    yield _gauge("mirror_quarantined_logs", "Logs that could not be read.", mirror.quarantined)
    yield _gauge(
        "mirror_suspect", "Whether the chain was rewritten below the window.", int(mirror.suspect_from is not None)
    )


def _jobs(figures: Figures) -> Iterator[Metric]:
    runs = CounterMetricFamily("jiulian_job_runs", "Turns of a job of the worker.", labels=["job"])
    failures = CounterMetricFamily("jiulian_job_failures", "Turns that ended in an error.", labels=["job"])
    last = GaugeMetricFamily("jiulian_job_last_run_timestamp_seconds", "When its last turn began.", labels=["job"])
    took = GaugeMetricFamily("jiulian_job_last_run_seconds", "How long that took.", labels=["job"])
    resting = GaugeMetricFamily("jiulian_job_resting", "Whether it found nothing to do and rests.", labels=["job"])
    waiting = GaugeMetricFamily("jiulian_job_waiting", "Whether it waits for something to heal.", labels=["job"])
    for job in figures.jobs:
        runs.add_metric([job.name], job.runs)
        failures.add_metric([job.name], job.failures)
        last.add_metric([job.name], job.last_at.timestamp())
        took.add_metric([job.name], job.last_ms / 1000)
        resting.add_metric([job.name], int(job.state is JobState.RESTING))
        waiting.add_metric([job.name], int(job.state is JobState.WAITING))
    yield from (runs, failures, last, took, resting, waiting)
    yield from _when("worker_seen", "When a worker last wrote down how it fares.", figures.worker_seen_at)


def _books(figures: Figures) -> Iterator[Metric]:
    last = figures.comparison
    if last is not None:
        yield from _when("comparison", "When books and mirror were compared last.", last.ran_at)
        yield _gauge("comparison_differences", "Differences that it found.", last.differences)
        yield _gauge("comparison_waiting", "Captures that were on their way then.", last.waiting)
