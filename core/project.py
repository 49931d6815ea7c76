"""A room opened: its settings, its store, its dictionaries and rules, in one place."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import DictionaryError, did_you_mean
from core.fingerprint import fingerprint
from core.settings import Settings, load_settings
from core.store import Store
from core.store.models import DatasetId
from core.store.records.datasets import dataset_id

if TYPE_CHECKING:  # pandas and the rules' engine take a second to import, which a look at the settings has no use for
    import pandas as pd

    from core.dictionary import Chunk, Dictionary
    from core.rules import RuleSet, Scanner


class Project:
    """A room: a folder with `tallyroom.toml`, and the store that it names.

    Args:
        folder: the room's folder.
        store_url: overrides `[store] url`.

    Raises:
        SettingsError: there is no room, or its settings cannot be used.

    Example:
        >>> frame = Project("room").load_dataset("smsdata")  # doctest: +SKIP
    """

    def __init__(self, folder: str | Path, *, store_url: str | None = None) -> None:
        self.folder = Path(folder).resolve()
        self.settings: Settings = load_settings(self.folder)
        self._store_url = store_url or self.settings.store.url

    @property
    def classes(self) -> tuple[str, ...]:
        """The room's classes, in the order of their keys."""
        return self.settings.room.classes

    @property
    def store_url(self) -> str:
        """The store's address, as another process of this room needs it; it may hold a password."""
        return self._store_url

    @cached_property
    def store(self) -> Store:
        """The open store.

        Raises:
            StoreDownError: it does not answer.
            StoreSchemaError: `tallyroom store upgrade` is needed.
        """
        return Store.open(self._store_url, self.folder)

    def upgrade_store(self) -> None:
        """Make the store's tables, or bring them up to date."""
        Store.open(self._store_url, self.folder, create=True).close()

    @cached_property
    def dataset_id(self) -> DatasetId:
        """The id of the room's dataset in the store."""
        return self.store.write(lambda connection: dataset_id(connection, self.settings.pipeline.dataset))

    def dictionary(self, name: str | None = None) -> Dictionary:
        """A data dictionary of the room (the pipeline's own where no name is given).

        Raises:
            DictionaryError: it is not there, or cannot be used; names file, line and fix.
        """
        wanted = name or self.settings.pipeline.dataset
        folder = self.folder / "dictionaries"
        path = folder / f"{wanted}.yaml"
        if not path.is_file():
            known = [found.stem for found in folder.glob("*.yaml")]
            raise DictionaryError(
                f"there is no dictionary for the dataset '{wanted}'", where=str(path), fix=did_you_mean(wanted, known)
            )
        from core.dictionary import load_dictionary

        return load_dictionary(path, self.classes)

    def read_dataset(self, name: str | None = None) -> Iterator[Chunk]:
        """The dataset as its dictionary describes it, a chunk at a time, with what was set aside."""
        from core.dictionary import read

        return read(self.dictionary(name), self.folder)

    def load_dataset(self, name: str | None = None) -> pd.DataFrame:
        """The whole dataset as one frame (see `core.frames.MESSAGES`): sampled, cleaned, in the sources' order.

        Whoever holds the same dictionary and seed gets the same rows. Rows that cannot be taken are left out here;
        `read_dataset` gives them with their reasons.
        """
        import pandas as pd

        from core.frames import empty_messages

        frames = [chunk.frame for chunk in self.read_dataset(name) if len(chunk.frame)]
        return pd.concat(frames, ignore_index=True) if frames else empty_messages()

    def ruleset(self) -> RuleSet | None:
        """The room's rules, or None where there is no rule file."""
        from core.rules import load_rules

        path = self.folder / self.settings.pipeline.rules
        return load_rules(path, self.classes) if path.is_file() else None

    def scanner(self) -> Scanner | None:
        """The room's rules, compiled; the compiled form is kept in the room's cache."""
        from core.rules import Scanner

        rules = self.ruleset()
        return None if rules is None else Scanner(rules, self.folder / ".cache")

    @property
    def guide(self) -> str:
        """The reviewers' guide in Markdown, empty where there is none."""
        path = self.folder / self.settings.room.guide
        return path.read_text("utf-8", errors="replace") if path.is_file() else ""

    @cached_property
    def fingerprint(self) -> str:
        """Of the room's folder and store: tells two rooms in one process apart."""
        return fingerprint(str(self.folder), self._store_url)

    def close(self) -> None:
        """Let the store go, if it was opened."""
        if "store" in self.__dict__:
            self.store.close()
