"""Grants: leases of tasks to a person, as many as are handed out at once, in a few statements."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table, bindparam, insert, select, update

from core.store.hot import hot
from core.store.later import Until
from core.store.models import Prediction, now_ms
from labeling.models import Lease, OpenLease, Task
from labeling.people import PersonId

TOGETHER_MOST = 10
"""Rows that one statement appends: each number of them is a statement of its own."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a hand-out needs to know of its queue; `run_id` is the champion's."""

    queue_id: int
    blind_share: float
    gold_share: float
    explore_share: float
    adaptive: bool
    lease_ms: int
    run_id: int | None


@dataclass(frozen=True, slots=True)
class Place:
    """A place at a locked task. Blind: whoever sits there is not shown the prediction."""

    task_id: int
    message_id: int
    slot: int
    blind: bool
    draw_probability: float | None


SAID = hot(
    select(Prediction.message_id, Prediction.klass, Prediction.confidence).where(
        Prediction.run_id == bindparam("this_run"), Prediction.message_id.in_(bindparam("these", expanding=True))
    )
)
TAKE_PLACES = hot(
    update(Task).where(Task.id.in_(bindparam("these_tasks", expanding=True))).values(free=Task.free - 1),
    waits=Until.NEXT,
)
_ends = now_ms() + bindparam("lasts")
_lease: Table = Lease.__table__  # type: ignore[assignment]
_open: Table = OpenLease.__table__  # type: ignore[assignment]
_NAMED = ("task_id", "slot", "blind", "shown_run_id", "shown_klass", "shown_confidence", "draw_probability")


def grant(connection: Connection, person: PersonId, terms: Terms, places: Sequence[Place]) -> list[int]:
    """Append a lease for each place and open it; gives their ids in the order of the places.

    The prediction is written down only where it is shown.
    """
    said = _said(connection, terms.run_id, [place.message_id for place in places if not place.blind])
    rows = [_row(place, terms.run_id, said.get(place.message_id)) for place in places]
    return [lease_id for piece in _pieces(rows) for lease_id in _append(connection, person, terms, piece)]


def _said(connection: Connection, run_id: int | None, message_ids: Sequence[int]) -> dict[int, tuple[str, float]]:
    if run_id is None or not message_ids:
        return {}
    rows = connection.execute(SAID, {"this_run": run_id, "these": message_ids})
    return {message_id: (klass, confidence) for message_id, klass, confidence in rows}


def _row(place: Place, run_id: int | None, said: tuple[str, float] | None) -> dict[str, Any]:
    shown = said if said is not None and not place.blind else None
    return {
        "task_id": place.task_id,
        "slot": place.slot,
        "blind": place.blind,
        "shown_run_id": run_id if shown else None,
        "shown_klass": shown[0] if shown else None,
        "shown_confidence": shown[1] if shown else None,
        "draw_probability": 1.0 if place.draw_probability is None else place.draw_probability,
    }


def _append(connection: Connection, person: PersonId, terms: Terms, rows: Sequence[dict[str, Any]]) -> list[int]:
    common = {"person_id": person, "lasts": terms.lease_ms}
    granted = connection.execute(_granting(len(rows)), {**common, **_numbered(rows)})
    # A database may give back the rows of one statement in any order.
    ids = {task_id: lease_id for lease_id, task_id in granted}
    opened = [{"lease_id": ids[row["task_id"]], "task_id": row["task_id"], "slot": row["slot"]} for row in rows]
    common["queue_id"] = terms.queue_id
    connection.execute(_opening(len(rows)), {**common, **_numbered(opened)})
    return [row["lease_id"] for row in opened]


@cache
def _granting(n: int) -> Any:
    common = {"person_id": bindparam("person_id"), "expires_at": _ends}
    return hot(insert(_lease).values(_places(_lease, n, _NAMED, common)).returning(_lease.c.id, _lease.c.task_id))


@cache
def _opening(n: int) -> Any:
    common = {"person_id": bindparam("person_id"), "queue_id": bindparam("queue_id"), "expires_at": _ends}
    rows = _places(_open, n, ("lease_id", "task_id", "slot"), common)
    return hot(insert(_open).values(rows), waits=Until.NEXT)


def _places(table: Table, n: int, names: Sequence[str], common: dict[str, Any]) -> list[dict[str, Any]]:
    """The VALUES of n rows, each column of each row a parameter of its own."""
    return [
        {**common, **{name: bindparam(f"{name}_{number}", type_=table.c[name].type) for name in names}}
        for number in range(n)
    ]


def _numbered(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {f"{name}_{number}": value for number, row in enumerate(rows) for name, value in row.items()}


def _pieces(rows: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    rest = iter(rows)
    while piece := list(islice(rest, TOGETHER_MOST)):
        yield piece


def is_blind(queue_id: int, task_id: int, slot: int, share: float) -> bool:
    """A draw that comes out the same whoever asks and however often."""
    digest = hashlib.blake2b(f"{queue_id}:{task_id}:{slot}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") < share * 2**32
