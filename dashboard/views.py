"""Views: what a live page shows, as its address says it. A copied address shows the same view."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode

from core.errors import TallyroomError
from core.slices import is_slice
from core.store.models import HOUR_MS
from core.store.queries.judged import AGAINST
from core.store.rollups import FOLDS

PANES: Final[Mapping[str, str]] = {"now": "Now", "quality": "Quality", "drift": "Drift", "flow": "Flow"}
"""The parts of the live page, with their titles: a page draws the figures of one."""
SPANS: Final[Mapping[str, int]] = {"24h": 24, "7d": 24 * 7, "30d": 24 * 30, "90d": 24 * 90, "365d": 24 * 365}
"""Time ranges that end now, in hours."""
USUAL_SPAN = "7d"
UNITS: Final[Mapping[str, int]] = {"hour": 1, "day": 24, "week": 24 * 7}
"""What classes over time are counted by, in hours."""
HOURLY_UP_TO, DAILY_UP_TO = 24 * 8, 24 * 92
"""Where no unit is chosen: so many hours are drawn by the hour, so many by the day, more of them by the week."""
SCALES = ("shares", "counts")
SERIES: Final[Mapping[str, str]] = {"predicted": "the model", "verdicts": "the office", "rules": "the rules"}
"""Who says what the classes are."""
NAMES = ("pane", "when", "slice", "against", "unit", "scale", "series")
HOURS_AHEAD = 1
"""The clocks of those who send are not ours."""
LONGEST_HOURS = 24 * 366 * 10
_HOURS = re.compile(r"(\d{4}-\d\d-\d\dT\d\d)\.\.(\d{4}-\d\d-\d\dT\d\d)")


@dataclass(frozen=True, slots=True)
class View:
    """What a page shows.

    `pane` is one of PANES; `when` one of SPANS, `FROM..TO` in hours of UTC (2026-11-01T05..2026-11-02T09, both in it),
    or empty for what each figure shows by itself; `slice` a slice's name or empty; `against` what the model is held
    against: folds, verdicts or imported. Classes over time are those that `series` says, by `unit` (empty: what suits
    the time range), as `scale` wants them.
    """

    pane: str = "now"
    when: str = ""
    slice: str = ""
    against: str = FOLDS
    unit: str = ""
    scale: str = SCALES[0]
    series: str = "predicted"

    def __post_init__(self) -> None:
        """Refuse what no page can show."""
        _one_of("pane", self.pane, PANES)
        _one_of("against", self.against, AGAINST)
        _one_of("unit", self.unit, ("", *UNITS))
        _one_of("scale", self.scale, SCALES)
        _one_of("series", self.series, SERIES)
        if self.when and self.when not in SPANS:
            _hours_of(self.when)
        if self.slice and not is_slice(self.slice):
            raise TallyroomError("the slice has no such family", fix="One is 'kind:has a link'.")

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> View:
        """The view that an address asks for.

        Raises:
            TallyroomError: it asks for one that there is not.
        """
        return cls(**{name: query[name] for name in NAMES if query.get(name)})

    def to_query(self) -> str:
        """As the end of an address; what is as usual stays out."""
        usual = View()
        named = ((name, getattr(self, name)) for name in NAMES)
        return urlencode({name: value for name, value in named if value != getattr(usual, name)})

    @property
    def is_narrowed(self) -> bool:
        """Whether it shows a part of the messages only."""
        return bool(self.when or self.slice)

    def hours(self, now_ms: int) -> range:
        """The hours (since 1970) that it looks at."""
        if self.when and self.when not in SPANS:
            return _hours_of(self.when)
        # Messages may say that they were sent in years to come: that many hours nobody can see, or pay for.
        last = now_ms // HOUR_MS
        return range(last - SPANS[self.when or USUAL_SPAN], last + HOURS_AHEAD + 1)

    def unit_hours(self, now_ms: int) -> int:
        """Of how many hours a point of classes over time is."""
        if self.unit:
            return UNITS[self.unit]
        asked = len(self.hours(now_ms))
        return UNITS["hour" if asked <= HOURLY_UP_TO else "day" if asked <= DAILY_UP_TO else "week"]


def _one_of(name: str, value: str, known: Mapping[str, object] | tuple[str, ...]) -> None:
    if value not in known:
        raise TallyroomError(f"there is no {name} of that name", fix=f"One of: {', '.join(filter(None, known))}.")


def _hours_of(span: str) -> range:
    fix = f"One of {', '.join(SPANS)}, or two hours of UTC: 2026-11-01T05..2026-11-02T09."
    found = _HOURS.fullmatch(span)
    try:
        first, last = (_hour(part) for part in found.groups()) if found else (1, 0)
    except ValueError:
        first, last = 1, 0
    if not 0 <= last - first < LONGEST_HOURS:
        raise TallyroomError("the time range cannot be read", fix=fix)
    return range(first, last + 1)


def _hour(text: str) -> int:
    return int(datetime.strptime(text, "%Y-%m-%dT%H").replace(tzinfo=UTC).timestamp()) // 3600
