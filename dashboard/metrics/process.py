"""What this process counts by itself: its requests, and the figures that the system has of it."""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)

# Else each series has a second one that says when it began.
disable_created_metrics()  # type: ignore[no-untyped-call]
REGISTRY = CollectorRegistry()
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds. A verdict is to be saved within a tenth, and a page gives up after ten."""
DESK = "/desk/"

_requests = Counter(
    "tallyroom_requests",
    "Requests answered, by the pattern of the route.",
    ("route", "method", "status"),
    registry=REGISTRY,
)
_desk = Histogram(
    "tallyroom_desk_seconds",
    "How long the desk's routes took to answer.",
    ("route",),
    registry=REGISTRY,
    buckets=BUCKETS,
)
OWN = (_requests, _desk)
ProcessCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)


def answered(route: str, method: str, status: int, seconds: float) -> None:
    """Count a request. `route` is the pattern, never the address: strangers could make up endless ones."""
    _requests.labels(route, method, str(status)).inc()
    if route.startswith(DESK):
        _desk.labels(route).observe(seconds)
