"""What a reviewer's verdicts changed: errors of the former champion that the present one no longer makes."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.orm import aliased

from core.store.models import DatasetId, Label, Message, Origin, Prediction, Promotion, Run, Truth
from core.store.queries.shown import BODY_LISTED
from labeling.models import Verdict
from labeling.people import PersonId
from labeling.tasks import opinion

LOOK_BACK = 5_000
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Mended:
    """A message that the former champion had wrong and the present one has right."""

    message_id: int
    body: str
    klass: str
    former: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Changed:
    """What came of a person's newest verdicts with the last retraining.

    Attributes:
        former: the champion before, "char-svc v2"; None where there was none.
        present: the champion now.
        promoted_at: since when, in ms.
        judged: of the messages that the person judged before the present champion was trained, and whose label is what
            they said, those that both champions have judged.
        mended: of these, what the former had wrong and the present has right.
        broken: the other way round: told as well, or it would be no account.
        examples: the newest of the mended.
    """

    former: str | None
    present: str | None
    promoted_at: int | None
    judged: int
    mended: int
    broken: int
    examples: tuple[Mended, ...]


@dataclass(frozen=True, slots=True)
class _Reign:
    """A champion's run, its title, and the last label that it was trained on."""

    run_id: int
    title: str
    cutoff: int
    at: int


_reigns = (
    select(Promotion.run_id, Run.candidate, Run.version, Run.label_cutoff, Promotion.at)
    .join(Run, Run.id == Promotion.run_id)
    .where(Promotion.dataset_id == bindparam("this_dataset"))
    .order_by(Promotion.id.desc())
    .limit(1)
)
PRESENT = _reigns
FORMER = _reigns.where(Promotion.run_id != bindparam("not_this"))

_former, _present = aliased(Prediction), aliased(Prediction)
# Of the person's newest verdicts, along ix_verdict_person_id_id from its end; all else by primary keys: it costs the
# same after years of work, and at any number of messages.
_newest = (
    select(Verdict.id, Verdict.message_id, Verdict.klass)
    .where(Verdict.person_id == bindparam("this_person"), opinion())
    .order_by(Verdict.id.desc())
    .limit(LOOK_BACK)
    .subquery()
)
_both = (
    select(
        _newest.c.id,
        _newest.c.message_id,
        Truth.klass,
        _former.klass.label("former"),
        _present.klass.label("present"),
        _present.confidence,
    )
    .select_from(_newest)
    .join(Truth, Truth.message_id == _newest.c.message_id)
    .join(Label, Label.id == Truth.label_id)
    .join(_former, (_former.message_id == _newest.c.message_id) & (_former.run_id == bindparam("former")))
    .join(_present, (_present.message_id == _newest.c.message_id) & (_present.run_id == bindparam("present")))
    .where(Truth.origin == Origin.VERDICT, Truth.klass == _newest.c.klass, Label.id <= bindparam("cutoff"))
    .subquery()
)
_mends = (_both.c.former != _both.c.klass) & (_both.c.present == _both.c.klass)
_breaks = (_both.c.former == _both.c.klass) & (_both.c.present != _both.c.klass)
_messages = func.count(_both.c.message_id.distinct())
COUNTS = select(
    _messages.label("judged"),
    _messages.filter(_mends).label("mended"),
    _messages.filter(_breaks).label("broken"),
)
EXAMPLES = (
    select(_both.c.message_id, BODY_LISTED, _both.c.klass, _both.c.former, _both.c.confidence)
    .join(Message, Message.id == _both.c.message_id)
    .where(_mends)
    .order_by(_both.c.id.desc())
    .limit(SHOWN)
)


def changed_by(connection: Connection, dataset: DatasetId, person: PersonId) -> Changed:
    """What the person's verdicts changed when the present champion took over. Looks at their newest 5,000 only."""
    present = _reign(connection, PRESENT, {"this_dataset": dataset})
    if present is None:
        return Changed(None, None, None, 0, 0, 0, ())
    former = _reign(connection, FORMER, {"this_dataset": dataset, "not_this": present.run_id})
    if former is None:
        return Changed(None, present.title, present.at, 0, 0, 0, ())
    asked = {"this_person": person, "former": former.run_id, "present": present.run_id, "cutoff": present.cutoff}
    counts = connection.execute(COUNTS, asked).one()
    rows = connection.execute(EXAMPLES, asked).all() if counts.mended else ()
    examples = {row.message_id: Mended(*tuple(row)) for row in rows}
    return Changed(
        former.title,
        present.title,
        present.at,
        counts.judged,
        counts.mended,
        counts.broken,
        tuple(examples.values()),
    )


def _reign(connection: Connection, statement: object, asked: dict[str, int]) -> _Reign | None:
    row = connection.execute(statement, asked).first()  # type: ignore[call-overload]
    return None if row is None else _Reign(row.run_id, f"{row.candidate} v{row.version}", row.label_cutoff, row.at)
