"""Whether the classes of the newest day are those of the weeks before it."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import select

from core.drift import REFERENCE_DAYS, DayDrift, newest_drift
from core.store.models import DAY_HOURS, HOUR_MS, Prediction
from core.store.queries import live
from core.store.queries.drift import class_days
from core.store.queries.live import Champion
from labeling.signs.sign import Look, Measured, Sign

LOOK_BACK = 20_000
ASKED = 200


class Drift(Sign):
    """The Jensen-Shannon distance (0 to 1) of the champion's classes; 0 where chance may explain the difference.

    The drift pane shows the same number: see docs/explanation/drift.md for how often it is wrong.
    """

    name: ClassVar[str] = "drift"
    title: ClassVar[str] = "The classes of the newest day are further from those of the weeks before than the limit"
    falls: ClassVar[bool] = False
    usual: ClassVar[float] = 0.1
    every_seconds: ClassVar[float] = 60.0

    def measure(self, look: Look) -> Measured | None:
        """None where the newest days or the weeks before them have no predictions."""
        champion, found = _found(look)
        if champion is None or found is None:
            return None
        return Measured(found.value, sentence_of(found), _facts(found, champion))

    def messages(self, look: Look) -> list[int]:
        """The newest ones of the class that grew."""
        champion, found = _found(look)
        if champion is None or found is None:
            return []
        newest = (
            select(Prediction.message_id, Prediction.klass)
            .where(Prediction.run_id == champion.run_id)
            .order_by(Prediction.message_id.desc())
            .limit(LOOK_BACK)
            .subquery()
        )
        of_it = select(newest.c.message_id).where(newest.c.klass == found.grown.klass)
        return list(look.connection.execute(of_it.order_by(newest.c.message_id.desc()).limit(ASKED)).scalars())


def _found(look: Look) -> tuple[Champion | None, DayDrift | None]:
    champion = live.champion(look.connection, look.dataset)
    if champion is None:
        return None, None
    today = live.clock(look.connection) // HOUR_MS // DAY_HOURS
    days = class_days(look.connection, champion.run_id, range(today - 1 - REFERENCE_DAYS, today + 1))
    return champion, newest_drift(days, today, look.classes)


def sentence_of(found: DayDrift) -> str:
    """What moved most, in a sentence."""
    moved = found.most_moved
    return (
        f"{moved.klass} went from {moved.before:.1%} of the messages of the weeks before to {moved.now:.1%} of the "
        f"newest day's (distance {found.distance:.2f})"
    )


def _facts(found: DayDrift, champion: Champion) -> dict[str, object]:
    """What is kept with an alarm; the page opens the messages `behind` it."""
    since = found.day * DAY_HOURS * HOUR_MS
    return {
        "behind": {
            "run": champion.run_id,
            "model": champion.title,
            "against": "predictions",
            "predicted": found.grown.klass,
            "since": since,
            "until": since + DAY_HOURS * HOUR_MS,
        },
        "day": found.day,
        "grown": found.grown.klass,
        "distance": round(found.distance, 4),
        "psi": round(found.psi, 4),
        "before": {each.klass: round(each.before, 5) for each in found.classes},
        "now": {each.klass: round(each.now, 5) for each in found.classes},
    }
