"""Messages that are unlike one another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from sqlalchemy import Connection, select

from core.store.models import Message
from labeling.orders.order import Asked, Order, in_order, is_new, texts_of, unsure

if TYPE_CHECKING:
    import pandas as pd

POOL = 8
POOL_MOST = 4_000


class Diverse(Order):
    """Of the messages that the champion is unsure of, those that cover the most different ones."""

    name: ClassVar[str] = "diverse"
    title: ClassVar[str] = "Unsure messages that are as unlike one another as can be (k-center) come first."
    sentence: ClassVar[str] = "As different from one another as can be."

    def pick(self, connection: Connection, asked: Asked) -> pd.DataFrame:
        """k-center over a pool of eight times as many as are asked for, 4,000 at the most."""
        most = min(POOL_MOST, max(asked.most, asked.most * POOL))
        pool = unsure(asked, most) if asked.champion is not None else _newest(asked, most)
        ids = [row[0] for row in connection.execute(pool)]
        chosen = k_center(texts_of(connection, ids), asked.most) if ids else []
        return in_order([ids[index] for index in chosen])


def _newest(asked: Asked, most: int) -> Any:
    new = is_new(Message.id, asked.queue_id)  # type: ignore[arg-type]
    query = select(Message.id).where(Message.dataset_id == asked.dataset, *new)
    return query.order_by(Message.id.desc()).limit(most)


def k_center(texts: Sequence[str], most: int) -> list[int]:
    """Places of up to `most` texts, beginning with the first: each next one is the farthest from all before it.

    >>> k_center(["win a prize", "win a prize now", "see you at noon"], 2)
    [0, 2]
    """
    from sklearn.feature_extraction.text import HashingVectorizer

    if not texts:
        return []
    # Characters, not words: they cut every script alike. Rows have length 1, so a product is a cosine.
    rows = HashingVectorizer(analyzer="char_wb", ngram_range=(3, 4), n_features=2**18).transform(texts)
    nearest = np.full(len(texts), -np.inf)
    chosen: list[int] = []
    place = 0
    for _ in range(min(most, len(texts))):
        chosen.append(place)
        nearest = np.maximum(nearest, np.asarray((rows @ rows[place].T).todense()).ravel())
        nearest[place] = np.inf
        place = int(nearest.argmin())
    return chosen
