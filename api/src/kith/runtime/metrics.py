"""Metrics: what a process counts for Prometheus. Where they are off, nothing is loaded and nothing counted.

``counting`` is set once a process, by ``count``; whoever has something to count asks whether it is.
"""

from typing import Any, Final

NAMES: Final = {
    "kith_requests_total": "Requests that were answered, by operation, method and status.",
    "kith_request_seconds": "Seconds until an answer was complete, by operation and method.",
    "kith_rate_limited_total": "Requests that were refused for want of units, by what had none left.",
    "kith_connections": "Database connections of the serving processes.",
    "kith_connections_used": "Database connections of the serving processes that are used.",
    "kith_turns_waiting": "Requests that wait for a connection.",
    "kith_streams": "Clients that follow the stream of events.",
    "kith_jobs_total": "Steps of jobs that ended in this worker, by kind and outcome.",
    "kith_job_seconds": "Seconds that a step of a job took, by kind.",
    "kith_records_total": "Records that this worker read and stored.",
}
"""What processes count themselves."""

_ANSWER_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_STEP_SECONDS = (0.01, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0)


class Metrics:
    """The counters of this process."""

    def __init__(self) -> None:
        from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

        disable_created_metrics()  # type: ignore[no-untyped-call]  # the package declares no types here

        def described(name: str) -> tuple[str, str]:
            return name.removesuffix("_total"), NAMES[name]

        def gauge(name: str) -> Gauge:
            return Gauge(*described(name), multiprocess_mode="livesum")

        self._requests = Counter(*described("kith_requests_total"), ("operation", "method", "status"))
        self._request_seconds = Histogram(
            *described("kith_request_seconds"), ("operation", "method"), buckets=_ANSWER_SECONDS
        )
        self._limited = Counter(*described("kith_rate_limited_total"), ("bucket",))
        self._jobs = Counter(*described("kith_jobs_total"), ("kind", "outcome"))
        self._job_seconds = Histogram(*described("kith_job_seconds"), ("kind",), buckets=_STEP_SECONDS)
        self._records = Counter(*described("kith_records_total"))
        self.connections = gauge("kith_connections")
        self.connections_used = gauge("kith_connections_used")
        self.turns_waiting = gauge("kith_turns_waiting")
        self.streams = gauge("kith_streams")

    def request(self, operation: str, method: str, status: int, seconds: float) -> None:
        """Count an answer."""
        self._requests.labels(operation, method, str(status)).inc()
        self._request_seconds.labels(operation, method).observe(seconds)

    def limited(self, bucket: str) -> None:
        """Count a refusal. bucket: token, workspace, app or address."""
        self._limited.labels(bucket).inc()

    def job(self, kind: str, outcome: str, seconds: float) -> None:
        """Count a step. outcome: finished, paused, later, failed, canceled, lost or broken."""
        self._jobs.labels(kind, outcome).inc()
        self._job_seconds.labels(kind).observe(seconds)

    def records(self, count: int) -> None:
        """Count what was stored."""
        self._records.inc(count)


counting: Metrics | None = None


def count() -> Metrics:
    """Have this process count from now on."""
    global counting
    counting = counting or Metrics()
    return counting


class Taken(Exception):
    """The port is used by something else. The message is one sentence that says what to do."""


def listen(host: str, port: int, registry: Any = None) -> None:
    """Answer Prometheus at a port of its own. registry: what to show; None: what this process counts. Raises Taken."""
    import prometheus_client

    if registry is None:
        count()
        registry = prometheus_client.REGISTRY
    try:
        prometheus_client.start_http_server(port, host, registry)
    except OSError as error:
        raise Taken(f"Metrics cannot be read at port {port} ({error.strerror}): set KITH_METRICS_PORT.") from error
