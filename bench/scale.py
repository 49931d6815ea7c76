"""The Live page at 15 thousand and at 15 million messages: opening it, and a change in the store until it is shown.

On both databases, over HTTP and the page's own socket. `ratio` is the cost at the small size over the cost at the large
one, of the figure that grows most: 1 means that the cost does not grow, 0.5 that it doubles. `first_ms` is told beside
it: the first drawing of a pane reads up to 20,000 messages of known class, and the small room has 1,500. The databases'
own work is counted as well (PostgreSQL's processes; SQLite's is the server's). `SIZE=1000000` makes the large room
smaller.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from sqlalchemy import func, select

from bench.load.office import CLASSES
from bench.millions import judge, make_millions
from bench.result import postgresql, report, timed
from bench.watching import Watched, at_rest, cpu, served, viewers, write_folds
from core import Project
from core.store import Store
from core.store.check import check
from core.store.models import ClassCount, Prediction
from core.store.queries.live import champion
from core.store.rollups import PREDICTED
from dashboard.views import PANES
from labeling.desk import Desk
from labeling.people import add_person

SMALL = 15_000
LARGE = int(os.environ.get("SIZE") or 15_000_000)
OPENED = 30
CHANGES = 10
COUNTED_AGAIN_MOST = 1_000_000
COMPARED = ("open_ms", "open_cpu_ms", "update_ms", "verdict_ms", "update_cpu_ms")


class Work:
    """Processor seconds of the server, and of the database's processes where it has some."""

    def __init__(self, server: psutil.Process, database: Path | None) -> None:
        self._server = server
        self._database = database
        self._began = self._now()

    def _now(self) -> float:
        backends = psutil.process_iter(["name"]) if self._database else ()
        mine = [each for each in backends if each.info["name"].startswith("postgres")]
        return cpu(self._server) + sum(cpu(each) for each in mine)

    def ms(self) -> float:
        """Since it was made."""
        return 1000 * (self._now() - self._began)


def measure(folder: Path, size: int, database: Path | None) -> dict[str, float]:
    """The figures of one room."""
    project = Project(folder)
    try:
        with project.store.read() as connection:
            reigning = champion(connection, project.dataset_id)
        assert reigning is not None
        room = Watched(folder, project, reigning.run_id)
        with served(folder) as (base, process):
            return asyncio.run(_measure(room, base, process, size, database))
    finally:
        project.close()


async def _measure(
    room: Watched, base: str, process: psutil.Process, size: int, database: Path | None
) -> dict[str, float]:
    async with viewers(base, room.link(base), 1):
        await at_rest(process)
    figures: dict[str, float] = {}
    began = time.perf_counter()
    work = Work(process, database)
    async with viewers(base, room.link(base), OPENED) as opened:
        figures["open_ms"] = 1000 * (time.perf_counter() - began) / OPENED
        figures["open_cpu_ms"] = work.ms() / OPENED
        assert all(f'"messages":"{size:,}"'.encode() in each.arrivals[0][1] for each in opened)
        await at_rest(process)
        work = Work(process, database)
        commits = await write_folds(room, 100, CHANGES)
        await asyncio.sleep(1)
        figures["update_ms"] = float(np.median([ms for each in opened for ms in each.waited(commits)]))
        commits = await write_verdicts(room, CHANGES)
        await asyncio.sleep(1)
        figures["verdict_ms"] = float(np.median([ms for each in opened for ms in each.waited(commits)]))
        figures["update_cpu_ms"] = work.ms() / (2 * CHANGES)
    figures["first_ms"] = await first_pictures(room, base)
    return {name: round(value, 2) for name, value in figures.items()}


async def write_verdicts(room: Watched, number: int) -> dict[bytes, float]:
    """A verdict each second: when each was committed."""
    desk, person = Desk(room.project.store, CLASSES), add_person(room.project.store, "Judge 0").id
    commits = {}
    for _ in range(number):
        verdict = await asyncio.to_thread(judge, desk, person, CLASSES[0])
        commits[f'"{verdict}":{{"body"'.encode()] = time.perf_counter()
        await asyncio.sleep(1)
    return commits


async def first_pictures(room: Watched, base: str) -> float:
    """Milliseconds until the slowest pane is drawn that nobody looks at yet, whatever it is held against."""
    slowest = 0.0
    for pane in PANES:
        for against in ("folds", "verdicts", "imported"):
            query = f"pane={pane}&against={against}&when=30d"
            took = []
            for _ in range(3):
                began = time.perf_counter()
                async with viewers(base, room.link(base), 1, query):
                    took.append(1000 * (time.perf_counter() - began))
            slowest = max(slowest, float(np.median(took)))
            print(f"    {query}: {np.median(took):.0f} ms", flush=True)
    return slowest


def filled(name: str, folder: Path, size: int, url: str) -> Path:
    """A room of that size, with roll-ups that agree with its facts: all are compared up to a million, then the totals.

    Rows and roll-ups of a larger room come from the same statements; counting 15 million anew takes half an hour.
    """
    room, seconds = timed(lambda: make_millions(folder / f"{name}-{size}", url, size))
    with Store.open(url) as store, store.read() as connection:
        differences, looked = timed(lambda: check(connection) if size <= COUNTED_AGAIN_MOST else [])
        said = connection.execute(select(func.count()).select_from(Prediction)).scalar_one()
        counted = connection.execute(select(func.sum(ClassCount.n)).where(ClassCount.series == PREDICTED)).scalar_one()
    assert differences == [], differences[:3]
    assert said == int(counted) == size, (said, counted, size)
    print(f"{name}, {size:,} messages: filled in {seconds:.0f} s, counted again in {looked:.0f} s", flush=True)
    return room


def both_sizes(name: str, rooms: list[Path], database: Path | None) -> dict[str, Any]:
    """One database at both sizes: its figures, and how each has grown."""
    found = []
    for size, room in zip((SMALL, LARGE), rooms, strict=True):
        print(f"{name}, {size:,} messages:", flush=True)
        found.append(measure(room, size, database))
        print(f"  {found[-1]}", flush=True)
    small, large = found
    facts = {f"{name}_{size}_{key}": each[key] for size, each in (("small", small), ("large", large)) for key in each}
    return {**facts, f"{name}_ratio": round(min(small[key] / large[key] for key in COMPARED), 2)}


def main() -> None:
    """Fill both databases side by side, then measure one room after the other."""
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as name,
        postgresql(max_wal_size="8GB") as small,
        postgresql(max_wal_size="8GB") as large,
        ThreadPoolExecutor(2) as pool,
    ):
        urls = {
            "sqlite": (f"sqlite:///{name}/small.db", f"sqlite:///{name}/large.db"),
            "postgresql": (small, large),
        }

        def fill(kind: str) -> list[Path]:
            return [filled(kind, Path(name), size, url) for size, url in zip((SMALL, LARGE), urls[kind], strict=True)]

        rooms = dict(zip(urls, pool.map(fill, urls), strict=True))
        facts = both_sizes("sqlite", rooms["sqlite"], None)
        facts |= both_sizes("postgresql", rooms["postgresql"], Path(name))
    ratio = min(facts["sqlite_ratio"], facts["postgresql_ratio"])
    report("scale", ratio=ratio, equal=True, size=LARGE, seconds=time.monotonic() - began, **facts)


if __name__ == "__main__":
    main()
