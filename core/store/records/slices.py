"""Predictions counted by slice and day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, Table, select

from core.slices import SENDER
from core.store.models import DAY_HOURS, RunId, Slice, SliceCount
from core.store.rollups import add_whole_rows

SENDERS_MOST = 200
"""So many senders are slices of their own, the first that come: a flood of made-up names must not fill the store."""

_slice: Table = Slice.__table__  # type: ignore[assignment]
_slice_count: Table = SliceCount.__table__  # type: ignore[assignment]


def add_slices(connection: Connection, run_id: RunId, said: Iterable[tuple[Sequence[str], int, str]]) -> None:
    """Count predictions, given as (slices of the message, hour since 1970, class)."""
    counts = Counter((name, hour // DAY_HOURS, klass) for names, hour, klass in said for name in names)
    allowed = _allowed(connection, dict.fromkeys(name for name, _, _ in counts))
    kept = {key: n for key, n in counts.items() if key[0] in allowed}
    totals: Counter[str] = Counter()
    for (name, _, _), n in kept.items():
        totals[name] += n
    add_whole_rows(connection, _slice, [{"name": name, "n": n} for name, n in totals.items()])
    rows = [
        {"run_id": int(run_id), "slice": name, "day": day, "klass": klass, "n": n}
        for (name, day, klass), n in kept.items()
    ]
    add_whole_rows(connection, _slice_count, rows)


def _allowed(connection: Connection, names: Iterable[str]) -> set[str]:
    """All that are no senders, the senders known, and new ones as long as there is room."""
    known = set(connection.execute(select(Slice.name)).scalars())
    room = SENDERS_MOST - sum(map(_is_sender, known))
    fresh = [name for name in names if _is_sender(name) and name not in known]
    return known | {name for name in names if not _is_sender(name)} | set(fresh[: max(room, 0)])


def _is_sender(name: str) -> bool:
    return name.startswith(f"{SENDER}:")
