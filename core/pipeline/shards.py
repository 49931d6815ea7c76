"""Going through all messages: one task follows what comes, and what lies below is done in shards, the newest first.

Several processes share the shards; what one holds the others leave for now. What is done to a message is a chore's
(the rules vote on it, the champion judges it); how far that is, is kept in the store (`core.store.records.stretches`),
in the transaction that has the work itself, so that whoever is killed loses nothing and nothing is done twice.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

import luigi
import pandas as pd
from sqlalchemy import Connection

from core.pipeline.stage import LineTask
from core.pipeline.workshop import workshop
from core.project import Project
from core.store import Store
from core.store.models import DatasetId
from core.store.queries.walk import above, below, newest_message, oldest_message
from core.store.records import stretches
from core.store.records.stretches import down_to, grow_down, grow_up, shard_of, stretch_of

Mark = Callable[[Connection, pd.DataFrame], None]
"""Says of a piece of a page, in the transaction that stores it, that it is done."""
Tell = Callable[[int, int], None]
"""Told how far it is: (done, of how many)."""


class Chore(ABC):
    """What is done to messages, each once, a page of them at a time.

    `key` is the stretch under which the store keeps how far it is; `page` so many messages are read at once.
    """

    key: str
    page: int

    @abstractmethod
    def do(self, store: Store, page: pd.DataFrame, mark: Mark) -> int:
        """Do it to a page as `core.store.queries.walk` has it, and mark it; gives how many counted."""


class Shard(LineTask):
    """A stretch of the messages that were there before a chore began, done downwards."""

    first: int = luigi.IntParameter(description="the lowest id of the stretch")

    @property
    def priority(self) -> int:  # type: ignore[override]
        """The newest first."""
        return self.first

    @abstractmethod
    def key(self) -> str:
        """Of the chore."""

    def complete(self) -> bool:
        """Whether the stretch is done."""
        with workshop.project(self.room).store.read() as connection:
            return down_to(connection, self.key(), self.first) <= self.first


class Backlog(luigi.WrapperTask):
    """Shards that several processes may share."""

    room: str = luigi.Parameter()
    firsts: tuple[int, ...] = luigi.TupleParameter()

    @abstractmethod
    def shard(self, first: int) -> Shard:
        """The shard that begins there."""

    def requires(self) -> list[Shard]:
        """A task a shard."""
        return [self.shard(first) for first in self.firsts]


def is_up_to_date(project: Project, key: str) -> bool:
    """Whether a chore was done to every message that came since it began; False before it has begun."""
    with project.store.read() as connection:
        stretch = stretch_of(connection, key)
    return stretch is not None and above(project.store, project.dataset_id, stretch.high, 1).empty


def left_below(project: Project, key: str, at_most: int | None = None) -> tuple[int, ...]:
    """The first ids of the shards that are left of a chore, the newest first, `at_most` so many messages, about."""
    with project.store.read() as connection:
        stretch = stretch_of(connection, key)
        oldest = oldest_message(connection, project.dataset_id)
    if stretch is None or oldest is None or oldest >= stretch.low:
        return ()
    firsts = range(shard_of(stretch.low - 1), shard_of(oldest) - 1, -stretches.SHARD)
    return tuple(firsts if at_most is None else firsts[: max(1, at_most // stretches.SHARD)])


def go_up(store: Store, dataset: DatasetId, chore: Chore, tell: Tell, at_most: int | None = None) -> int:
    """Do a chore to the messages that came since it began, about `at_most` of them; gives how many counted."""
    with store.read() as connection:
        stretch = stretch_of(connection, chore.key)
    newest = newest_message(store)
    high = newest if stretch is None else stretch.high
    seen = count = 0
    while at_most is None or seen < at_most:
        page = above(store, dataset, high, chore.page)
        if page.empty:
            break
        count += chore.do(store, page, lambda c, piece: grow_up(c, chore.key, int(piece["message_id"].max())))
        high = int(page["message_id"].max())
        seen += len(page)
        tell(seen, max(newest - high + seen, seen))
    return count


def go_down(store: Store, dataset: DatasetId, chore: Chore, first: int, tell: Tell) -> int:
    """Do a chore to what is left of a shard; gives how many counted. Killed at any moment, it goes on where it was."""
    with store.read() as connection:
        at = down_to(connection, chore.key, first)
    top, count = at, 0
    while at > first:
        page = below(store, dataset, at, chore.page)
        page = page[page["message_id"] >= first]
        if page.empty:  # no message has the lowest id
            store.write(lambda connection: grow_down(connection, chore.key, first, first))
            break
        count += chore.do(store, page, lambda c, piece: grow_down(c, chore.key, first, int(piece["message_id"].min())))
        at = int(page["message_id"].min())
        tell(top - at, top - first)
    return count
