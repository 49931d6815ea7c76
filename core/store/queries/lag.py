"""How far the pipeline is behind the messages that came."""

from __future__ import annotations

from sqlalchemy import Connection, select

from core.fingerprint import fingerprint
from core.store.models import DatasetId, Message, RunId
from core.store.queries.live import Champion, clock
from core.store.records.stages import done


def mark_of(run_id: RunId) -> str:
    """The mark in the store that says which messages a model has judged (see `core.pipeline.predict`)."""
    return fingerprint("predict", int(run_id))


def behind_ms(connection: Connection, dataset: DatasetId, reigning: Champion) -> int:
    """How long the oldest of the new messages has waited for the champion's word; 0 where none waits.

    One step along the messages' ids. What a new champion has yet to say of older messages is no lag.
    """
    judged = done(connection, mark_of(reigning.run_id))
    if judged is None:
        return max(0, clock(connection) - reigning.promoted_at)
    waiting = (
        select(Message.arrived_at)
        .where(Message.id > int(judged["high"]), Message.dataset_id == dataset)
        .order_by(Message.id)
        .limit(1)
    )
    since = connection.execute(waiting).scalar()
    return 0 if since is None else max(0, clock(connection) - since)
