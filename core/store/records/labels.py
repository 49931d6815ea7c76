"""Labels in, truth derived: people over imported labels over rules, and of each the newest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table, case, delete, func, insert, select, true

from core.store import bulk
from core.store.feed import emit
from core.store.locks import share_labels_lock
from core.store.models import PRECEDENCE, Label, Message, Origin, Truth
from core.store.rollups import count_verdict_truth, upsert

if TYPE_CHECKING:  # a second to import, which the desk has no use for
    import pandas as pd

MANY = 200
_truth: Table = Truth.__table__  # type: ignore[assignment]
_label: Table = Label.__table__  # type: ignore[assignment]
_precedence = case(*((Label.origin == origin, rank) for origin, rank in PRECEDENCE.items()))


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
    connection.execute(select(Message.id).where(Message.id == message_id).with_for_update())
    before = _held(connection, message_id)
    row = {
        "message_id": message_id,
        "origin": origin,
        "origin_ref": ref,
        "klass": klass,
        "confidence": confidence,
    }
    label_id = connection.execute(insert(Label).returning(Label.id), row).scalar_one()
    derive_truth(connection, [message_id])
    after = _held(connection, message_id)
    if before != after:
        for klass_then, sign in ((before, -1), (after, 1)):
            if klass_then is not None:
                count_verdict_truth(connection, message_id, klass_then, sign)
    return label_id


def _held(connection: Connection, message_id: int) -> str | None:
    """The class that the office holds the message to be, if it has said so."""
    query = select(Truth.klass).where(Truth.message_id == message_id, Truth.origin == Origin.VERDICT)
    return connection.execute(query).scalar_one_or_none()


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
    new = statement.excluded
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["message_id"],
            set_={"klass": new.klass, "origin": new.origin, "label_id": new.label_id},
        )
    )
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
