"""Statements of a hot path: compiled once a database, and run on the driver's cursor.

SQLAlchemy takes three times as long to prepare an execution and its result as SQLite takes to run it; a verdict is
twenty statements. A hot statement skips that: the same SQL, the same rows, the same errors. PostgreSQL is asked to
prepare it, once a connection: planning took a third of its time. Where that cannot be (long lists in an IN, rows that
come back from several, somebody who listens to the engine's events) it goes the long way by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import Any, TypeVar, cast

from sqlalchemy import BindParameter, Connection, Dialect
from sqlalchemy.engine import IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.sql import visitors
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from core.store import later
from core.store.cursor import driver_cursor
from core.store.later import Until

S = TypeVar("S")
Change = Callable[[Any], Any]

LIST_MOST = 20
"""A list in an IN is planned once for each of its lengths, so the long ones are not."""
_PLACE = re.compile(r"%\((\w+)\)s|%%")
_NAME = re.compile(r"\w+")
_numbers = count()


def hot(statement: S, *, waits: Until | None = None) -> S:
    """The statement for `connection.execute`, fast. Build it once, under a name; its values come as parameters.

    Args:
        statement: any that SQLAlchemy has.
        waits: nobody looks at what it gives back, so on PostgreSQL it may go out later (core/store/later.py); an error
            of its own is told there as well. Until COMMIT only an INSERT may wait.
    """
    return cast(S, _Hot(statement, waits))


class _Result(IteratorResult[Any]):
    """Rows that are all here already; `rowcount` as the driver says."""

    def __init__(self, metadata: SimpleResultMetaData, rows: Sequence[Any], rowcount: int) -> None:
        super().__init__(metadata, iter(rows))
        self.rowcount = rowcount


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A statement in PostgreSQL's own keeping: `PREPARE` once a connection, `EXECUTE` ever after."""

    name: str
    prepare: str
    execute: str

    @classmethod
    def of(cls, sql: str) -> _Prepared:
        """From SQL with its places as psycopg2 names them."""
        places: dict[str, str] = {}

        def numbered(found: re.Match[str]) -> str:
            return places.setdefault(found[1], f"${len(places) + 1}") if found[1] else "%"

        name = f"tallyroom_{next(_numbers)}"
        prepare = f"PREPARE {name} AS {_PLACE.sub(numbered, sql)}"
        values = ", ".join(f"%({place})s" for place in places)
        return cls(name, prepare, f"EXECUTE {name} ({values})" if places else f"EXECUTE {name}")


@dataclass(slots=True)
class _Plan:
    """A statement as one database takes it. `names` are all that are in it, those of its tables among them.

    `reads` is known once the driver has named the columns' types.
    """

    sql: str
    constants: Mapping[str, Any]
    lists: Mapping[str, Sequence[str]]
    order: Sequence[str] | None
    binds: Mapping[str, Change]
    metadata: SimpleResultMetaData
    types: Sequence[TypeEngine[Any]]
    prepared: _Prepared | None
    waits: Until | None
    writes: str
    names: Collection[str]
    reads: Sequence[Change | None] | None = None

    def parameters(self, given: Mapping[str, Any]) -> Any:
        """As the driver wants them: by name, or in the order of their places."""
        values = {**self.constants, **given}
        for name, places in self.lists.items():
            values.update(zip(places, values.pop(name), strict=True))
        for name, change in self.binds.items():
            values[name] = change(values[name])
        return values if self.order is None else tuple(values[name] for name in self.order)

    def run(self, connection: Connection, cursor: Any, parameters: Any) -> None:
        """Run on a cursor, after what has waited; prepared first, where this connection has not seen it."""
        if self.prepared is None:
            cursor.execute(self.sql, parameters)
            return
        info = connection.connection.info
        known = info.setdefault("prepared", set())
        if self.prepared.name not in known:
            cursor.execute(self.prepared.prepare)
            known.add(self.prepared.name)
        execute = cursor.mogrify(self.prepared.execute, parameters)
        if self.waits is Until.COMMIT:
            later.add_last(info, self.writes, execute)
            return
        later.add(info, execute)
        if self.waits is None:
            later.send(info, cursor, self.names)

    def rows(self, cursor: Any, dialect: Dialect) -> list[Any]:
        """What came, as Python knows it."""
        if cursor.description is None or not self.types:
            return []  # or it waits
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
    def __init__(self, statement: Any, waits: Until | None) -> None:
        self._statement = statement
        self._waits = waits
        self._plans: dict[tuple[Any, ...], _Plan | None] = {}

    def __getattr__(self, name: str) -> Any:
        """Everything else is the statement's own: `where`, `compile` and their kind."""
        return getattr(self._statement, name)

    @cached_property
    def _lists(self) -> tuple[str, ...]:
        """The parameters that are lists, for an IN."""
        binds = (each for each in visitors.iterate(self._statement) if isinstance(each, BindParameter))
        return tuple(dict.fromkeys(str(bind.key) for bind in binds if bind.expanding))

    def _execute_on_connection(self, connection: Connection, given: Sequence[Mapping[str, Any]], _options: Any) -> Any:
        """What `Connection.execute` calls."""
        plain = connection.in_transaction() and not connection._has_events
        rows = given or ({},)
        plan = self._plan(connection.dialect, rows[0]) if plain else None
        if plan is None or (len(rows) > 1 and (plan.types or plan.lists)):
            return connection.execute(self._statement, given)
        return _run(connection, plan, [plan.parameters(row) for row in rows])

    def _plan(self, dialect: Dialect, values: Mapping[str, Any]) -> _Plan | None:
        lengths = [len(values[name]) for name in self._lists]
        if not all(1 <= length <= LIST_MOST for length in lengths):
            return None
        key = (dialect.name, *values, *lengths)
        if key not in self._plans:
            self._plans[key] = _planned(self._statement, dialect, values, waits=self._waits)
        return self._plans[key]


def _run(connection: Connection, plan: _Plan, rows: Sequence[Any]) -> _Result:
    with driver_cursor(connection, plan.sql) as cursor:
        touched = 0
        for parameters in rows:
            plan.run(connection, cursor, parameters)
            touched += cursor.rowcount
        return _Result(plan.metadata, plan.rows(cursor, connection.dialect), touched)


def _planned(statement: Any, dialect: Dialect, values: Mapping[str, Any], *, waits: Until | None) -> _Plan | None:
    """The statement compiled, or None where it takes more than the driver."""
    one_row = getattr(statement, "is_insert", False) and not statement._multi_values
    keys = list(values) if one_row else None
    compiled = cast(SQLCompiler, statement.compile(dialect=dialect, column_keys=keys))
    made_up = getattr(compiled, "insert_prefetch", ()) or getattr(compiled, "update_prefetch", ())
    if compiled.literal_execute_params or made_up:
        return None
    constants = {name: bind.effective_value for name, bind in compiled.binds.items() if not bind.required}
    expanded = compiled.construct_expanded_state({**constants, **values})  # lists in an IN, a place for each
    sql, lists = expanded.statement, expanded.parameter_expansion
    binds = {**compiled._bind_processors, **expanded.processors}
    columns = compiled._result_columns or []
    return _Plan(
        sql=sql,
        constants=constants,
        lists=lists,
        order=expanded.positiontup,
        binds={name: cast(Change, change) for name, change in binds.items() if name not in lists},
        metadata=SimpleResultMetaData([column.keyname for column in columns]),
        types=[column.type for column in columns],
        prepared=_Prepared.of(sql) if dialect.name == "postgresql" else None,
        waits=waits,
        writes=statement.table.name if waits is Until.COMMIT else "",
        names=frozenset(_NAME.findall(sql)),
    )
