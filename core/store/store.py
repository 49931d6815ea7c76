"""The store: one SQL database, the only state that the services share."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TypeVar

from sqlalchemy import Connection, Engine

from core.store import schema
from core.store.engine import open_engine, parse_url, told_in_a_sentence
from core.store.feed import Hint
from core.store.writer import GroupWriter, PoolWriter, Work, Writer

T = TypeVar("T")
Dialect = Literal["sqlite", "postgresql"]


class Store:
    """One open database.

    `read` gives a connection that sees one moment; `write` and `submit` run a piece of work in a transaction
    and answer after COMMIT. All three may be used from any thread.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.url = engine.url
        self.dialect: Dialect = "sqlite" if self.url.get_backend_name() == "sqlite" else "postgresql"
        self._writer: Writer | None = None
        self._writer_lock = threading.Lock()
        self._hint = Hint(engine) if self.dialect == "postgresql" else None

    @classmethod
    def open(cls, url: str, folder: Path | None = None, *, create: bool = False) -> Store:
        """Open the store of a room.

        Args:
            url: `sqlite:///file` or `postgresql://...`; a relative file is taken from `folder`.
            folder: the room's folder; the working directory where it is left out.
            create: bring the schema up to date first; otherwise another schema is refused.

        Raises:
            StoreDownError: the database does not answer.
            StoreSchemaError: it has another schema than this version needs.
        """
        engine = open_engine(parse_url(url, folder or Path.cwd()))
        if create:
            schema.upgrade(engine)
        else:
            schema.require_current(engine)
        return cls(engine)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection whose statements all see the same moment; nothing is written."""
        options = {} if self.dialect == "sqlite" else {"isolation_level": "REPEATABLE READ"}
        with (
            told_in_a_sentence(self.url),
            self.engine.connect().execution_options(**options) as connection,
            connection.begin(),
        ):
            yield connection

    def submit(self, work: Work[T]) -> Future[T]:
        """Run `work(connection)` in a transaction; the future is done after COMMIT."""
        future = self._writing().submit(work)
        if self._hint is not None:
            future.add_done_callback(self._hint.after_commit)
        return future

    def write(self, work: Work[T]) -> T:
        """Run `work(connection)` in a transaction, and wait until it is committed."""
        return self.submit(work).result()

    def _writing(self) -> Writer:
        with self._writer_lock:
            if self._writer is None:
                own = self.dialect == "postgresql"
                self._writer = PoolWriter(open_engine(self.url, writes=True)) if own else GroupWriter(self.engine)
            return self._writer

    def close(self) -> None:
        """Finish what was submitted and let the database go."""
        if self._writer is not None:
            self._writer.close()
        if self._hint is not None:
            self._hint.close()
        self.engine.dispose()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()
