"""From a reading to what a view shows: the rows of its figures, and the words around them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from dashboard.figures import Figure, Rows, figures_of
from dashboard.headline import headline
from dashboard.reading import Reading
from dashboard.state import ViewState
from labeling.alarms import AlarmRow
from labeling.masking import masked
from labeling.queries import RecentVerdict

NOW = "now"
WITH_VERDICTS = (NOW, "flow")


class Drawing:
    """Draws the states of one pane.

    Args:
        classes: the room's classes.
        pane: which figures.
        masks: whether digits in messages are hidden, as they are from viewers.
    """

    def __init__(self, classes: tuple[str, ...], pane: str, *, masks: bool) -> None:
        self._figures: list[Figure] = figures_of(pane, classes)
        self._has_headline = pane == NOW
        self._has_verdicts = pane in WITH_VERDICTS
        self._masks = masks

    def state(self, reading: Reading, before: ViewState | None, woken: Collection[str] | None) -> ViewState:
        """The state to show; only figures that the events of kinds `woken` concern are drawn anew (None: all)."""
        tables: dict[str, Rows] = {} if before is None else dict(before.tables)
        words: dict[str, Any] = {} if before is None else dict(before.words)
        for figure in self._figures:
            if before is None or woken is None or not figure.wakes_on.isdisjoint(woken):
                rows = figure.rows(reading)
                tables.update({f"{figure.name}.{source}": table for source, table in rows.items()})
                words.update({f"has-{figure.name}": any(rows.values())}, **figure.words(reading))
        tables["alarms"] = {str(alarm.alarm_id): _alarm(alarm) for alarm in reading.common.alarms}
        words["slices"] = reading.common.slices
        if self._has_verdicts:
            verdicts = reading.common.verdicts
            tables["verdicts"] = {str(verdict.verdict_id): self._verdict(verdict) for verdict in verdicts}
            words["has-verdicts"] = bool(verdicts)
        if self._has_headline:
            words.update(headline(reading))
        return ViewState(tables, words)

    def _verdict(self, verdict: RecentVerdict) -> dict[str, Any]:
        return {
            "body": masked(verdict.body) if self._masks else verdict.body,
            "klass": verdict.klass,
            "shown": verdict.shown,
            "blind": verdict.blind,
            "person": verdict.person,
            "simulated": verdict.simulated,
        }


def _alarm(alarm: AlarmRow) -> dict[str, Any]:
    return {
        "title": alarm.title,
        "kind": alarm.kind,
        "at": alarm.opened_at,
        "by": alarm.acknowledged_by,
        "over": alarm.over_at is not None,
        "messages": alarm.messages,
        "behind": alarm.behind,
    }
