"""The names and helps of the room's numbers, and the page that Prometheus reads."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4 as CONTENT_TYPE
from prometheus_client.registry import Collector

from dashboard.live import Health
from dashboard.metrics.numbers import Numbers, Reigning
from dashboard.metrics.process import OWN, REGISTRY
from labeling.estimate import Accuracy
from labeling.models import QueueState
from labeling.signs import SIGNS

__all__ = ["CONTENT_TYPE", "described", "exposition"]
Families = Iterator[CounterMetricFamily | GaugeMetricFamily]


def exposition(health: Health, viewers: int, numbers: Numbers | None) -> bytes:
    """All that is known, in Prometheus' text format; without numbers the store is away."""
    return generate_latest(_RoomCollector(health, viewers, numbers)) + generate_latest(REGISTRY)


def described() -> list[tuple[str, str, str]]:
    """Every number of ours: its name as it is printed, its type, what it is."""
    health = Health(0.0, 0.0, 0.0)
    accuracy = Accuracy(1.0, 1.0, 1.0, 0, 0)
    everything = Numbers({}, [], Reigning("", 0, 1.0, 0.0, 0.0), accuracy, {})
    families = [*_RoomCollector(health, 0, everything).collect(), *(each for own in OWN for each in own.collect())]
    ends = {"counter": "_total"}
    return sorted((f"{each.name}{ends.get(each.type, '')}", each.type, each.documentation) for each in families)


class _RoomCollector(Collector):
    def __init__(self, health: Health, viewers: int, numbers: Numbers | None) -> None:
        self._health = health
        self._viewers = viewers
        self._numbers = numbers

    def collect(self) -> Families:
        away, behind = self._health.away_seconds, self._health.behind_seconds
        yield _gauge("store_up", "Whether the store answered this scrape.", self._numbers is not None)
        yield _gauge("feed_away_seconds", "How long the live feed has been without the store; 0 while it is not.", away)
        yield _gauge("feed_behind_seconds", "How old the last change was when this server's pages got it.", behind)
        yield _gauge("viewers", "Live pages that look on at this server.", self._viewers)
        if self._numbers is not None:
            yield from _counts(self._numbers)
            yield from _queues(self._numbers)
            yield _alarms(self._numbers)
            if self._numbers.champion is not None:
                yield from _champion(self._numbers.champion)
            if self._numbers.accuracy is not None:
                yield from _accuracy(self._numbers.accuracy)


def _gauge(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"tallyroom_{name}", about, value=value)


def _counts(numbers: Numbers) -> Families:
    helps = {
        "messages": "Messages in the store.",
        "quarantined": "Rows that were set aside with a reason.",
        "predictions": "Predictions in the store, of all models.",
    }
    for name, about in helps.items():
        yield CounterMetricFamily(f"tallyroom_{name}", about, value=numbers.counts.get(name, 0))


def _queues(numbers: Numbers) -> Families:
    # Not a counter: an undo takes one away.
    given = GaugeMetricFamily("tallyroom_verdicts", "Verdicts that stand, by queue.", labels=("queue",))
    waiting = GaugeMetricFamily(
        "tallyroom_queue_waiting", "Messages of a queue that are not done, where it hands out.", labels=("queue",)
    )
    held = GaugeMetricFamily("tallyroom_queue_held", "Messages of a queue in somebody's hands.", labels=("queue",))
    for queue in numbers.queues:
        given.add_metric([queue.name], queue.verdicts)
        if queue.state == QueueState.OPEN:
            waiting.add_metric([queue.name], queue.total - queue.done)
            held.add_metric([queue.name], queue.held)
    yield from (given, waiting, held)


def _alarms(numbers: Numbers) -> GaugeMetricFamily:
    opened = GaugeMetricFamily("tallyroom_alarms_open", "Alarms that are open, by what raised them.", labels=("sign",))
    for kind in sorted({*SIGNS.names(), *numbers.alarms}):
        opened.add_metric([kind], numbers.alarms.get(kind, 0))
    return opened


def _champion(champion: Reigning) -> Families:
    info = GaugeMetricFamily("tallyroom_champion_info", "The model in charge; 1.", labels=("candidate", "version"))
    info.add_metric([champion.candidate, str(champion.version)], 1)
    yield info
    yield _gauge("champion_age_seconds", "How long ago the champion was promoted.", champion.age_seconds)
    yield _gauge(
        "pipeline_behind_seconds",
        "How long the oldest new message has waited for the champion's word; 0 where none waits.",
        champion.behind_seconds,
    )
    if champion.macro_f1 is not None:
        yield _gauge("champion_macro_f1", "The champion's mean macro-F1 over its folds.", champion.macro_f1)


def _accuracy(accuracy: Accuracy) -> Families:
    yield _gauge(
        "live_accuracy", "The share of messages on which the champion is right, told from verdicts.", accuracy.share
    )
    ends = GaugeMetricFamily("tallyroom_live_accuracy_bound", "The ends of its interval at 95 %.", labels=("end",))
    ends.add_metric(["low"], accuracy.low)
    ends.add_metric(["high"], accuracy.high)
    yield ends
