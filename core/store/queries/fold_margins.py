"""What a run said of all classes of the messages that it was not trained on, in pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select

from core.store.models import FoldPrediction, RunId
from core.store.store import Store

PAGE = 5_000


@dataclass(frozen=True, slots=True)
class SaidOfAll:
    """Of a message: its label when the run was made, who gave it, and the run's margins as bytes."""

    message_id: int
    truth: str
    origin: str
    margins: bytes


def fold_margins(store: Store, run_id: RunId) -> Iterator[list[SaidOfAll]]:
    """Pages in order of message_id, of the first repeat; of a run of an earlier version there is nothing.

    Each page is a short transaction: it costs the labelled messages, whatever the store holds.
    """
    columns = (FoldPrediction.message_id, FoldPrediction.truth, FoldPrediction.origin, FoldPrediction.margins)
    after = 0
    while True:
        query = select(*columns).where(
            FoldPrediction.run_id == run_id,
            FoldPrediction.repeat == 0,
            FoldPrediction.message_id > after,
            FoldPrediction.margins.is_not(None),
            FoldPrediction.origin.is_not(None),
        )
        with store.read() as connection:
            rows = connection.execute(query.order_by(FoldPrediction.message_id).limit(PAGE)).all()
        if not rows:
            return
        after = rows[-1].message_id
        yield [SaidOfAll(*row) for row in rows]  # type: ignore[arg-type]  # neither is missing in these
