"""Messages in: a message that is known by its key is brought up to date, never doubled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Table, and_, func, insert, or_, select

from core.store import bulk
from core.store.feed import emit
from core.store.locks import own_messages_lock
from core.store.models import DatasetId, Label, Message, Origin, Quarantine, SearchStale, Snapshot
from core.store.records.labels import add_labels
from core.store.records.minutes import ARRIVED, count_minute
from core.store.rollups import tally, upsert

_message: Table = Message.__table__  # type: ignore[assignment]
_quarantine: Table = Quarantine.__table__  # type: ignore[assignment]
_KEY = ("dataset_id", "source", "key")
_COLUMNS = ["dataset_id", "source", "key", "body", "text", "sender", "sent_at"]


@dataclass(frozen=True, slots=True)
class StoredMessages:
    """What came of a frame: rows that were new, rows that had changed, labels that were new or had changed."""

    new: int
    changed: int
    labels: int


def add_snapshot(connection: Connection, dataset: DatasetId, fingerprint: str) -> int:
    """Note that an ingestion begins; `finish_snapshot` fills in its counts."""
    row = {
        "dataset_id": dataset,
        "fingerprint": fingerprint,
        "rows_read": 0,
        "stored": 0,
        "sampled_out": 0,
        "quarantined": 0,
    }
    return connection.execute(insert(Snapshot).returning(Snapshot.id), row).scalar_one()


def store_messages(connection: Connection, dataset: DatasetId, frame: pd.DataFrame) -> StoredMessages:
    """Store a frame of `core.frames.MESSAGES`: insert what is new, update what has changed, label what is labelled.

    Running it again with the same frame changes nothing.
    """
    if frame.empty:
        return StoredMessages(0, 0, 0)
    own_messages_lock(connection)
    rows = frame.drop(columns="label").assign(dataset_id=int(dataset))[_COLUMNS]
    staged = bulk.stage(connection, _message, rows, "incoming_message")
    same_key = and_(*(_message.c[name] == staged.c[name] for name in _KEY))
    # IS DISTINCT FROM: a sender that is missing equals a sender that is missing.
    differs = or_(
        *(_message.c[name].is_distinct_from(staged.c[name]) for name in ("body", "text", "sender", "sent_at"))
    )
    known = connection.execute(select(func.count()).select_from(staged.join(_message, same_key))).scalar_one()
    changed = connection.execute(
        select(func.count()).select_from(staged.join(_message, same_key)).where(differs)
    ).scalar_one()
    if changed:
        _note_for_search(connection, staged, same_key)
    statement = upsert(connection, _message).from_select(_COLUMNS, select(*(staged.c[c] for c in _COLUMNS)).where(True))  # type: ignore[arg-type]  # WHERE true: SQLite's parser needs it before ON CONFLICT
    new = statement.excluded
    values: dict[str, Any] = {name: new[name] for name in ("body", "text", "sender", "sent_at")}
    changed_row = or_(*(_message.c[name].is_distinct_from(new[name]) for name in values))
    connection.execute(statement.on_conflict_do_update(index_elements=list(_KEY), set_=values, where=changed_row))
    labels = _store_labels(connection, dataset, frame)
    added = len(frame) - known
    tally(connection, "messages", added)
    count_minute(connection, ARRIVED, added)
    if added or changed:
        emit(connection, "messages", new=added, changed=changed)
    return StoredMessages(added, changed, labels)


def _note_for_search(connection: Connection, staged: Table, same_key: Any) -> None:
    """Keep the texts that are about to change: the search finds them by these until it is told of the new ones."""
    was = select(_message.c.id, _message.c.body).select_from(_message.join(staged, same_key))
    was = was.where(_message.c.body != staged.c.body)
    stale = upsert(connection, SearchStale.__table__).from_select(["message_id", "body"], was)  # type: ignore[arg-type]
    connection.execute(stale.on_conflict_do_nothing())


def _store_labels(connection: Connection, dataset: DatasetId, frame: pd.DataFrame) -> int:
    """Label the rows whose source names a class, where it is not what the source has said before."""
    labelled = frame.loc[frame["label"].notna(), ["source", "key", "label"]].assign(dataset_id=int(dataset))
    if labelled.empty:
        return 0
    staged = bulk.stage(
        connection, _message, labelled.drop(columns="label").assign(body=labelled["label"]), "incoming_label"
    )
    newest = (
        select(Label.klass)
        .where(Label.message_id == _message.c.id, Label.origin == Origin.IMPORTED)
        .order_by(Label.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    same_key = and_(*(_message.c[name] == staged.c[name] for name in _KEY))
    rows = connection.execute(
        select(_message.c.id, staged.c.body, staged.c.source)
        .select_from(staged.join(_message, same_key))
        .where(newest.is_distinct_from(staged.c.body))
        .order_by(_message.c.id)
    ).all()
    return add_labels(connection, Origin.IMPORTED, pd.DataFrame(rows, columns=["message_id", "klass", "origin_ref"]))


def add_quarantine(connection: Connection, dataset: DatasetId, snapshot: int, rows: pd.DataFrame) -> None:
    """Set rows aside: columns source, line, reason, excerpt."""
    if rows.empty:
        return
    bulk.append(connection, _quarantine, rows.assign(dataset_id=int(dataset), snapshot_id=snapshot))
    tally(connection, "quarantined", len(rows))


def finish_snapshot(connection: Connection, snapshot: int, **counts: int) -> None:
    """Write the counts of an ingestion: rows_read, stored, sampled_out, quarantined."""
    table: Table = Snapshot.__table__  # type: ignore[assignment]
    connection.execute(table.update().where(table.c.id == snapshot).values(**counts))
