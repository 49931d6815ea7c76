"""Statements that wait for the next one are never forgotten, never out of turn, and undone with their transaction."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import BigInteger, Column, Connection, MetaData, String, Table, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from core.store import Store, bulk
from core.store.hot import hot

table = Table(
    "patient",
    MetaData(),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("klass", String(200)),
)
PUT = hot(insert(table), waits=True)
RENAME = hot(update(table).values(klass=table.c.klass + "!"), waits=True)
COUNT = hot(select(func.count()).select_from(table))
LOOKS = (COUNT, select(func.count()).select_from(table), text("SELECT count(*) FROM patient"))


@pytest.fixture
def made(store: Store) -> Store:
    store.write(lambda c: table.create(c))
    return store


def row(number: int) -> dict[str, Any]:
    return {"id": number, "klass": "100 %; 'spam' \\ $1"}


def kept(store: Store) -> list[tuple[int, str]]:
    with store.read() as connection:
        return [tuple(each) for each in connection.execute(select(table).order_by(table.c.id))]


def test_what_waits_is_committed_in_its_turn(made: Store) -> None:
    def work(connection: Connection) -> None:
        connection.execute(PUT, row(1))
        connection.execute(RENAME)
        connection.execute(PUT, [row(2), row(3)])

    made.write(work)
    assert kept(made) == [(1, row(1)["klass"] + "!"), *((n, row(n)["klass"]) for n in (2, 3))]


def test_every_statement_after_it_sees_what_waited(made: Store) -> None:
    def work(connection: Connection) -> list[int]:
        seen = []
        for number, look in enumerate(
            (COUNT, select(func.count()).select_from(table), text("SELECT count(*) FROM patient"))
        ):
            connection.execute(PUT, row(number))
            seen.append(connection.execute(look).scalar_one())
        connection.execute(PUT, row(7))
        bulk.append(connection, table, pd.DataFrame([row(8)]))
        connection.execute(PUT, row(9))
        seen.append(connection.execute(insert(table), [row(10), row(11)]).rowcount)
        return seen

    assert made.write(work) == [1, 2, 3, 2]
    assert [number for number, _ in kept(made)] == [0, 1, 2, 7, 8, 9, 10, 11]


def test_what_waits_is_undone_with_its_savepoint_and_with_its_transaction(made: Store) -> None:
    def half(connection: Connection) -> None:
        connection.execute(PUT, row(1))
        with suppress(ZeroDivisionError), connection.begin_nested():
            connection.execute(PUT, row(2))
            raise ZeroDivisionError
        connection.execute(PUT, row(3))

    def none(connection: Connection) -> None:
        connection.execute(PUT, row(4))
        raise ZeroDivisionError

    made.write(half)
    for _ in range(20):  # through every connection that there is
        with pytest.raises(ZeroDivisionError):
            made.write(none)
        made.write(lambda c: c.execute(COUNT).scalar_one())
    assert [number for number, _ in kept(made)] == [1, 3]


def test_an_error_of_what_waited_is_told_and_undoes_all(made: Store) -> None:
    def twice(connection: Connection) -> None:
        connection.execute(PUT, row(5))
        connection.execute(PUT, row(5))

    def then_another(connection: Connection) -> None:
        twice(connection)
        connection.execute(COUNT).scalar_one()

    for work in (twice, then_another):
        with pytest.raises(IntegrityError):
            made.write(work)
    assert kept(made) == []
