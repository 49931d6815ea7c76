"""A million predictions into PostgreSQL: COPY against `DataFrame.to_sql`.

Grows with the rows, on both sides; the plain way is timed on a tenth and scaled.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from sqlalchemy import BigInteger, Column, Float, MetaData, String, Table, create_engine, func, select

from bench.result import postgresql, report, timed
from core.store import bulk
from core.store.engine import open_engine, parse_url

ROWS = 1_000_000
PLAIN_ROWS = 100_000


def frame(rows: int) -> pd.DataFrame:
    """Predictions as the pipeline writes them."""
    rng = np.random.default_rng(7)
    return pd.DataFrame(
        {
            "run_id": 1,
            "message_id": np.arange(rows),
            "klass": rng.choice(["personal", "notification", "spam"], rows),
            "confidence": rng.random(rows),
        }
    )


def table(name: str) -> Table:
    """A table as `prediction` is, without its indexes: both ways write into the same."""
    columns = (
        Column("run_id", BigInteger),
        Column("message_id", BigInteger),
        Column("klass", String(200)),
        Column("confidence", Float),
    )
    return Table(name, MetaData(), *columns)


def main() -> None:
    """Compare."""
    from pathlib import Path

    rows = frame(ROWS)
    with postgresql() as url:
        engine = open_engine(parse_url(url, Path.cwd()))
        ours, plain = table("ours"), table("plain")
        with engine.begin() as connection:
            ours.create(connection)
            plain.create(connection)

        def copy() -> int:
            with engine.begin() as connection:
                return bulk.append(connection, ours, rows)

        _, seconds = timed(copy)
        plain_engine = create_engine(engine.url)
        some = rows.iloc[:PLAIN_ROWS]
        _, plain_seconds = timed(lambda: some.to_sql("plain", plain_engine, if_exists="append", index=False))
        query = "SELECT * FROM {} WHERE message_id < %(n)s ORDER BY message_id"
        read = [pd.read_sql(query.format(name), plain_engine, params={"n": PLAIN_ROWS}) for name in ("ours", "plain")]
        with engine.connect() as connection:
            count = connection.execute(select(func.count()).select_from(ours)).scalar_one()
        engine.dispose()
        plain_engine.dispose()
    equal = bool(read[0].equals(read[1])) and count == ROWS
    assert equal, "the two ways wrote different rows"
    ratio = (ROWS / seconds) / (PLAIN_ROWS / plain_seconds)
    print(f"COPY {ROWS / seconds:,.0f} rows/s, to_sql {PLAIN_ROWS / plain_seconds:,.0f} rows/s")
    report("bulk_write", ratio=ratio, equal=equal, size=ROWS, seconds=seconds)
