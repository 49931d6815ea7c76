"""The messages on which two models disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from sqlalchemy import Connection, select
from sqlalchemy.orm import aliased

from core.store.models import Prediction, Run
from labeling.orders.least_sure import LeastSure
from labeling.orders.order import Asked, Order, frame_of, is_new

if TYPE_CHECKING:
    import pandas as pd


class Disagree(Order):
    """Where the champion and the newest other model with predictions say different things; then least sure first."""

    name: ClassVar[str] = "disagree"
    title: ClassVar[str] = (
        "Messages on which the champion and the newest other model disagree, the surest dispute first."
    )
    sentence: ClassVar[str] = "Where two models disagree first."

    def pick(self, connection: Connection, asked: Asked) -> pd.DataFrame:
        """By how sure both are of different things."""
        other = _other(connection, asked)
        found: list[tuple[int, float]] = []
        if other is not None:
            found = [(row[0], -row[1]) for row in connection.execute(_disputed(asked, other))]
        if len(found) < asked.most:
            rest = LeastSure().pick(connection, asked)
            disputed = {message_id for message_id, _ in found}
            left = rest[~rest["message_id"].isin(disputed)].head(asked.most - len(found))
            # Behind every dispute: their ranks are below 0.
            found += [(int(message_id), float(place)) for place, message_id in enumerate(left["message_id"], start=1)]
        return frame_of(found)


def _other(connection: Connection, asked: Asked) -> int | None:
    """The newest run but the champion that has said something of the store's messages."""
    runs = connection.execute(
        select(Run.id).where(Run.dataset_id == asked.dataset, Run.id != asked.champion).order_by(Run.id.desc())
    ).scalars()
    for run_id in runs.all() if asked.champion is not None else ():
        if connection.execute(select(Prediction.message_id).where(Prediction.run_id == run_id).limit(1)).first():
            return run_id
    return None


def _disputed(asked: Asked, other: int):  # type: ignore[no-untyped-def]
    champion, challenger = aliased(Prediction), aliased(Prediction)
    # How far each is from giving in: both must be sure for a dispute to tell something.
    surest = champion.confidence + challenger.confidence
    return (
        select(champion.message_id, surest)
        .join(challenger, challenger.message_id == champion.message_id)
        .where(
            champion.run_id == asked.champion,
            challenger.run_id == other,
            champion.klass != challenger.klass,
            *is_new(champion.message_id, asked.queue_id),  # type: ignore[arg-type]
        )
        .order_by(surest.desc(), champion.message_id)
        .limit(asked.most)
    )
