"""The live view: the figures' rows, and the words around them."""

from __future__ import annotations

from typing import Any

from core.store.models import RunState
from core.store.queries.live import CurveRun
from dashboard.figures import FIGURES, Figure
from dashboard.reading import Reading
from dashboard.state import ViewState
from labeling.alarms import AlarmRow
from labeling.masking import masked
from labeling.queries import RecentVerdict

SWAY_LEAST = 20


class LiveView:
    """Turns a reading into the view's state.

    Args:
        classes: the room's classes.
        masks: whether digits in messages are hidden, as they are from viewers.
    """

    def __init__(self, classes: tuple[str, ...], *, masks: bool) -> None:
        self._figures: list[Figure] = [figure(classes) for figure in FIGURES]
        self._masks = masks

    def state(self, reading: Reading) -> ViewState:
        """The state to show."""
        tables = {
            f"{figure.name}.{source}": rows for figure in self._figures for source, rows in figure.rows(reading).items()
        }
        tables["verdicts"] = {str(verdict.verdict_id): self._verdict(verdict) for verdict in reading.verdicts}
        tables["alarms"] = {str(alarm.alarm_id): _alarm(alarm) for alarm in reading.alarms}
        return ViewState(tables, words(reading))

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
    }


def words(reading: Reading) -> dict[str, Any]:
    """The page's words by the id of their element."""
    return {
        **_messages(reading),
        **_champion(reading),
        **_verdicts(reading),
        **_confirms(reading),
        **_newest_hour(reading),
        **_confusion(reading),
        "curves-note": _running(reading.curves),
        "has-curves": bool(reading.curves),
        "has-classes": bool(reading.predicted),
        "has-verdicts": bool(reading.verdicts),
    }


def _messages(reading: Reading) -> dict[str, Any]:
    aside = reading.counts.get("quarantined", 0)
    return {
        "messages": f"{reading.counts.get('messages', 0):,}",
        "messages-note": f"{aside:,} rows set aside" if aside else "no row was set aside",
    }


def _champion(reading: Reading) -> dict[str, Any]:
    if reading.champion is None:
        trying = len([run for run in reading.curves if run.state == RunState.RUNNING])
        note = f"{trying} candidates on trial" if trying else "'tallyroom run' tries the candidates"
        return {"champion": "none yet", "champion-note": note}
    if reading.macro_f1 is None:
        return {"champion": reading.champion.title, "champion-note": ""}
    mean, half = reading.macro_f1
    note = f"macro-F1 {mean:.3f} ± {half:.3f} on {reading.folds} folds"
    return {"champion": reading.champion.title, "champion-note": note}


def _verdicts(reading: Reading) -> dict[str, Any]:
    at_desk = []
    if reading.office.people:
        at_desk.append(f"{reading.office.people} at their desks")
    if reading.office.simulated:
        at_desk.append(f"{reading.office.simulated} simulated")
    note = f"{reading.office.today:,} today, {' and '.join(at_desk) or 'nobody at a desk'}"
    return {"verdicts": f"{reading.counts.get('verdicts', 0):,}", "verdicts-note": note}


def _confirms(reading: Reading) -> dict[str, Any]:
    """How often the office confirms the model: seen, and blind beside it."""
    sway = reading.sway
    total = sway.shown + sway.blind
    if not total:
        return {"confirms": "–", "confirms-note": "no verdict on a prediction yet"}
    share = (sway.shown_confirmed + sway.blind_confirmed) / total
    if sway.shown < SWAY_LEAST or sway.blind < SWAY_LEAST:
        note = f"of {total:,} verdicts; {sway.blind} of them blind"
    else:
        shown, blind = sway.shown_confirmed / sway.shown, sway.blind_confirmed / sway.blind
        note = f"{100 * shown:.1f} % when shown, {100 * blind:.1f} % blind"
    return {"confirms": f"{100 * share:.1f} %", "confirms-note": note}


def _newest_hour(reading: Reading) -> dict[str, Any]:
    """The share of the room's last class (spam, in the first room) in the newest day."""
    hours = sorted(reading.predicted)[-24:]
    counts = {klass: sum(reading.predicted[hour].get(klass, 0) for hour in hours) for klass in reading.classes}
    total = sum(counts.values())
    watched = reading.classes[-1] if reading.classes else ""
    if not total:
        return {"watched-name": f"Called {watched}, last day", "watched": "–", "watched-note": "nothing predicted yet"}
    earlier = sorted(reading.predicted)[:-24]
    before = sum(reading.predicted[hour].get(watched, 0) for hour in earlier)
    before_total = sum(sum(reading.predicted[hour].values()) for hour in earlier)
    note = f"of {total:,} messages"
    if before_total:
        change = 100 * (counts[watched] / total - before / before_total)
        note += f"; {change:+.1f} points on the days before"
    return {
        "watched-name": f"Called {watched}, last day",
        "watched": f"{100 * counts[watched] / total:.1f} %",
        "watched-note": note,
    }


def _confusion(reading: Reading) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for name, confusion in (("verdicts", reading.against_verdicts), ("folds", reading.against_folds)):
        wrong = {cell: n for cell, n in confusion.cells.items() if cell[0] != cell[1] and n > 0}
        most = max(wrong, key=lambda cell: wrong[cell]) if wrong else None
        facts[f"confusion-{name}"] = {
            "run": confusion.run_id,
            "model": confusion.title,
            "total": confusion.total,
            "most": {"truth": most[0], "predicted": most[1], "n": wrong[most]} if most else None,
        }
    return facts


def _running(curves: list[CurveRun]) -> str:
    running = [run for run in curves if run.state == RunState.RUNNING]
    if not running:
        return ""
    furthest = max(running, key=lambda run: len(run.folds))
    whole = sum(1 for _, fraction, _, _, _ in furthest.folds if fraction == 1.0)
    return f"running: fold {min(whole + 1, furthest.folds_planned)} of {furthest.folds_planned}"
