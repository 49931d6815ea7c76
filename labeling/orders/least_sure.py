"""The messages that the champion is least sure of."""

from typing import Any, ClassVar

from sqlalchemy import null, select

from core.store.models import DatasetId, Prediction, RunId
from labeling.orders.order import Order, is_new
from labeling.orders.random import Random


class LeastSure(Order):
    """Least sure first."""

    name: ClassVar[str] = "least_sure"
    title: ClassVar[str] = "The messages that the champion is least sure of come first."
    sentence: ClassVar[str] = "Least sure first."

    def candidates(self, dataset: DatasetId, queue_id: int, champion: RunId | None, most: int) -> Any:
        """Along the index on (run, confidence); at random while there is no champion."""
        if champion is None:
            return Random().candidates(dataset, queue_id, champion, most)
        return (
            select(Prediction.message_id, Prediction.confidence, null())
            .where(Prediction.run_id == champion, *is_new(Prediction.message_id, queue_id))  # type: ignore[arg-type]
            .order_by(Prediction.confidence, Prediction.message_id)
            .limit(most)
        )
