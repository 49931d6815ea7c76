"""A table or a query in any database that SQLAlchemy reaches, streamed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import Engine, MetaData, Row, Select, Table, TextClause, create_engine, func, make_url, select, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, NoSuchTableError, SQLAlchemyError

from core.dictionary.rows import RawRows, Reason, quarantined
from core.dictionary.sources.source import Part, Source
from core.errors import SourceError
from core.fingerprint import fingerprint

if TYPE_CHECKING:
    from core.dictionary.schema import SourceSpec


class Sql(Source):
    """A table or a query."""

    name: ClassVar[str] = "sql"
    title: ClassVar[str] = "A table or a query in a SQL database, read with a server-side cursor."

    @classmethod
    def check(cls, spec: SourceSpec) -> None:
        """An address and exactly one of table and query are needed."""
        if not spec.url:
            raise ValueError("a sql source needs 'url', such as env:WAREHOUSE_URL")
        if bool(spec.table) == bool(spec.query):
            raise ValueError("a sql source needs 'table' or 'query', one of the two")
        if spec.path:
            raise ValueError("'path' belongs to csv and tsv, not to sql")

    def parts(self) -> list[Part]:
        """The one part: its state is the number of rows and the highest key."""
        what = self.spec.table or f"query {fingerprint(self.spec.query)}"
        engine = self._engine()
        try:
            with engine.connect() as connection:
                rows: Any = self._statement(engine).subquery() if self.spec.table else None
                if rows is not None and self.spec.columns.key is not None:
                    key = rows.c[self.spec.columns.key.source]
                    state = connection.execute(select(func.count(), func.max(key)).select_from(rows)).one()
                elif rows is not None:
                    state = connection.execute(select(func.count()).select_from(rows)).one()
                else:
                    counted = text(f"SELECT count(*) FROM ({_literal(str(self.spec.query))}) AS asked")  # noqa: S608 - the room's own query
                    state = connection.execute(counted).one()
            return [Part(self.spec.name, what, ":".join(map(str, state)))]
        except SQLAlchemyError as error:
            raise self._failed(error) from error
        finally:
            engine.dispose()

    def chunks(self, part: Part, chunk_rows: int) -> Iterator[RawRows]:  # noqa: ARG002 - there is one
        """The rows as the database gives them, `chunk_rows` fetched at a time."""
        engine = self._engine()
        try:
            with engine.connect().execution_options(stream_results=True, yield_per=chunk_rows) as connection:
                result = connection.execute(self._statement(engine))
                places = self.places(list(result.keys()), self._where())
                first = 1
                for rows in result.partitions(chunk_rows):
                    yield self._rows(first, rows, places)
                    first += len(rows)
        except SQLAlchemyError as error:
            raise self._failed(error) from error
        finally:
            engine.dispose()

    def _rows(self, first: int, rows: Sequence[Row[Any]], places: dict[str, int]) -> RawRows:
        values = list(zip(*rows, strict=True))
        columns = {column: list(map(_as_text, values[place])) for column, place in places.items()}
        bad = {at for texts in columns.values() for at, text in enumerate(texts) if text is _UNDECODED}
        aside = [
            quarantined(self.spec.name, first + at, Reason.BYTES, "bytes that are not UTF-8") for at in sorted(bad)
        ]
        good = [at for at in range(len(rows)) if at not in bad]
        return RawRows(
            [first + at for at in good],
            {column: [texts[at] for at in good] if bad else texts for column, texts in columns.items()},
            aside,
        )

    def _statement(self, engine: Engine) -> Select[Any] | TextClause:
        if self.spec.query:
            return text(_literal(self.spec.query))
        schema, _, name = str(self.spec.table).rpartition(".")
        try:
            return select(Table(name, MetaData(), schema=schema or None, autoload_with=engine))
        except NoSuchTableError:
            raise SourceError(
                f"there is no table '{self.spec.table}'", where=self._where(), fix="Mend 'table'."
            ) from None

    def _engine(self) -> Engine:
        url = str(self.spec.url)
        if url.startswith("env:"):
            name = url.removeprefix("env:")
            if name not in os.environ:
                raise SourceError(
                    f"the environment has no {name}", where=self._where(), fix=f"Set {name} to the database's address."
                )
            url = os.environ[name]
        try:
            parsed = make_url(url)
            if parsed.drivername in (
                "postgresql",
                "postgres",
            ):  # SQLAlchemy 2.1 would want a driver that we do not bring
                parsed = parsed.set(drivername="postgresql+psycopg2")
            if parsed.get_backend_name() == "sqlite" and parsed.database:
                file = self.folder / parsed.database
                if not file.is_file():  # SQLite would make an empty one
                    raise SourceError(
                        f"there is no database {file}", where=self._where(), fix="Put it there, or mend 'url'."
                    )
                parsed = parsed.set(database=str(file))
            return create_engine(parsed)
        except (ArgumentError, NoSuchModuleError, ModuleNotFoundError):
            raise SourceError(
                "'url' is no database address that this installation can reach",
                where=self._where(),
                fix="Use one such as postgresql+psycopg2://user@host/database; other databases need their driver.",
            ) from None

    def _where(self) -> str:
        return f"the source '{self.spec.name}'"

    def _failed(self, error: SQLAlchemyError) -> SourceError:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        return SourceError(
            f"the database said: {reason}", where=self._where(), fix="Mend the source or try again later."
        )


def _literal(query: str) -> str:
    """A query without parameters: its colons (a time, a cast) are meant as they stand."""
    return query.rstrip().rstrip(";").replace(":", "\\:")


_UNDECODED = "\udc80 bytes that are not UTF-8"


def _as_text(value: Any) -> str | None:
    """A value as text, unchanged: numbers as they print, bytes as UTF-8 (or the mark that they are not)."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes | bytearray | memoryview):  # a memoryview is what psycopg2 gives for bytea
        try:
            return bytes(value).decode("utf-8")
        except UnicodeDecodeError:
            return _UNDECODED
    return str(value)
