"""Messages in random order: what the office says of the model then holds for all messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from sqlalchemy import ColumnElement, Connection, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute

from core.store.models import Message
from labeling.orders.order import Asked, Order, frame_of, is_undrawn

if TYPE_CHECKING:
    import pandas as pd

PRIME = 2_147_483_647
ROUNDS = ((48_271, 1_103_515_245), (69_621, 12_345))
SMALL = 200_000
PROBES = 1_000
"""Ids tried at a time in a large store."""
ROUNDS_MOST = 200


class Random(Order):
    """Random order: a probability sample.

    The probability of a draw is that of one message among all that there were: those that people have not labelled and
    that were not drawn before. What the queue has chosen by another order, and nobody has seen yet, is among them.
    """

    name: ClassVar[str] = "random"
    title: ClassVar[str] = "Messages come at random, so what the office says of the model holds for all of them."
    sentence: ClassVar[str] = "In random order, so that what the office finds holds for all messages."
    probability: ClassVar[bool] = True

    def pick(self, connection: Connection, asked: Asked) -> pd.DataFrame:
        """By the id scrambled, each queue in its own way; in a large store by ids that are thrown, see `thrown`."""
        if asked.most <= 0:
            return frame_of([])
        span = select(func.min(Message.id), func.max(Message.id)).where(Message.dataset_id == asked.dataset)
        first, last = connection.execute(span).one()
        if first is not None and last - first >= SMALL:
            found = thrown(connection, asked, first, last, np.random.default_rng())
            if found is not None:
                return found
        rank = scrambled(Message.id, asked.queue_id)
        query = (
            select(Message.id, rank, literal(1.0) / func.count().over())
            .where(Message.dataset_id == asked.dataset, *is_undrawn(Message.id, asked.queue_id))  # type: ignore[arg-type]
            .order_by(rank, Message.id)
            .limit(asked.most)
        )
        return frame_of(connection.execute(query).all())


def thrown(
    connection: Connection, asked: Asked, first: int, last: int, generator: np.random.Generator
) -> pd.DataFrame | None:
    """Random ids, of which those count that are messages new to the queue: a draw that need not read all messages.

    Each such message is equally likely. How many there are is told by the share of the throws that hit one. None where
    hardly one in a thousand does: then reading all of them is the cheaper way.
    """
    hits: dict[int, None] = {}
    tried: set[int] = set()
    for _ in range(ROUNDS_MOST):
        ids = [int(each) for each in generator.integers(first, last + 1, PROBES) if int(each) not in tried]
        tried.update(ids)
        query = select(Message.id).where(
            Message.id.in_(ids),
            Message.dataset_id == asked.dataset,
            *is_undrawn(Message.id, asked.queue_id),  # type: ignore[arg-type]
        )
        good = set(connection.execute(query).scalars())
        hits |= dict.fromkeys(each for each in ids if each in good)
        if len(hits) >= asked.most:
            break
    else:
        return None
    there = len(hits) / len(tried) * (last - first + 1)
    probability = min(1.0, 1.0 / there)
    ranks = generator.random(asked.most) * PRIME
    return frame_of([(each, rank, probability) for each, rank in zip(hits, ranks, strict=False)][: asked.most])


def scrambled(number: ColumnElement[int] | InstrumentedAttribute[int], seed: int) -> ColumnElement[Any]:
    """Numbers 1, 2, 3 ... in a random-looking order, worked out by the database: the same whoever asks.

    Two rounds of a line and a fifth power modulo a prime (both one to one). A line alone would keep small numbers in
    their order; neither database has a hash that the other has too.
    """
    mixed: Any = number % PRIME
    for factor, offset in ROUNDS:
        mixed = (mixed * factor + (offset + seed * 1_000_003) % PRIME) % PRIME
        square = (mixed * mixed) % PRIME
        mixed = ((square * square) % PRIME * mixed) % PRIME
    return mixed  # type: ignore[no-any-return]
