"""What the live page is drawn from, read from the store in one look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core import Project
from core.intervals import mean_interval
from core.store.models import HOUR_MS
from core.store.queries import live
from core.store.queries.live import Champion, CurveRun
from core.store.rollups import FOLDS, PREDICTED, VERDICT, VERDICTS
from labeling.alarms import AlarmRow, alarms
from labeling.queries import Office, RecentVerdict, office, recent_verdicts
from labeling.sway import Sway, sway

HOURS = 24 * 7
HOURS_AHEAD = 1
"""The clocks of those who send are not ours."""


@dataclass(frozen=True, slots=True)
class Confusion:
    """A confusion matrix: whose it is, and its counts by (true, predicted)."""

    run_id: int | None
    title: str
    cells: Mapping[tuple[str, str], int]

    @property
    def total(self) -> int:
        """Messages in it."""
        return sum(self.cells.values())


@dataclass(frozen=True, slots=True)
class Reading:
    """The store at one moment, as far as the live page shows it. `at` is the database's clock in ms."""

    at: int
    counts: Mapping[str, int]
    champion: Champion | None
    macro_f1: tuple[float, float] | None
    folds: int
    against_verdicts: Confusion
    against_folds: Confusion
    predicted: Mapping[int, Mapping[str, int]]
    judged: Mapping[int, Mapping[str, int]]
    curves: list[CurveRun]
    verdicts: list[RecentVerdict]
    office: Office
    sway: Sway
    alarms: list[AlarmRow]
    classes: tuple[str, ...] = field(default=())


def read(project: Project) -> Reading:
    """Read it. Only roll-ups and the newest rows are looked at: it costs the same at any number of messages."""
    dataset = project.dataset_id
    with project.store.read() as connection:
        now = live.clock(connection)
        champion = live.champion(connection, dataset)
        curves = live.curves(connection, dataset, champion.run_id if champion else None)
        scores = live.run_scores(connection, champion.run_id) if champion else []
        shown = champion.run_id if champion else (curves[0].run_id if curves else None)
        title = champion.title if champion else (f"{curves[0].candidate} v{curves[0].version}" if curves else "")
        # Messages may say that they were sent in years to come: that many hours nobody can see, or pay for.
        hours = range(now // HOUR_MS - HOURS, now // HOUR_MS + HOURS_AHEAD + 1)
        return Reading(
            at=now,
            counts=live.tallies(connection),
            champion=champion,
            macro_f1=mean_interval(scores) if scores else None,
            folds=len(scores),
            against_verdicts=Confusion(
                shown, title, live.confusion(connection, shown, VERDICTS) if shown is not None else {}
            ),
            against_folds=Confusion(
                shown, title, live.confusion(connection, shown, FOLDS) if shown is not None else {}
            ),
            predicted=_by_hour(live.class_hours(connection, PREDICTED, champion.run_id, hours)) if champion else {},
            judged=_by_hour(live.class_hours(connection, VERDICT, 0, hours)),
            curves=curves,
            verdicts=recent_verdicts(connection),
            office=office(connection),
            sway=sway(connection),
            alarms=alarms(connection, only_open=True),
            classes=project.classes,
        )


def _by_hour(counts: list[live.HourCount]) -> dict[int, dict[str, int]]:
    hours: dict[int, dict[str, int]] = {}
    for count in counts:
        hours.setdefault(count.hour, {})[count.klass] = count.n
    return hours
