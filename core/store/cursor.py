"""The driver's own cursor, with SQLAlchemy's errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


@contextmanager
def driver_cursor(connection: Connection, what: str) -> Iterator[Any]:
    """A cursor of the driver inside the connection's transaction, closed afterwards.

    Args:
        connection: inside a transaction.
        what: the statement, for the error that tells of it.

    Raises:
        DBAPIError: as SQLAlchemy would raise it; a connection that is gone is invalidated.
    """
    cursor: Any = connection.connection.cursor()
    driver = connection.dialect.loaded_dbapi
    try:
        yield cursor
    except driver.Error as error:
        gone = connection.dialect.is_disconnect(error, connection.connection.dbapi_connection, cursor)
        told = DBAPIError.instance(what, None, error, driver.Error, connection_invalidated=gone)
        if gone:
            connection.invalidate(error)
        raise told from error
    finally:
        cursor.close()
