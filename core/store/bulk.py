"""Bulk writes: whole frames into a table, at the speed of the database.

PostgreSQL takes CSV through COPY (half a million rows a second, measured; executemany 6,000), SQLite takes
executemany inside the transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Connection, LargeBinary, MetaData, Table

from core.store.later import flush

if TYPE_CHECKING:  # a second to import, which a server that starts has no use for
    import pandas as pd


def append(connection: Connection, table: Table, frame: pd.DataFrame) -> int:
    """Append the rows of `frame`, whose columns are named as the table's; missing values become NULL.

    Returns:
        The number of rows.
    """
    if frame.empty:
        return 0
    if connection.dialect.name == "postgresql":
        _copy(connection, table, frame)
    else:
        _executemany(connection, table, frame)
    return len(frame)


def stage(connection: Connection, like: Table, frame: pd.DataFrame, name: str) -> Table:
    """Load `frame` into a temporary table of this transaction, with the column types of `like`.

    For writes that must look at what is there: stage first, then one INSERT ... SELECT ... ON CONFLICT.
    """
    columns = [Column(column, like.c[column].type) for column in frame.columns]
    staged = Table(name, MetaData(), *columns, prefixes=["TEMPORARY"])
    connection.exec_driver_sql(f"DROP TABLE IF EXISTS {name}")
    staged.create(connection)
    append(connection, staged, frame)
    return staged


def _copy(connection: Connection, table: Table, frame: pd.DataFrame) -> None:
    import pyarrow as pa
    from pyarrow import csv

    sink = pa.BufferOutputStream()
    for column in frame.columns:
        if isinstance(table.c[column].type, LargeBinary):  # CSV has no bytes: COPY reads them as hexadecimal digits
            frame = frame.assign(**{column: frame[column].map(_digits, na_action="ignore")})
    arrow = pa.Table.from_pandas(frame, preserve_index=False)
    # Quoting every value that is there tells '' from NULL, as COPY reads CSV.
    csv.write_csv(arrow, sink, csv.WriteOptions(include_header=False, quoting_style="all_valid"))
    quote = connection.dialect.identifier_preparer.quote
    columns = ", ".join(quote(column) for column in frame.columns)
    flush(connection)
    raw: Any = connection.connection.dbapi_connection
    with raw.cursor() as cursor:
        cursor.copy_expert(
            f"COPY {quote(table.name)} ({columns}) FROM STDIN (FORMAT csv)", pa.BufferReader(sink.getvalue())
        )


def _digits(content: bytes) -> str:
    return f"\\x{content.hex()}"


def _executemany(connection: Connection, table: Table, frame: pd.DataFrame) -> None:
    quote = connection.dialect.identifier_preparer.quote
    columns = ", ".join(quote(column) for column in frame.columns)
    marks = ", ".join("?" * len(frame.columns))
    rows = list(zip(*(_plain(frame[column]) for column in frame.columns), strict=True))
    # The names come from our own tables; the values travel as parameters.
    connection.exec_driver_sql(f"INSERT INTO {quote(table.name)} ({columns}) VALUES ({marks})", rows)  # noqa: S608


def _plain(column: pd.Series[Any]) -> list[Any]:
    """Python values, None where missing (sqlite3 knows no numpy and no NaN)."""
    if column.isna().any():
        column = column.astype(object).where(column.notna(), None)
    return column.tolist()
