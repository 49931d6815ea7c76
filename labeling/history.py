"""What a person said so far, so that they can change their mind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, select

from core.store.models import Message
from labeling.models import Verdict
from labeling.people import PersonId
from labeling.tasks import judging

MOST = 200
PAGE = 25
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
        Message.body,
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
