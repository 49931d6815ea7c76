"""What the benchmarks of live pages share: a room, servers on it, changes in its store, a viewer's websocket."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import psutil

from bench.load.office import free_port
from core import Project
from core.pipeline import run
from core.store.models import RunId
from core.store.queries.live import champion, curves
from core.store.records.runs import FoldRecord, add_fold
from dashboard.demo.room import make_room
from labeling.people import add_person, issue_link

SECONDS = 20


@dataclass(frozen=True, slots=True)
class Watched:
    """A room with a champion, and the run that changes are written to."""

    folder: Path
    project: Project
    run_id: RunId

    def folds(self) -> int:
        """How many dots the curves have now."""
        with self.project.store.read() as connection:
            return sum(len(each.folds) for each in curves(connection, self.project.dataset_id))

    def link(self, base: str) -> str:
        """A link that lets the benchmark in."""
        return f"{base}/door?token={issue_link(self.project.store, add_person(self.project.store, 'bench').id)}"


@contextmanager
def watched(folder: Path, *, history: int = 3_000) -> Iterator[Watched]:
    """The demo's room after one run of its pipeline."""
    make_room(folder, history=history)
    project = Project(folder)
    run(project)
    with project.store.read() as connection:
        reigning = champion(connection, project.dataset_id)
    assert reigning is not None
    try:
        yield Watched(folder, project, reigning.run_id)
    finally:
        project.close()


@contextmanager
def started(command: list[str], url: str, *, waits: bool = True, **environment: str) -> Iterator[psutil.Process]:
    """A server in a process of its own, from when it answers (or at once) until the block ends."""
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 90
        while waits:
            with suppress(httpx.TransportError):
                httpx.get(url, timeout=30)
                break
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"the server at {url} did not start")
            time.sleep(0.1)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, psutil.Process]]:
    """`tallyroom serve` on the room: its address and its process."""
    port = free_port()
    base = f"http://127.0.0.1:{port}/room"
    command = [sys.executable, "-m", "dashboard.command", "serve", "--room", str(folder), "--port", str(port)]
    with started(command, f"{base}/healthz") as process:
        yield base, process


def cpu(process: psutil.Process) -> float:
    """Processor seconds of a server until now."""
    return float(sum(process.cpu_times()[:2]))


async def at_rest(process: psutil.Process) -> None:
    """Wait until the server has imported what it imports beside its first pages: that is no cost of an update."""
    await asyncio.sleep(3)
    for _ in range(60):
        before = cpu(process)
        await asyncio.sleep(1)
        if cpu(process) - before < 0.1:
            return


async def until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait for something, and not for ever."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come"
        await asyncio.sleep(0.005)


def commit_fold(room: Watched, number: int, second: int, commits: dict[bytes, float]) -> Any:
    """Write a finished fold; `commits` gets the moment after its COMMIT, by what names the fold in a message."""
    record = FoldRecord(number, second, 1.0, 900, 100, 0.1, 0.1, [("macro_f1", "", 0.9 + (number + second) / 10_000)])
    future = room.project.store.submit(lambda c: add_fold(c, room.run_id, record))
    mark = f'"{room.run_id}|1.0|{number}|{second}"'.encode()
    future.add_done_callback(lambda _: commits.setdefault(mark, time.perf_counter()))  # on the writer's own thread
    return future


async def write_folds(room: Watched, number: int, seconds: int = SECONDS) -> dict[bytes, float]:
    """A finished fold each second: when each was committed."""
    commits: dict[bytes, float] = {}
    for second in range(seconds):
        await asyncio.wrap_future(commit_fold(room, number, second, commits))
        await asyncio.sleep(1)
    return commits


@dataclass(slots=True)
class Viewer:
    """One viewer: every message with the moment at which it came."""

    arrivals: list[tuple[float, bytes]] = field(default_factory=list)
    line: aiohttp.ClientWebSocketResponse | None = None

    async def look(self) -> None:
        """Take what comes, until the line is closed."""
        assert self.line is not None
        async for message in self.line:
            self.arrivals.append((time.perf_counter(), str(message.data).encode()))

    def waited(self, commits: dict[bytes, float]) -> list[float]:
        """Milliseconds from each COMMIT to the first message that tells of it. All have come, or this fails."""
        marks = dict(commits)
        found: list[float] = []
        for at, data in self.arrivals:
            found += [1000 * (at - marks.pop(mark)) for mark in [mark for mark in marks if mark in data]]
        assert not marks, f"{len(marks)} changes never came"
        return found


@asynccontextmanager
async def viewers(base: str, link: str, count: int, query: str = "") -> AsyncIterator[list[Viewer]]:
    """That many viewers who have opened the Live page and look on, each with the picture of now."""
    connector = aiohttp.TCPConnector(limit=0)
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=jar) as client:
        await (await client.get(link)).read()
        opened = [await _open(client, base, query) for _ in range(count)]
        looking = [asyncio.create_task(viewer.look()) for viewer in opened]
        await until(lambda: all(b'"snapshot"' in b"".join(d[:30] for _, d in v.arrivals) for v in opened), 60,
                    "the first picture")  # fmt: skip
        try:
            yield opened
        finally:
            for task in looking:
                task.cancel()


async def _open(client: aiohttp.ClientSession, base: str, query: str) -> Viewer:
    """As a browser does: the page, then its socket."""
    async with client.get(f"{base}?page=live&{query}") as answer:
        page = await answer.text()
    assert 'id="facts"' in page, "this is not the page"
    assert re.search(r'"token":"', page) is None, "the page keeps a Bokeh session"
    return Viewer(line=await client.ws_connect(base.replace("http", "ws") + f"/feed?{query}", max_msg_size=0))
