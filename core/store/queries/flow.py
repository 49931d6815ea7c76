"""How things flow now: what came by the minute, and how many messages wait for the model."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, func, select

from core.store.models import DatasetId, Message, MinuteCount
from core.store.queries.lag import mark_of
from core.store.queries.live import Champion
from core.store.records.stages import done

WAITING_MOST = 10_000
"""So many waiting messages are counted; more are "more than"."""


def minutes(connection: Connection, span: range) -> Mapping[str, Mapping[int, int]]:
    """What came in these minutes (since 1970), by series and minute."""
    rows = connection.execute(
        select(MinuteCount.series, MinuteCount.minute, func.sum(MinuteCount.n))
        .where(MinuteCount.minute.between(span[0], span[-1]))
        .group_by(MinuteCount.series, MinuteCount.minute)
    )
    found: dict[str, dict[int, int]] = {}
    for series, minute, n in rows:
        found.setdefault(series, {})[minute] = int(n)
    return found


def waiting(connection: Connection, dataset: DatasetId, reigning: Champion) -> int:
    """New messages that the champion has yet to judge, WAITING_MOST at most. What is older is no lag."""
    judged = done(connection, mark_of(reigning.run_id))
    if judged is None:
        return 0
    ahead = (
        select(Message.id)
        .where(Message.id > int(judged["high"]), Message.dataset_id == dataset)
        .limit(WAITING_MOST)
        .subquery()
    )
    return int(connection.execute(select(func.count()).select_from(ahead)).scalar_one())
