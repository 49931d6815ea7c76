"""The messages behind a number, a page at a time, by keyset: page 1,000 costs what page 1 costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from core.store.models import FoldPrediction, Message, Origin, Prediction, RunId, Truth
from core.store.rollups import FOLDS

PAGE = 50


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message in a list, with what is held to be true and what the model said."""

    message_id: int
    body: str
    sender: str | None
    sent_at: int | None
    truth: str
    predicted: str
    confidence: float


def behind_cell(
    connection: Connection,
    run_id: RunId,
    against: str,
    truth: str,
    predicted: str,
    *,
    after: int = 0,
    limit: int = PAGE,
) -> Sequence[MessageRow]:
    """The messages behind a cell of a confusion matrix, in order of their ids, from after the id `after`."""
    said, held = (FoldPrediction, FoldPrediction.truth) if against == FOLDS else (Prediction, Truth.klass)
    query = (
        select(
            Message.id,
            Message.body,
            Message.sender,
            Message.sent_at,
            held.label("truth"),
            said.klass.label("predicted"),
            said.confidence,
        )
        .join(Message, Message.id == said.message_id)
        .where(said.run_id == run_id, said.klass == predicted, held == truth, said.message_id > after)
        .order_by(said.message_id)
        .limit(limit)
    )
    if against != FOLDS:
        query = query.join(Truth, Truth.message_id == said.message_id).where(Truth.origin == Origin.VERDICT)
    return [MessageRow(*row) for row in connection.execute(query)]
