"""The headline numbers of the live page, in words."""

from __future__ import annotations

from typing import Any

from core.store.models import RunState
from dashboard.reading import Common, Reading

SWAY_LEAST = 20


def headline(reading: Reading) -> dict[str, Any]:
    """The headline numbers by the id of their element."""
    return {
        **_messages(reading.common),
        **_champion(reading.common),
        **_verdicts(reading.common),
        **_confirms(reading.common),
        **_newest_day(reading),
    }


def _messages(common: Common) -> dict[str, Any]:
    aside = common.counts.get("quarantined", 0)
    return {
        "messages": f"{common.counts.get('messages', 0):,}",
        "messages-note": f"{aside:,} rows set aside" if aside else "no row was set aside",
    }


def _champion(common: Common) -> dict[str, Any]:
    if common.champion is None:
        trying = len([run for run in common.curves if run.state == RunState.RUNNING])
        note = f"{trying} candidates on trial" if trying else "'tallyroom run' tries the candidates"
        return {"champion": "none yet", "champion-note": note, "champion-truth": ""}
    truth = _truth(common)
    if common.macro_f1 is None:
        return {"champion": common.champion.title, "champion-note": "", "champion-truth": truth}
    mean, half = common.macro_f1
    note = f"macro-F1 {mean:.3f} ± {half:.3f} on {len(common.scores)} folds"
    return {"champion": common.champion.title, "champion-note": note, "champion-truth": truth}


def _truth(common: Common) -> str:
    """Whose labels the champion learnt from, and how good it is on people's alone; empty where that was not kept."""
    if common.whose is None or not common.whose.origins:
        return ""
    return "; ".join(filter(None, (common.whose.trained, common.whose.on_people)))


def _verdicts(common: Common) -> dict[str, Any]:
    at_desk = []
    if common.office.people:
        at_desk.append(f"{common.office.people} at their desks")
    if common.office.simulated:
        at_desk.append(f"{common.office.simulated} simulated")
    note = f"{common.office.today:,} today, {' and '.join(at_desk) or 'nobody at a desk'}"
    return {"verdicts": f"{common.counts.get('verdicts', 0):,}", "verdicts-note": note}


def _confirms(common: Common) -> dict[str, Any]:
    """How often the office confirms the model: seen, and blind beside it."""
    sway = common.sway
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


def _newest_day(reading: Reading) -> dict[str, Any]:
    """The share of the room's last class (spam, in the first room) in the newest day."""
    newest = 1 if reading.view.slice else 24  # slices are counted by day
    hours = sorted(reading.predicted)[-newest:]
    counts = {klass: sum(reading.predicted[hour].get(klass, 0) for hour in hours) for klass in reading.classes}
    total = sum(counts.values())
    watched = reading.classes[-1] if reading.classes else ""
    if not total:
        return {"watched-name": f"Called {watched}, last day", "watched": "–", "watched-note": "nothing predicted yet"}
    earlier = sorted(reading.predicted)[:-newest]
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
