"""message -> search as a task of the line."""

from __future__ import annotations

from core.fingerprint import fingerprint
from core.pipeline.index import index_texts
from core.pipeline.stage import LineTask
from core.pipeline.workshop import workshop
from core.store.queries.walk import above, below, newest_message
from core.store.records.search import has_changed, key_of
from core.store.records.stages import done


class Index(LineTask):
    """Bring the search up to date."""

    def made_from(self) -> str:
        """The dataset: it follows the messages."""
        return fingerprint("indexing", int(self.project.dataset_id))

    def complete(self) -> bool:
        """Whether it covers every message as it reads now."""
        project = workshop.project(self.room)
        store, dataset = project.store, project.dataset_id
        with store.read() as connection:
            there = done(connection, key_of(dataset))
            if there is None:
                return newest_message(store) == 0
            if has_changed(connection, there["low"], there["high"]):
                return False
        return above(store, dataset, there["high"], 1).empty and below(store, dataset, there["low"], 1).empty

    def work(self) -> int:
        """Gives how many messages came into it."""
        at_most = workshop.worker(self.room).at_most
        return index_texts(self.project, lambda _stage, done, of: self.tell(done, of), at_most=at_most)
