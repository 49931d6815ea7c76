"""What every table shares: the metadata, the kinds of ids, the database's clock.

Time is an integer in every table, milliseconds since 1970 in UTC, read from the *database's* clock: both
databases then compare, add and bucket it by the same arithmetic, and a host whose clock is an hour off
cannot make a lease expire.
"""

from __future__ import annotations

from typing import Annotated, Any, NewType

from sqlalchemy import BigInteger, Integer, MetaData, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.sql.expression import FunctionElement

Millis = NewType("Millis", int)
DatasetId = NewType("DatasetId", int)
MessageId = NewType("MessageId", int)
RunId = NewType("RunId", int)
EventId = NewType("EventId", int)

HOUR_MS = 3_600_000
DAY_HOURS = 24

_big = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only an INTEGER primary key

BigId = Annotated[int, mapped_column(_big, primary_key=True, autoincrement=True)]
BigRef = Annotated[int, mapped_column(_big)]
Instant = Annotated[int, mapped_column(BigInteger)]
Name = Annotated[str, mapped_column(String(200))]


class now_ms(FunctionElement[int]):  # noqa: N801 - reads as the SQL function it is
    """The database's clock in milliseconds since 1970, UTC; moves within a transaction."""

    type = BigInteger()
    inherit_cache = True


@compiles(now_ms, "sqlite")
def _now_sqlite(_element: now_ms, _compiler: Any, **_kw: Any) -> str:
    return "CAST((julianday('now') - 2440587.5) * 86400000.0 AS INTEGER)"


@compiles(now_ms, "postgresql")
def _now_postgresql(_element: now_ms, _compiler: Any, **_kw: Any) -> str:
    return "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)"


Now = Annotated[int, mapped_column(BigInteger, server_default=now_ms())]


class Base(DeclarativeBase):
    """The tables of the store."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
