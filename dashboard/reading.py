"""What the live page is drawn from, read from the store in one look: each part when a figure first asks for it.

Only roll-ups, the newest rows and bounded samples are read: it costs the same at any number of messages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from core import Project
from core.drift import REFERENCE_DAYS
from core.intervals import mean_interval
from core.store.models import DAY_HOURS, HOUR_MS, RunId
from core.store.queries import live
from core.store.queries.drift import ByDay, class_days, slice_class_days
from core.store.queries.folds import FoldScore, f1_by_fold, naive_macro_f1, scores_by_fold
from core.store.queries.live import Champion, CurveRun
from core.store.queries.slices import known_slices, slice_days
from core.store.queries.whose import Whose, whose
from core.store.rollups import FOLDS, PREDICTED, RULE, VERDICT, VERDICTS
from dashboard.drifting import shown_days
from dashboard.samples import Sample, Samples
from dashboard.views import View
from labeling.alarms import AlarmRow, alarms
from labeling.queries import Office, RecentVerdict, office, recent_verdicts
from labeling.sway import Sway, sway

if TYPE_CHECKING:
    from core.learning.quality import SliceQuality

SLICES_MOST = 16
"""That a figure has lines for."""
ByHour = Mapping[int, Mapping[str, int]]
"""Messages by hour (since 1970; a slice's by the first hour of their day) and class."""


@dataclass(frozen=True, slots=True)
class Confusion:
    """A confusion matrix: whose it is, its counts by (true, predicted), and whether it is of the newest only."""

    run_id: int | None
    title: str
    cells: Mapping[tuple[str, str], int]
    whole: bool = True

    @property
    def total(self) -> int:
        """Messages in it."""
        return sum(self.cells.values())


class Common:
    """The parts that all views share."""

    def __init__(self, connection: Connection, project: Project, samples: Samples) -> None:
        self.connection = connection
        self.project = project
        self.samples = samples

    @cached_property
    def at(self) -> int:
        """The database's time, in ms."""
        return live.clock(self.connection)

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """The plain counts by name."""
        return live.tallies(self.connection)

    @cached_property
    def champion(self) -> Champion | None:
        """The model in charge."""
        return live.champion(self.connection, self.project.dataset_id)

    @cached_property
    def scores(self) -> list[float]:
        """The headline metric of the champion's folds."""
        return live.run_scores(self.connection, self.champion.run_id) if self.champion else []

    @cached_property
    def macro_f1(self) -> tuple[float, float] | None:
        """Its mean over the folds, and half of its interval."""
        return mean_interval(self.scores) if self.scores else None

    @cached_property
    def whose(self) -> Whose | None:
        """Whose labels the champion learnt from, and how good it is where people have judged."""
        return whose(self.connection, self.champion.run_id) if self.champion else None

    @cached_property
    def curves(self) -> list[CurveRun]:
        """The newest runs' learning curves."""
        reigning = self.champion.run_id if self.champion else None
        return live.curves(self.connection, self.project.dataset_id, reigning)

    @cached_property
    def shown(self) -> tuple[RunId | None, str]:
        """The run whose quality is shown: the champion, or before there is one the newest; and its title."""
        if self.champion is not None:
            return self.champion.run_id, self.champion.title
        newest = self.curves[0] if self.curves else None
        return (None, "") if newest is None else (newest.run_id, f"{newest.candidate} v{newest.version}")

    @cached_property
    def verdicts(self) -> list[RecentVerdict]:
        """The newest verdicts."""
        return recent_verdicts(self.connection)

    @cached_property
    def office(self) -> Office:
        """Who is at work."""
        return office(self.connection)

    @cached_property
    def sway(self) -> Sway:
        """How far a prediction on the screen sways who judges."""
        return sway(self.connection)

    @cached_property
    def alarms(self) -> list[AlarmRow]:
        """The open alarms."""
        return alarms(self.connection, only_open=True)

    @cached_property
    def slices(self) -> list[str]:
        """The slices that a page may be narrowed to."""
        return known_slices(self.connection)


class Reading:
    """The store at one moment, as one view shows it."""

    def __init__(self, common: Common, view: View) -> None:
        self.common = common
        self.view = view
        self.connection = common.connection
        self.classes = common.project.classes
        self._confusions: dict[str, Confusion] = {}

    @cached_property
    def hours(self) -> range:
        """The hours that the view looks at."""
        return self.view.hours(self.common.at)

    @cached_property
    def predicted(self) -> ByHour:
        """What the champion called the messages of these hours."""
        champion = self.common.champion
        if champion is None:
            return {}
        if self.view.slice:
            return _by_hour(slice_days(self.connection, self.view.slice, champion.run_id, self.hours))
        return _by_hour(live.class_hours(self.connection, PREDICTED, champion.run_id, self.hours))

    @cached_property
    def class_days(self) -> ByDay:
        """The same by day, of the days that drift figures draw, of those before them, and of today."""
        champion, days = self.common.champion, shown_days(self)
        if champion is None:
            return {}
        newest = self.common.at // (DAY_HOURS * HOUR_MS)
        read = range(min(days[0] if days else newest, newest - 1) - REFERENCE_DAYS, newest + 1)
        if self.view.slice:
            return slice_class_days(self.connection, champion.run_id, [self.view.slice], read)[self.view.slice]
        return class_days(self.connection, champion.run_id, read)

    def slice_days(self, names: Sequence[str]) -> Mapping[str, ByDay]:
        """The same of these slices."""
        champion, days = self.common.champion, shown_days(self)
        if champion is None or not names or not days:
            return {}
        newest = self.common.at // (DAY_HOURS * HOUR_MS)
        read = range(min(days[0], newest - 1) - REFERENCE_DAYS, newest + 1)
        return slice_class_days(self.connection, champion.run_id, names, read)

    @cached_property
    def judged(self) -> ByHour:
        """What the office holds the messages of these hours to be; of a slice it is not counted."""
        if self.view.slice:
            return {}
        return _by_hour(live.class_hours(self.connection, VERDICT, 0, self.hours))

    @cached_property
    def ruled(self) -> ByHour:
        """What the rules hold the messages of these hours to be; of a slice it is not counted."""
        if self.view.slice:
            return {}
        return _by_hour(live.class_hours(self.connection, RULE, 0, self.hours))

    @property
    def counted(self) -> ByHour:
        """The classes over time that the view asks for."""
        if self.view.series == "verdicts":
            return self.judged
        return self.ruled if self.view.series == "rules" else self.predicted

    @cached_property
    def unit_hours(self) -> int:
        """Of how many hours a point of classes over time is; a slice is counted by the day."""
        found = self.view.unit_hours(self.common.at)
        return max(found, DAY_HOURS) if self.view.slice else found

    @cached_property
    def sample(self) -> Sample:
        """The newest messages of known class in the view's time and slice, with what the shown run called them."""
        run_id, _ = self.common.shown
        if run_id is None:
            return Sample.empty()
        return self.common.samples.read(self.connection, run_id, self.view, self.common.at)

    @cached_property
    def by_slice(self) -> list[SliceQuality]:
        """How good the shown run is on the slices with the most messages of the sample, the worst first."""
        if not len(self.sample):
            return []
        from core.learning.quality import by_slice  # here: scikit-learn takes a second to import

        named = self.common.samples.slices(self.connection, self.sample)
        return by_slice(self.sample.truth, self.sample.predicted, named, most=SLICES_MOST)

    @cached_property
    def folds(self) -> list[FoldScore]:
        """The shown run's F1, fold by fold."""
        run_id, _ = self.common.shown
        return [] if run_id is None else f1_by_fold(self.connection, run_id)

    @cached_property
    def metrics(self) -> list[FoldScore]:
        """Every metric of the shown run over all classes, fold by fold."""
        run_id, _ = self.common.shown
        return [] if run_id is None else scores_by_fold(self.connection, run_id)

    @cached_property
    def naive_macro_f1(self) -> float | None:
        """What folds would say of the shown run that do not keep near-copies together."""
        run_id, _ = self.common.shown
        return None if run_id is None else naive_macro_f1(self.connection, run_id)

    def confusion(self, against: str) -> Confusion:
        """The shown run against one kind of truth: of all messages from the roll-ups, of a part from the sample."""
        if against not in self._confusions:
            self._confusions[against] = self._confusion(against)
        return self._confusions[against]

    def _confusion(self, against: str) -> Confusion:
        run_id, title = self.common.shown
        if run_id is None:
            return Confusion(None, title, {})
        if against in (FOLDS, VERDICTS) and not self.view.is_narrowed:
            return Confusion(run_id, title, live.confusion(self.connection, run_id, against))
        if against != self.view.against:
            return Confusion(run_id, title, {})
        return Confusion(run_id, title, self.sample.cells(self.classes), self.sample.whole)


@contextmanager
def look(project: Project, samples: Samples) -> Iterator[Common]:
    """One look at the store; what is asked of it within is of one moment."""
    with project.store.read() as connection:
        yield Common(connection, project, samples)


def _by_hour(counts: list[live.HourCount]) -> dict[int, dict[str, int]]:
    hours: dict[int, dict[str, int]] = {}
    for count in counts:
        hours.setdefault(count.hour, {})[count.klass] = count.n
    return hours
