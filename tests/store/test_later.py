"""Statements that wait for the next one are never forgotten, never out of turn, and undone with their transaction."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import BigInteger, Column, Connection, MetaData, String, Table, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from core.errors import StoreDownError, StoreError
from core.store import Store, bulk
from core.store.hot import hot
from core.store.later import Until, waiting_last
from core.store.models import now_ms
from core.store.savepoint import savepoint

table = Table(
    "patient",
    MetaData(),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("klass", String(200)),
)
PUT = hot(insert(table), waits=Until.NEXT)
PUT_LAST = hot(insert(table), waits=Until.COMMIT)
CLOCK = hot(select(now_ms()))
RENAME = hot(update(table).values(klass=table.c.klass + "!"), waits=Until.NEXT)
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


@pytest.mark.parametrize("savepoint", [savepoint, Connection.begin_nested])
@pytest.mark.parametrize("look", [True, False], ids=["sent", "still waiting"])
def test_what_waits_is_undone_with_its_savepoint_and_with_its_transaction(
    made: Store, savepoint: Callable[[Connection], AbstractContextManager[Any]], look: bool
) -> None:
    def half(connection: Connection) -> None:
        connection.execute(PUT, row(1))
        with suppress(ZeroDivisionError), savepoint(connection):
            connection.execute(PUT, row(2))
            if look:
                connection.execute(COUNT).scalar_one()
            raise ZeroDivisionError
        with savepoint(connection):
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


def test_what_waits_for_the_commit_is_seen_by_who_looks_at_its_table_and_by_nobody_before(made: Store) -> None:
    def work(connection: Connection) -> tuple[list[bool], int]:
        connection.execute(PUT_LAST, row(1))
        waits = [bool(waiting_last(connection.info))]
        connection.execute(CLOCK).scalar_one()
        waits.append(bool(waiting_last(connection.info)))
        seen = connection.execute(COUNT).scalar_one()
        waits.append(bool(waiting_last(connection.info)))
        connection.execute(PUT_LAST, row(2))
        return waits, seen

    waits, seen = made.write(work)
    assert seen == 1
    assert waits == ([True, True, False] if made.dialect == "postgresql" else [False] * 3)
    assert [number for number, _ in kept(made)] == [1, 2]


@pytest.mark.parametrize("savepoint", [savepoint, Connection.begin_nested])
@pytest.mark.parametrize("look", [None, CLOCK, COUNT], ids=["still waiting", "sent", "sent with what was before"])
def test_what_waits_for_the_commit_is_undone_with_its_savepoint_and_what_was_before_is_not(
    made: Store, savepoint: Callable[[Connection], AbstractContextManager[Any]], look: Any
) -> None:
    def work(connection: Connection) -> None:
        connection.execute(PUT_LAST, row(1))
        with suppress(ZeroDivisionError), savepoint(connection):
            connection.execute(PUT_LAST, row(2))
            if look is not None:
                connection.execute(look).scalar_one()
            raise ZeroDivisionError
        connection.execute(PUT_LAST, row(3))

    made.write(work)
    assert [number for number, _ in kept(made)] == [1, 3]


def test_what_fails_after_a_savepoint_leaves_what_was_before(made: Store) -> None:
    def work(connection: Connection) -> None:
        connection.execute(PUT, row(1))
        with suppress(IntegrityError), savepoint(connection):
            connection.execute(PUT, row(2))
            connection.execute(PUT, row(2))
            connection.execute(COUNT).scalar_one()

    if made.dialect == "sqlite":  # nothing waits there, so it fails by itself
        made.write(work)
        assert kept(made) == [(1, row(1)["klass"])]
        return
    # Both went out in one go with the savepoint: PostgreSQL knows which came first all the same.
    made.write(lambda c: (c.execute(PUT, row(0)), c.execute(COUNT).scalar_one(), work(c)))
    assert [number for number, _ in kept(made)] == [0, 1]


def test_a_transaction_whose_error_was_passed_over_is_never_taken_for_committed(made: Store) -> None:
    """What waited of the verdict fails among the claim's statements, whose errors the desk passes over."""

    def verdict_and_claim(connection: Connection) -> None:
        connection.execute(PUT, row(1))
        connection.execute(PUT, row(1))
        with suppress(IntegrityError), savepoint(connection):
            connection.execute(COUNT).scalar_one()

    with pytest.raises((IntegrityError, StoreError)):
        made.write(verdict_and_claim)
    assert kept(made) == []


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


def lose_the_connection(store: Store) -> None:
    """Ask something on a connection that the server has ended."""
    mine = text("SELECT pg_backend_pid()")
    with store.read() as connection:
        pid = connection.execute(mine).scalar_one()
        with store.engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        connection.execute(mine)


def test_a_connection_that_is_lost_halfway_is_a_store_that_does_not_answer(store: Store) -> None:
    if store.dialect == "sqlite":
        pytest.skip("a file has no connection to lose")
    with pytest.raises(StoreDownError):
        lose_the_connection(store)
