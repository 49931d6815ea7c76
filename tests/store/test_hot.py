"""A hot statement answers as SQLAlchemy itself does, and fails as it does."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    MetaData,
    String,
    Table,
    bindparam,
    insert,
    select,
    update,
)  # fmt: skip
from sqlalchemy.exc import IntegrityError

from core.store import Store
from core.store.hot import hot

table = Table(
    "warm",
    MetaData(),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("klass", String(20)),
    Column("sure", Float),
    Column("blind", Boolean),
    Column("facts", JSON),
)
PUT = insert(table).returning(table.c.id)
ALL = select(table, (table.c.sure * 100).label("percent")).where(table.c.id > bindparam("after")).order_by(table.c.id)
SOME = select(table.c.id).where(table.c.id.in_(bindparam("these", expanding=True))).order_by(table.c.id)
BLIND = update(table).where(table.c.id == bindparam("this")).values(blind=True)
ROWS: list[dict[str, Any]] = [
    {"id": 1, "klass": "spam", "sure": 0.5, "blind": True, "facts": {"a": [1, "100 %", None]}},
    {"id": 2, "klass": None, "sure": None, "blind": False, "facts": {}},
]


@pytest.fixture
def made(store: Store) -> Store:
    store.write(lambda c: table.create(c))
    return store


def test_it_gives_the_same_rows_and_the_same_python_values(made: Store) -> None:
    assert [made.write(lambda c, row=row: c.execute(hot(PUT), row).scalar_one()) for row in ROWS] == [1, 2]
    with made.read() as connection:
        plain = connection.execute(ALL, {"after": 0}).all()
        fast = connection.execute(hot(ALL), {"after": 0}).all()
        assert [tuple(row) for row in fast] == [tuple(row) for row in plain]
        assert [[type(value) for value in row] for row in fast] == [[type(value) for value in row] for row in plain]
        assert fast[0].facts == ROWS[0]["facts"]
        assert fast[0].percent == 50
        assert connection.execute(hot(ALL), {"after": 9}).first() is None
        some = hot(SOME)
        for these in ([2, 1, 7], [1], [], [2, 7, 8], [*range(2, 90)]):  # a list of no other length is like it
            found = connection.execute(some, {"these": these}).scalars().all()
            assert found == connection.execute(SOME, {"these": these}).scalars().all()


def test_it_counts_the_rows_that_it_touched(made: Store) -> None:
    statement = hot(BLIND)
    assert made.write(lambda c: c.execute(hot(insert(table)), ROWS)).rowcount == len(ROWS)
    assert made.write(lambda c: [c.execute(statement, {"this": n}).rowcount for n in (2, 3)]) == [1, 0]


def test_it_fails_as_sqlalchemy_does(made: Store) -> None:
    made.write(lambda c: c.execute(hot(PUT), ROWS[0]).all())
    with pytest.raises(IntegrityError):
        made.write(lambda c: c.execute(hot(PUT), ROWS[0]).all())
    with made.read() as connection:
        assert len(connection.execute(hot(ALL), {"after": 0}).all()) == 1
