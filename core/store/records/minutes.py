"""What came by the minute, counted in the batch that brings it."""

from __future__ import annotations

from sqlalchemy import Connection, Table, delete, select

from core.store.models import MinuteCount, now_ms
from core.store.rollups import add_rows

ARRIVED, PREDICTED = "arrived", "predicted"
MINUTE_MS = 60_000
KEPT_MINUTES = 8 * 24 * 60
_minute_count: Table = MinuteCount.__table__  # type: ignore[assignment]


def count_minute(connection: Connection, series: str, n: int) -> None:
    """So many came now. The first of a minute takes away what is too old to be looked at."""
    if n <= 0:
        return
    minute = connection.execute(select(now_ms())).scalar_one() // MINUTE_MS
    this = (MinuteCount.series == series, MinuteCount.minute == minute)
    if connection.execute(select(MinuteCount.n).where(*this).limit(1)).first() is None:
        connection.execute(
            delete(MinuteCount).where(MinuteCount.series == series, MinuteCount.minute < minute - KEPT_MINUTES)
        )
    add_rows(connection, _minute_count, [{"series": series, "minute": int(minute), "n": n}])
