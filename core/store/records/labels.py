"""Labels in, truth derived: people over imported labels over rules, and of each the newest."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table, bindparam, case, delete, func, insert, select, true

from core.store import bulk
from core.store.feed import emit
from core.store.hot import hot
from core.store.later import Until
from core.store.locks import share_labels_lock
from core.store.models import PRECEDENCE, Label, Message, Origin, Prediction, Truth
from core.store.rollups import count_rule_votes, count_verdict_truth, message_hour, upsert, upsert_on

if TYPE_CHECKING:  # a second to import, which the desk has no use for
    import pandas as pd

MANY = 200
_truth: Table = Truth.__table__  # type: ignore[assignment]
_label: Table = Label.__table__  # type: ignore[assignment]
_precedence = case(*((Label.origin == origin, rank) for origin, rank in PRECEDENCE.items()))

# The message is locked before its truth is read: PostgreSQL would answer a look at both with the truth of before the
# wait. NO KEY UPDATE: rows that merely refer to the message need not wait.
TAKE = hot(
    select(Message.id).where(Message.id == bindparam("this_message")).with_for_update(key_share=True), waits=Until.NEXT
)
_by_people = (Truth.message_id == Message.id) & (Truth.origin == Origin.VERDICT)
# What people hold the message to be; a row a model that has judged it.
KNOWN = hot(
    select(message_hour, Truth.klass, Prediction.run_id, Prediction.klass)
    .select_from(Message)
    .outerjoin(Truth, _by_people)
    .outerjoin(Prediction, Prediction.message_id == Message.id)
    .where(Message.id == bindparam("this_message"))
)
HELD = hot(select(Truth.klass).where(Truth.message_id == bindparam("this_message"), Truth.origin == Origin.VERDICT))
APPEND = hot(insert(Label).returning(Label.id))


def set_label(
    connection: Connection,
    message_id: int,
    origin: Origin,
    klass: str | None,
    *,
    ref: str = "",
    confidence: float | None = None,
) -> int:
    """Say what one message is (no class: withdraw), and derive its truth and the roll-ups anew.

    Returns:
        The id of the label.
    """
    share_labels_lock(connection)
    this = {"this_message": message_id}
    connection.execute(TAKE, this)
    known = connection.execute(KNOWN, this).all()
    hour, before = known[0][:2]
    row = {
        "message_id": message_id,
        "origin": origin,
        "origin_ref": ref,
        "klass": klass,
        "confidence": confidence,
    }
    label_id = connection.execute(APPEND, row).scalar_one()
    if origin is Origin.VERDICT and klass is not None:
        # People come first: the truth is what they say, without a look at what else was said.
        truth = {"message_id": message_id, "klass": klass, "origin": origin, "label_id": label_id}
        connection.execute(_settle(connection.dialect.name), truth)
        after: str | None = klass
    else:
        derive_truth(connection, [message_id])
        after = connection.execute(HELD, this).scalar_one_or_none()
    if before != after:
        said = [(run_id, predicted) for _, _, run_id, predicted in known if run_id is not None]
        count_verdict_truth(connection, hour, said, before, after)
    return label_id


@cache
def _settle(dialect: str) -> Any:
    return hot(_replacing(upsert_on(dialect, _truth)), waits=Until.NEXT)


def _replacing(statement: Any) -> Any:
    """The truth that was there gives way."""
    new = statement.excluded
    values = {"klass": new.klass, "origin": new.origin, "label_id": new.label_id}
    return statement.on_conflict_do_update(index_elements=["message_id"], set_=values)


def add_labels(connection: Connection, origin: Origin, frame: pd.DataFrame) -> int:
    """Append labels that no person gave: columns message_id, klass (missing: withdrawn), origin_ref.

    Returns:
        The number of labels.
    """
    assert origin is not Origin.VERDICT, "a verdict goes through set_label, which keeps the roll-ups"
    if frame.empty:
        return 0
    share_labels_lock(connection)
    rows = frame.assign(origin=str(origin))
    bulk.append(connection, _label, rows[["message_id", "origin", "origin_ref", "klass"]])
    derive_truth(connection, frame["message_id"].tolist())
    emit(connection, "labels", origin=str(origin), n=len(frame))
    return len(frame)


def add_rule_labels(connection: Connection, frame: pd.DataFrame) -> int:
    """Append what the rules say now, and count it.

    Args:
        connection: inside a transaction.
        frame: columns as `add_labels` wants them, `hour` (that the message counts in) and `was` (the class that the
            rules gave before; missing: none).

    Returns:
        The number of labels.
    """
    was, now = ([klass if isinstance(klass, str) else None for klass in frame[name]] for name in ("was", "klass"))
    count_rule_votes(connection, zip(map(int, frame["hour"]), was, now, strict=True))
    return add_labels(connection, Origin.RULE, frame)


def derive_truth(connection: Connection, message_ids: Sequence[int]) -> None:
    """Make `truth` of these messages what their labels say."""
    touched = _touched(connection, message_ids)
    latest = (
        select(
            Label.message_id,
            Label.origin,
            Label.klass,
            Label.id,
            func.row_number()
            .over(partition_by=(Label.message_id, Label.origin), order_by=Label.id.desc())
            .label("nth"),
            _precedence.label("precedence"),
        )
        .where(Label.message_id.in_(touched))
        .subquery()
    )
    best = (
        select(
            latest.c.message_id,
            latest.c.klass,
            latest.c.origin,
            latest.c.id,
            func.row_number().over(partition_by=latest.c.message_id, order_by=latest.c.precedence).label("nth"),
        )
        .where(latest.c.nth == 1, latest.c.klass.is_not(None))
        .subquery()
    )
    decided = select(best.c.message_id, best.c.klass, best.c.origin, best.c.id).where(best.c.nth == 1, true())
    statement = upsert(connection, _truth).from_select(["message_id", "klass", "origin", "label_id"], decided)
    connection.execute(_replacing(statement))
    decided_ids = select(best.c.message_id).where(best.c.nth == 1)
    connection.execute(delete(Truth).where(Truth.message_id.in_(touched), Truth.message_id.not_in(decided_ids)))


def _touched(connection: Connection, message_ids: Sequence[int]) -> Any:
    """The ids for an IN: named one by one for a verdict, through a temporary table for a batch."""
    unique = sorted(set(message_ids))
    if len(unique) <= MANY:
        return unique
    import pandas as pd

    staged = bulk.stage(connection, _truth, pd.DataFrame({"message_id": unique}), "touched_message")
    return select(staged.c.message_id)
