"""Statements of a hot path: compiled once a database, and run on the driver's cursor.

SQLAlchemy takes three times as long to prepare an execution and its result as SQLite takes to run it; a verdict is
twenty statements. A hot statement skips that: the same SQL, the same rows, the same errors. Where it cannot (several
rows of parameters, a list in an IN, somebody who listens to the engine's events) it goes the long way by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Dialect
from sqlalchemy.engine import IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

S = TypeVar("S")
Change = Callable[[Any], Any]


def hot(statement: S) -> S:
    """The statement for `connection.execute`, fast. Build it once, under a name; its values come as parameters."""
    return cast(S, _Hot(statement))


class _Result(IteratorResult[Any]):
    """Rows that are all here already; `rowcount` as the driver says."""

    def __init__(self, metadata: SimpleResultMetaData, rows: Sequence[Any], rowcount: int) -> None:
        super().__init__(metadata, iter(rows))
        self.rowcount = rowcount


@dataclass(slots=True)
class _Plan:
    """A statement as one database takes it; `reads` is known once the driver has named the columns' types."""

    sql: str
    constants: Mapping[str, Any]
    order: Sequence[str] | None
    binds: Mapping[str, Change]
    metadata: SimpleResultMetaData
    types: Sequence[TypeEngine[Any]]
    reads: Sequence[Change | None] | None = None

    def parameters(self, given: Mapping[str, Any]) -> Any:
        """As the driver wants them: by name, or in the order of their places."""
        values = {**self.constants, **given}
        for name, change in self.binds.items():
            values[name] = change(values[name])
        return values if self.order is None else tuple(values[name] for name in self.order)

    def rows(self, cursor: Any, dialect: Dialect) -> list[Any]:
        """What came, as Python knows it."""
        if cursor.description is None or not self.types:
            return []
        if self.reads is None:
            pairs = zip(self.types, cursor.description, strict=True)
            self.reads = [kind.dialect_impl(dialect).result_processor(dialect, column[1]) for kind, column in pairs]
        raw: list[Any] = cursor.fetchall()
        if not any(self.reads):
            return raw
        return [
            tuple(value if read is None else read(value) for value, read in zip(row, self.reads, strict=True))
            for row in raw
        ]


class _Hot:
    def __init__(self, statement: Any) -> None:
        self._statement = statement
        self._plans: dict[tuple[str, tuple[str, ...]], _Plan | None] = {}

    def __getattr__(self, name: str) -> Any:
        """Everything else is the statement's own: `where`, `compile` and their kind."""
        return getattr(self._statement, name)

    def _execute_on_connection(self, connection: Connection, given: Sequence[Mapping[str, Any]], _options: Any) -> Any:
        """What `Connection.execute` calls."""
        plain = connection.in_transaction() and not connection._has_events and len(given) <= 1
        values = given[0] if given else {}
        plan = self._plan(connection.dialect, values) if plain else None
        if plan is None:
            return connection.execute(self._statement, given)
        return _run(connection, plan, plan.parameters(values))

    def _plan(self, dialect: Dialect, values: Mapping[str, Any]) -> _Plan | None:
        key = (dialect.name, tuple(values))
        if key not in self._plans:
            self._plans[key] = _planned(self._statement, dialect, key[1])
        return self._plans[key]


def _run(connection: Connection, plan: _Plan, parameters: Any) -> _Result:
    cursor: Any = connection.connection.cursor()
    try:
        cursor.execute(plan.sql, parameters)
        return _Result(plan.metadata, plan.rows(cursor, connection.dialect), cursor.rowcount)
    except connection.dialect.loaded_dbapi.Error as error:
        gone = connection.dialect.is_disconnect(error, connection.connection.dbapi_connection, cursor)
        told = DBAPIError.instance(
            plan.sql, None, error, connection.dialect.loaded_dbapi.Error, connection_invalidated=gone
        )
        if gone:
            connection.invalidate(error)
        raise told from error
    finally:
        cursor.close()


def _planned(statement: Any, dialect: Dialect, names: Sequence[str]) -> _Plan | None:
    """The statement compiled, or None where it takes more than the driver."""
    keys = list(names) if getattr(statement, "is_insert", False) else None
    compiled = cast(SQLCompiler, statement.compile(dialect=dialect, column_keys=keys))
    made_up = getattr(compiled, "insert_prefetch", ()) or getattr(compiled, "update_prefetch", ())
    if compiled.post_compile_params or compiled.literal_execute_params or made_up:
        return None
    columns = compiled._result_columns or []
    return _Plan(
        sql=str(compiled),
        constants={name: bind.effective_value for name, bind in compiled.binds.items() if not bind.required},
        order=compiled.positiontup,
        binds=cast(Mapping[str, Change], compiled._bind_processors),
        metadata=SimpleResultMetaData([column.keyname for column in columns]),
        types=[column.type for column in columns],
    )
