"""Whether the classes of the newest day are those of the week before."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import select

from core.store.models import HOUR_MS, Prediction
from core.store.queries import live
from core.store.rollups import PREDICTED
from labeling.signs.sign import Look, Measured, Sign

DAY, WEEK = 24, 24 * 7
LEVEL = 1e-5
"""It is asked each minute, so a look has to be all the more sure."""
LOOK_BACK = 20_000
ASKED = 200


class Drift(Sign):
    """The Jensen-Shannon distance (0 to 1) of the champion's classes; 0 where chance explains the difference."""

    name: ClassVar[str] = "drift"
    title: ClassVar[str] = "The classes of the newest day are further from those of the week before than the limit"
    falls: ClassVar[bool] = False
    usual: ClassVar[float] = 0.1
    every_seconds: ClassVar[float] = 60.0

    def measure(self, look: Look) -> Measured | None:
        """None where the day or the week before has no predictions."""
        from scipy.spatial.distance import jensenshannon  # here: a server that starts does not wait for it
        from scipy.stats import chi2_contingency

        champion = live.champion(look.connection, look.dataset)
        if champion is None:
            return None
        now = live.clock(look.connection) // HOUR_MS
        day: dict[str, int] = {}
        week: dict[str, int] = {}
        for count in live.class_hours(look.connection, PREDICTED, champion.run_id, range(now - DAY - WEEK, now + 1)):
            into = day if count.hour > now - DAY else week
            into[count.klass] = into.get(count.klass, 0) + count.n
        classes = sorted(klass for klass in day.keys() | week.keys() if day.get(klass, 0) + week.get(klass, 0) > 0)
        table = [[counts.get(klass, 0) for klass in classes] for counts in (day, week)]
        if not all(map(sum, table)):
            return None
        shares = [[n / sum(row) for n in row] for row in table]
        settled = len(classes) > 1 and chi2_contingency(table).pvalue < LEVEL
        distance = float(jensenshannon(*shares, base=2)) if settled else 0.0
        moved = max(range(len(classes)), key=lambda place: abs(shares[0][place] - shares[1][place]))
        grown = max(range(len(classes)), key=lambda place: shares[0][place] - shares[1][place])
        sentence = (
            f"{classes[moved]} went from {shares[1][moved]:.1%} of the week's messages to {shares[0][moved]:.1%} "
            f"of the day's (distance {distance:.2f})"
        )
        return Measured(distance, sentence, {"day": day, "week": week, "grown": classes[grown]})

    def messages(self, look: Look) -> list[int]:
        """The newest ones of the class that grew."""
        champion, found = live.champion(look.connection, look.dataset), self.measure(look)
        if champion is None or found is None:
            return []
        newest = (
            select(Prediction.message_id, Prediction.klass)
            .where(Prediction.run_id == champion.run_id)
            .order_by(Prediction.message_id.desc())
            .limit(LOOK_BACK)
            .subquery()
        )
        of_it = select(newest.c.message_id).where(newest.c.klass == found.facts["grown"])
        return list(look.connection.execute(of_it.order_by(newest.c.message_id.desc()).limit(ASKED)).scalars())
