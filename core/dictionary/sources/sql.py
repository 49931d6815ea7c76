"""A table or a query in any database that SQLAlchemy reaches, streamed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import Engine, MetaData, Select, Table, TextClause, create_engine, func, make_url, select, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, NoSuchTableError, SQLAlchemyError

from core.dictionary.rows import QuarantinedRow, RawRow, quarantined
from core.dictionary.sources.source import Part, Source
from core.errors import SourceError, did_you_mean
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
                    counted = text(f"SELECT count(*) FROM ({self.spec.query}) AS asked")  # noqa: S608 - the room's own query
                    state = connection.execute(counted).one()
            return [Part(self.spec.name, what, ":".join(map(str, state)))]
        except SQLAlchemyError as error:
            raise self._failed(error) from error
        finally:
            engine.dispose()

    def rows(self, part: Part, chunk_rows: int) -> Iterator[RawRow | QuarantinedRow]:  # noqa: ARG002 - there is one
        """The rows as the database gives them, `chunk_rows` fetched at a time."""
        engine = self._engine()
        columns = {name: spec.source for name, spec in self.spec.columns if spec is not None}
        try:
            with engine.connect().execution_options(stream_results=True, yield_per=chunk_rows) as connection:
                result = connection.execute(self._statement(engine))
                names = list(result.keys())
                places = {column: self._place(source, names) for column, source in columns.items()}
                for number, row in enumerate(result, start=1):
                    yield self._row(number, {column: row[place] for column, place in places.items()})
        except SQLAlchemyError as error:
            raise self._failed(error) from error
        finally:
            engine.dispose()

    def _row(self, number: int, values: dict[str, Any]) -> RawRow | QuarantinedRow:
        try:
            return RawRow(number, **{column: _as_text(value) for column, value in values.items()})
        except UnicodeDecodeError:
            return quarantined(self.spec.name, number, "bytes that are not UTF-8")

    def _place(self, source: str, names: list[str]) -> int:
        if source not in names:
            raise SourceError(
                f"there is no column '{source}'",
                where=self._where(),
                fix=f"{did_you_mean(source, names)} There are: {', '.join(names)}.",
            )
        return names.index(source)

    def _statement(self, engine: Engine) -> Select[Any] | TextClause:
        if self.spec.query:
            return text(self.spec.query)
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
            if parsed.get_backend_name() == "sqlite" and parsed.database:
                parsed = parsed.set(database=str(self.folder / parsed.database))
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


def _as_text(value: Any) -> str | None:
    """A value as text, unchanged: numbers as they print, bytes as UTF-8."""
    if value is None or isinstance(value, str):
        return value
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)
