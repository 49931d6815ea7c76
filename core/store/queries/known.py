"""The newest messages whose class somebody other than a rule has told, with their texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nlargest

from sqlalchemy import select

from core.store.models import DatasetId, Message, Origin, Truth
from core.store.store import Store

PAGE = 1_000


@dataclass(frozen=True, slots=True)
class KnownText:
    """A message as the models read it, what it is held to be, and whether people say so."""

    message_id: int
    text: str
    klass: str
    by_people: bool


def newest_known(store: Store, dataset: DatasetId, classes: Sequence[str], most: int) -> list[KnownText]:
    """The newest messages by id that people have judged, and as many of those with an imported label.

    Along the index on (origin, class, message): it costs `most` times the classes, not the messages. Each page of texts
    is a short transaction of its own.
    """
    known = {}
    for origin in (Origin.IMPORTED, Origin.VERDICT):
        for message_id, klass in _newest(store, origin, classes, most):
            known[message_id] = (klass, origin is Origin.VERDICT)
    ids, found = sorted(known), []
    for start in range(0, len(ids), PAGE):
        query = select(Message.id, Message.text).where(
            Message.id.in_(ids[start : start + PAGE]), Message.dataset_id == dataset
        )
        with store.read() as connection:
            found += [KnownText(row.id, row.text, *known[row.id]) for row in connection.execute(query)]
    return sorted(found, key=lambda each: each.message_id)


def _newest(store: Store, origin: Origin, classes: Sequence[str], most: int) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    for klass in classes:
        query = select(Truth.message_id).where(Truth.origin == origin, Truth.klass == klass)
        with store.read() as connection:
            ids = connection.execute(query.order_by(Truth.message_id.desc()).limit(most)).scalars()
            found += [(message_id, klass) for message_id in ids]
    return nlargest(most, found)
