"""What the web process counts of itself. One registry an application, so that several in one process do not mix."""

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.process_collector import ProcessCollector

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class WebMetrics:
    """Counters of requests and refusals. Labels are routes' templates and names of classes, never a client's words."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Counter(
            "jiulian_requests", "Requests answered.", ["method", "route", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "jiulian_request_seconds",
            "Seconds from a request to the end of its answer.",
            ["route"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._scans = Histogram(
            "jiulian_scan_seconds",
            "Seconds from a consumer's scan of a bottle to the end of its verdict.",
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._refusals = Counter(
            "jiulian_refusals", "Requests and captures refused, by kind.", ["kind"], registry=self.registry
        )

    def answered(self, method: str, route: str, status: int, seconds: float, *, scan: bool) -> None:
        """Count an answer; `route` is a template, or a name for what has none."""
        self._requests.labels(method if method in _METHODS else "OTHER", route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)
        if scan:
            self._scans.observe(seconds)

    def refused(self, kind: str) -> None:
        """Count a refusal by the name of its class."""
        self._refusals.labels(kind).inc()
