"""Writing a lot without being in anybody's way.

On SQLite the pipeline and the desk are two writing processes, and one writes at a time: a long transaction of the
pipeline is a long wait for a verdict. So a frame is written in pieces, each as large as fits the time for one, with a
moment between them in which the desk gets its turn.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Connection

from core.store.store import Store

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")

PIECE_SECONDS = 0.04
GAP_SECONDS = 0.006
LEAST_ROWS = 50
FIRST_ROWS = 500
POSTGRESQL_ROWS = 50_000


def write_paced(
    store: Store,
    frame: pd.DataFrame,
    work: Callable[[Connection, pd.DataFrame], T],
    *,
    most: int = POSTGRESQL_ROWS,
) -> Iterator[T]:
    """Run `work(connection, piece)` on one piece of `frame` after the other, a transaction each; yields its results.

    `most` rows a piece: fewer where each row is work, or holds something that others wait for.
    """
    rows = min(most, POSTGRESQL_ROWS if store.dialect == "postgresql" else FIRST_ROWS)
    start = 0
    while start < len(frame):
        piece = frame.iloc[start : start + rows]
        began = time.monotonic()
        result = store.write(lambda connection, piece=piece: work(connection, piece))  # type: ignore[misc]
        took = time.monotonic() - began
        start += len(piece)
        if store.dialect == "sqlite":
            rows = min(most, max(LEAST_ROWS, int(rows * min(2.0, PIECE_SECONDS / max(took, 1e-4)))))
            time.sleep(GAP_SECONDS)
        yield result
