"""source -> ingest -> clean -> store.message: one task a part of a source (a file, a table)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import luigi
import pandas as pd

from core.dictionary import Chunk, Dictionary, parts, read_part
from core.file_look import look_of
from core.fingerprint import fingerprint
from core.pipeline.stage import CODE_VERSION, LineTask, StageTask
from core.project import Project
from core.store import Store
from core.store.models import DatasetId
from core.store.paced import write_paced
from core.store.records.messages import add_quarantine, add_snapshot, finish_snapshot, store_messages
from core.store.records.stages import all_done


class IngestPart(StageTask):
    """Bring one part of a source into the store; done until the part or the dictionary changes."""

    part: str = luigi.Parameter(description="the part's name")
    state: str = luigi.Parameter(description="what the part looked like when it was listed")

    def made_from(self) -> str:
        """The dictionary, the part and its state."""
        return part_fingerprint(self.project.dictionary(), self.part, self.state)

    def work(self) -> Mapping[str, Any]:
        """Read, clean, store; what cannot be taken goes to quarantine."""
        project = self.project
        dictionary = project.dictionary()
        part = next(part for part in parts(dictionary, project.folder) if part.name == self.part)
        return ingest(
            project.store, project.dataset_id, self.made_from(), self._told(read_part(dictionary, project.folder, part))
        )

    def _told(self, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        rows = 0
        for chunk in chunks:
            yield chunk
            rows += chunk.rows_read
            self.tell(rows, 0)


class Sources(LineTask):
    """Look what the sources have: done again with each going-over, told of where it fails."""

    def made_from(self) -> str:
        """The dataset and its dictionary, which may be what is amiss."""
        path = self.project.folder / "dictionaries" / f"{self.project.settings.pipeline.dataset}.yaml"
        return fingerprint("sources", int(self.project.dataset_id), look_of(path))

    def complete(self) -> bool:
        """Never for good."""
        return False

    def work(self) -> int:
        """Gives how many parts there are."""
        return len(listing(self.project))


class Ingest(luigi.WrapperTask):
    """The parts of the sources that are not in the store as they are now."""

    room: str = luigi.Parameter()
    listed: tuple[tuple[str, str], ...] = luigi.TupleParameter()

    def requires(self) -> list[IngestPart]:
        """A task a part."""
        return [IngestPart(room=self.room, part=name, state=state) for name, state in self.listed]


def part_fingerprint(dictionary: Dictionary, name: str, state: str) -> str:
    """Of all that an ingested part is made from."""
    return fingerprint("ingest", CODE_VERSION, dictionary.fingerprint, name, state)


def listing(project: Project) -> tuple[tuple[str, str], ...]:
    """The parts of the sources as they are now: (name, state) each, as Luigi parameters can carry them.

    Raises:
        SourceError: a source cannot be looked at.
    """
    return tuple((part.name, part.state) for part in parts(project.dictionary(), project.folder))


def stale(project: Project, listed: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Of the parts listed those that must be ingested. One look into the store for all of them."""
    dictionary = project.dictionary()
    with project.store.read() as connection:
        finished = all_done(connection, IngestPart.__name__)
    return tuple((name, state) for name, state in listed if part_fingerprint(dictionary, name, state) not in finished)


def ingest(store: Store, dataset: DatasetId, made_from: str, chunks: Iterator[Chunk]) -> dict[str, int]:
    """Store chunks of a dataset as one snapshot.

    Returns:
        rows_read, stored, sampled_out, quarantined (they add up), and of those stored how many were new, changed,
        and labelled by their source.
    """
    snapshot = store.write(lambda connection: add_snapshot(connection, dataset, made_from))
    counts = dict.fromkeys(("rows_read", "stored", "sampled_out", "quarantined"), 0)
    came = dict.fromkeys(("new", "changed", "labels"), 0)
    for chunk in chunks:
        for piece in write_paced(store, chunk.frame, lambda c, rows: store_messages(c, dataset, rows)):
            came["new"] += piece.new
            came["changed"] += piece.changed
            came["labels"] += piece.labels
        set_aside = pd.DataFrame(
            [(q.source, q.line, q.reason, q.excerpt) for q in chunk.quarantined],
            columns=["source", "line", "reason", "excerpt"],
        )
        store.write(lambda c, rows=set_aside: add_quarantine(c, dataset, snapshot, rows))  # type: ignore[misc]
        counts["rows_read"] += chunk.rows_read
        counts["stored"] += len(chunk.frame)
        counts["sampled_out"] += chunk.sampled_out
        counts["quarantined"] += len(chunk.quarantined)
    store.write(lambda connection: finish_snapshot(connection, snapshot, **counts))
    return {**counts, **came}
