"""Messages in random order: what the office says of the model then holds for all messages."""

from typing import Any, ClassVar

from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute

from core.store.models import DatasetId, Message, RunId
from labeling.orders.order import Order, by_message

PRIME = 2_147_483_647
ROUNDS = ((48_271, 1_103_515_245), (69_621, 12_345))


class Random(Order):
    """Random order."""

    name: ClassVar[str] = "random"
    title: ClassVar[str] = "Messages come at random, so what the office says of the model holds for all of them."
    sentence: ClassVar[str] = "In random order, so that what the office finds holds for all messages."

    def candidates(self, dataset: DatasetId, queue_id: int, champion: RunId | None, most: int) -> Any:  # noqa: ARG002 - no model is asked
        """By the id scrambled, each queue in its own way; with the probability of being drawn. Reads all messages."""
        return by_message(dataset, queue_id, scrambled(Message.id, queue_id), most, drawn=True)


def scrambled(number: ColumnElement[int] | InstrumentedAttribute[int], seed: int) -> ColumnElement[int]:
    """Numbers 1, 2, 3 ... in a random-looking order, worked out by the database: the same whoever asks.

    Two rounds of a line and a fifth power modulo a prime (both one to one). A line alone would keep small numbers in
    their order; neither database has a hash that the other has too.
    """
    mixed = number % PRIME
    for factor, offset in ROUNDS:
        mixed = (mixed * factor + (offset + seed * 1_000_003) % PRIME) % PRIME
        square = (mixed * mixed) % PRIME
        mixed = ((square * square) % PRIME * mixed) % PRIME
    return mixed
