"""What a person said so far: to change their mind about it, and to see their pace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, select

from core.store.hot import hot
from core.store.models import Message, Origin, Truth
from core.store.queries.shown import BODY_LISTED
from labeling.models import Lease, Task, Verdict, VerdictKind
from labeling.people import PersonId
from labeling.tasks import current, judging

MOST = 200
PAGE = 25
PACE_OVER = 300
_FIRST = 2**63 - 1

# Along ix_verdict_person_id_id from its end, and no further than the newest 200 that stand: it costs the same after
# years of work, also for a class that the person hardly ever names.
_newest = (
    select(Verdict)
    .where(Verdict.person_id == bindparam("this_person"), judging())
    .order_by(Verdict.id.desc())
    .limit(MOST)
    .subquery()
)
_page = (
    select(
        _newest.c.id,
        _newest.c.lease_id,
        _newest.c.kind,
        _newest.c.klass,
        _newest.c.second,
        _newest.c.blind,
        _newest.c.at,
        BODY_LISTED,
        Message.sender,
        Message.sent_at,
    )
    .join(Message, Message.id == _newest.c.message_id)
    .where(_newest.c.id < bindparam("before"))
    .order_by(_newest.c.id.desc())
    .limit(PAGE + 1)
)
ALL = _page
OF_CLASS = _page.where(_newest.c.klass == bindparam("this_class"))
# Each review page asks for it every ten seconds: built once, along the same index.
_labels = (
    select(Verdict.id, Verdict.message_id, Verdict.klass, Verdict.seconds, Verdict.at)
    .where(
        Verdict.person_id == bindparam("this_person"),
        Verdict.kind == VerdictKind.LABEL,
        Verdict.supersedes.is_(None),
        current(),
    )
    .order_by(Verdict.id.desc())
    .limit(PACE_OVER)
    .subquery()
)
PACE = hot(
    select(_labels.c.seconds, _labels.c.klass, _labels.c.at, Truth.klass.label("truth"))
    .outerjoin(Truth, (Truth.message_id == _labels.c.message_id) & (Truth.origin == Origin.VERDICT))
    .order_by(_labels.c.id)
)
BODY = (
    select(Message.body)
    .join(Task, Task.message_id == Message.id)
    .join(Lease, Lease.task_id == Task.id)
    .where(Lease.id == bindparam("this_lease"), Lease.person_id == bindparam("this_person"))
)
OF_KIND = _page.where(_newest.c.kind == bindparam("this_kind"))


@dataclass(frozen=True, slots=True)
class Said:
    """A verdict that stands, with its message. What the model said is not in it: a blind one stays blind."""

    verdict_id: int
    lease_id: int
    kind: str
    klass: str | None
    second: str | None
    blind: bool
    at: int
    body: str
    sender: str | None
    sent_at: int | None


@dataclass(frozen=True, slots=True)
class Page:
    """Verdicts, the newest first; `before` is the id that the next page begins below, None where this is the last."""

    verdicts: tuple[Said, ...]
    before: int | None


def said_by(
    connection: Connection,
    person: PersonId,
    *,
    klass: str | None = None,
    kind: str | None = None,
    before: int | None = None,
) -> Page:
    """A page of the newest verdicts of a person that stand: of all, or of one class, or of one kind."""
    asked: dict[str, Any] = {"this_person": person, "before": before or _FIRST}
    statement = ALL
    if klass is not None:
        statement, asked["this_class"] = OF_CLASS, klass
    elif kind is not None:
        statement, asked["this_kind"] = OF_KIND, kind
    rows: Sequence[Any] = connection.execute(statement, asked).all()
    verdicts = tuple(Said(*row) for row in rows[:PAGE])
    return Page(verdicts, verdicts[-1].verdict_id if len(rows) > PAGE else None)


def pace_of(connection: Connection, person: PersonId) -> tuple[list[float], list[float], list[int]]:
    """Of a person's newest labels, the oldest first: seconds, whether the office agrees (NaN: unknown), when."""
    nan = float("nan")
    rows = connection.execute(PACE, {"this_person": person}).all()
    seconds = [nan if row.seconds is None else row.seconds for row in rows]
    agreed = [nan if row.truth is None else float(row.truth == row.klass) for row in rows]
    return seconds, agreed, [row.at for row in rows]


def body_of(connection: Connection, person: PersonId, lease_id: int) -> str | None:
    """The text of a message that was handed to the person; None where it was not."""
    body: str | None = connection.execute(BODY, {"this_lease": lease_id, "this_person": person}).scalar()
    return body
