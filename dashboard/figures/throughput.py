"""Throughput: messages that came, predictions that were made and verdicts that were given, by the minute."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from bokeh.models import ColumnDataSource, CustomJSTickFormatter, NumeralTickFormatter

from core.store.queries import lag
from core.store.queries.flow import WAITING_MOST, minutes, waiting
from core.store.records.minutes import ARRIVED, KEPT_MINUTES, MINUTE_MS, PREDICTED
from dashboard.figures.figure import Figure, Rows, plain_figure
from dashboard.theme import paint
from labeling.at_desk import pace

if TYPE_CHECKING:
    from dashboard.reading import Reading

MINUTES_USUAL = 120
POINTS = 120
VERDICTS = "verdicts"
SERIES: Mapping[str, tuple[str, str]] = {
    ARRIVED: ("messages that came", "mute"),
    PREDICTED: ("predictions made", "accent"),
    VERDICTS: ("verdicts given", "good"),
}
FEW_SECONDS = 5
# By the viewer's own clock; Bokeh's formatter knows UTC only.
_CLOCK = """
const at = new Date(tick);
return at.toLocaleTimeString([], {hour: "2-digit", minute: "2-digit"});
"""


class ThroughputFigure(Figure):
    """A line each: with a time range of some days (eight at most) over those, else over the last two hours."""

    name: ClassVar[str] = "throughput"
    title: ClassVar[str] = "Throughput"
    note: ClassVar[str] = "a minute, by the store's clock"
    empty: ClassVar[str] = "Nothing came, was predicted or judged in this time."
    panes: ClassVar[frozenset[str]] = frozenset({"flow"})
    place: ClassVar[int] = 10
    wide: ClassVar[bool] = True
    wakes_on: ClassVar[frozenset[str]] = frozenset({"messages", "predicted", "verdict", "promoted"})

    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """A source a series."""
        return dict.fromkeys(SERIES, ("at", "n"))

    def rows(self, reading: Reading) -> dict[str, Rows]:
        """A row a step of whole minutes: the mean of a minute in it. The minute under way is left out."""
        now = reading.common.at // MINUTE_MS
        span = _span(reading, now)
        step = max(1, len(span) // POINTS)
        counts: dict[str, Mapping[int, int]] = {**minutes(reading.connection, span)}
        judged = pace(reading.connection, span)
        counts[VERDICTS] = judged.minutes
        if not any(counts.values()):
            return {name: {} for name in SERIES}
        tables: dict[str, Rows] = {}
        for name in SERIES:
            first = judged.since if name == VERDICTS else span[0]
            found = counts.get(name, {})
            tables[name] = {
                str(start): {
                    "at": (start + step / 2) * MINUTE_MS,
                    "n": round(sum(found.get(minute, 0) for minute in range(start, start + step)) / step, 2),
                }
                for start in range(span[0] // step * step, span[-1] + 2 - step, step)
                if start >= first
            }
        return tables

    def words(self, reading: Reading) -> Mapping[str, Any]:
        """The lag, in words, and the sums of the last hour."""
        now = reading.common.at // MINUTE_MS
        hour = range(now - 60, now + 1)
        counts = minutes(reading.connection, hour)
        judged = pace(reading.connection, hour)
        champion = reading.common.champion
        words = {
            "flow-arrived": f"{sum(counts.get(ARRIVED, {}).values()):,}",
            "flow-predicted": f"{sum(counts.get(PREDICTED, {}).values()):,}",
            "flow-judged": f"{'over ' if judged.since > hour[0] else ''}{sum(judged.minutes.values()):,}",
            "flow-lag": "–",
            "flow-waiting": "there is no champion yet",
        }
        if champion is not None:
            behind = lag.behind_ms(reading.connection, reading.common.project.dataset_id, champion) / 1000
            n = waiting(reading.connection, reading.common.project.dataset_id, champion)
            words["flow-lag"] = "none" if not n else _seconds(behind)
            many = f"over {WAITING_MOST:,}" if n >= WAITING_MOST else f"{n:,}"
            words["flow-waiting"] = (
                f"{many} new messages wait for the model" if n else "the model has judged all that came"
            )
        return words

    def build(self, sources: Mapping[str, ColumnDataSource]) -> Any:
        """Three lines; the legend stands in the card."""
        plot = plain_figure(x_axis_type="datetime", tools="")
        plot.xgrid.visible = False
        plot.x_range.range_padding = 0
        plot.y_range.start = 0
        plot.y_range.only_visible = True
        for name, (_, token) in SERIES.items():
            line = plot.line("at", "n", source=sources[name], line_width=2.2 if name == PREDICTED else 1.8)
            paint(line.glyph, line_color=token)
        plot.yaxis.formatter = NumeralTickFormatter(format="0,0.[0]")
        plot.xaxis.formatter = CustomJSTickFormatter(code=_CLOCK)
        return plot


def _span(reading: Reading, now: int) -> range:
    """The minutes to draw: whole ones, and none that are not kept."""
    if not reading.view.when:
        return range(now - MINUTES_USUAL, now)
    hours = reading.hours
    first = max(hours[0] * 60, now - KEPT_MINUTES)
    last = min((hours[-1] + 1) * 60, now)
    return range(first, last) if last - first > 1 else range(now - MINUTES_USUAL, now)


def _seconds(seconds: float) -> str:
    if seconds < FEW_SECONDS:
        return "a moment"
    minutes_, rest = divmod(round(seconds), 60)
    hours, minutes_ = divmod(minutes_, 60)
    if hours:
        return f"{hours} h {minutes_} min"
    return f"{minutes_} min {rest} s" if minutes_ else f"{rest} s"
