"""The messages that the champion is least sure of."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from sqlalchemy import Connection

from labeling.orders.order import Asked, Order, frame_of, unsure
from labeling.orders.random import Random

if TYPE_CHECKING:
    import pandas as pd


class LeastSure(Order):
    """Least sure first; at random while there is no champion."""

    name: ClassVar[str] = "least_sure"
    title: ClassVar[str] = "The messages that the champion is least sure of come first."
    sentence: ClassVar[str] = "Least sure first."
    follows_champion: ClassVar[bool] = True

    def pick(self, connection: Connection, asked: Asked) -> pd.DataFrame:
        """Ranked by the champion's confidence."""
        if asked.champion is None:
            return Random().pick(connection, asked)
        return frame_of([row[:2] for row in connection.execute(unsure(asked, asked.most))])
