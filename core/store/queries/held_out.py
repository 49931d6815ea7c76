"""What two runs said of the labelled messages that they were not trained on, text and all."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from core.store.models import FoldPrediction, Message, RunId
from core.store.queries.compare import Basis, said_by

MOST = 50_000
"""The newest of them: kinds of messages are told apart by far fewer."""


@dataclass(frozen=True, slots=True)
class SaidOfBoth:
    """A message with its label and what each run called it."""

    body: str
    sender: str | None
    truth: str
    first: str
    second: str


def said_of_both(connection: Connection, first: RunId, second: RunId, *, most: int = MOST) -> list[SaidOfBoth]:
    """The newest messages that both runs have out-of-fold predictions of."""
    other = said_by(Basis.FOLDS, second)
    query = (
        select(Message.body, Message.sender, FoldPrediction.truth, FoldPrediction.klass, other.c.klass)
        .join(FoldPrediction, FoldPrediction.message_id == Message.id)
        .join(other, other.c.message_id == Message.id)
        .where(FoldPrediction.run_id == first, FoldPrediction.repeat == 0)
        .order_by(FoldPrediction.message_id.desc())
        .limit(most)
    )
    return [SaidOfBoth(*row) for row in connection.execute(query)]
