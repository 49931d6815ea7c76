"""50 viewers of the live page at one change a second: the shared feed against a query per session.

Server CPU, real websockets, the same figures, the same final rows. The feed's cost is one look at the store and one
encoding a change, whoever looks, plus a write a viewer; the plain way's is a look and an encoding a viewer.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil
import websockets

from bench.result import report
from core import Project
from core.pipeline import run
from core.store.models import RunId
from core.store.queries.live import champion, curves
from core.store.records.runs import FoldRecord, add_fold
from dashboard.demo.room import make_room
from dashboard.state import ViewState, apply
from labeling.people import add_person, issue_link

VIEWERS = 50
SECONDS = 20
TABLE = "curves.dots"


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(command: list[str], url: str, **environment: str) -> subprocess.Popen[bytes]:
    """Start a server and wait until it answers."""
    process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
    for _ in range(240):
        try:
            httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.25)
        else:
            return process
    process.kill()
    sys.exit(f"the server at {url} did not start")


async def write_changes(project: Project, run_id: RunId, number: int) -> None:
    """A finished fold each second."""
    for second in range(SECONDS):
        record = FoldRecord(
            number, second, 1.0, 900, 100, 0.1, 0.1, [("macro_f1", "", 0.9 + (number + second) / 10_000)]
        )
        await asyncio.wrap_future(project.store.submit(lambda c, record=record: add_fold(c, run_id, record)))
        await asyncio.sleep(1)


async def watch_feed(base: str, project: Project, run_id: RunId, process: psutil.Process) -> tuple[float, Any]:
    """CPU seconds of the shared feed, and the rows that a viewer ends with."""
    person = add_person(project.store, "bench")
    async with httpx.AsyncClient() as client:
        await client.get(f"{base}/door?token={issue_link(project.store, person.id)}")
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    states = [ViewState() for _ in range(VIEWERS)]

    async def view(number: int) -> None:
        feed = base.replace("http", "ws") + "/feed"
        async with websockets.connect(feed, additional_headers={"Cookie": cookie}, max_size=None) as line:
            async for text in line:
                message = json.loads(text)
                if message["kind"] in ("snapshot", "delta"):
                    states[number] = apply(states[number], message)

    viewers = [asyncio.create_task(view(number)) for number in range(VIEWERS)]
    await at_rest(process)
    before = sum(process.cpu_times()[:2])
    await write_changes(project, run_id, 100)
    await asyncio.sleep(2)
    spent = sum(process.cpu_times()[:2]) - before
    for viewer in viewers:
        viewer.cancel()
    rows = [list(state.tables[TABLE].values()) for state in states]
    assert all(each == rows[0] for each in rows), "two viewers of the feed see different rows"
    return spent, rows[0]


async def watch_plain(base: str, project: Project, run_id: RunId, process: psutil.Process) -> tuple[float, Any]:
    """CPU seconds of a query per session, and the rows that a viewer ends with."""
    last: list[dict[str, Any]] = [{} for _ in range(VIEWERS)]

    door = asyncio.Lock()  # one after the other: a session whose page waits too long for its socket is thrown away

    async def view(number: int) -> None:
        async with door, httpx.AsyncClient(timeout=60) as client:
            page = (await client.get(base)).text
            token = re.search(r'"token":"([^"]+)"', page)
            assert token is not None
            line = await websockets.connect(
                base.replace("http", "ws") + "/ws",
                subprotocols=["bokeh", token[1]],  # type: ignore[list-item]
                max_size=None,
            )
        async with line:
            async for text in line:
                if isinstance(text, str) and '"title"' in text and '"fold"' in text:
                    last[number] = json.loads(text)

    viewers = [asyncio.create_task(view(number)) for number in range(VIEWERS)]
    await until(lambda: all(last), 240)  # opening a session costs a third of a second of CPU
    before = sum(process.cpu_times()[:2])
    await write_changes(project, run_id, 200)
    await asyncio.sleep(2)
    spent = sum(process.cpu_times()[:2]) - before
    # A server that has fallen behind is waited for: what is compared is where both ways end.
    await until(lambda: len(dots(last[0])) == folds_of(project), 120)
    for viewer in viewers:
        viewer.cancel()
    return spent, dots(last[0])


async def at_rest(process: psutil.Process) -> None:
    """Wait until the server has imported what it imports beside its first pages: that is no cost of an update."""
    await asyncio.sleep(3)
    for _ in range(60):
        before = sum(process.cpu_times()[:2])
        await asyncio.sleep(1)
        if sum(process.cpu_times()[:2]) - before < 0.1:
            return


def folds_of(project: Project) -> int:
    """How many dots the curves have now."""
    with project.store.read() as connection:
        return sum(len(each.folds) for each in curves(connection, project.dataset_id))


async def until(condition: Callable[[], bool], seconds: float) -> None:
    """Wait for something, and not for ever."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the viewers did not all get the picture"
        await asyncio.sleep(0.5)


def dots(message: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of the figure's dots in a Bokeh patch."""
    for event in message.get("events", []):
        columns = dict(event.get("data", {}).get("entries", []))
        if {"title", "fold", "x", "y", "color"} <= columns.keys():
            names = [name for name in columns if name != "key"]
            return [dict(zip(names, row, strict=True)) for row in zip(*(columns[name] for name in names), strict=True)]
    return []


def main() -> None:
    """Compare."""
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder) / "room"
        make_room(room, history=3_000)
        project = Project(room)
        run(project)
        with project.store.read() as connection:
            reigning = champion(connection, project.dataset_id)
        assert reigning is not None
        port, plain_port = free_port(), free_port()
        ours = f"http://127.0.0.1:{port}/room"
        serve = [sys.executable, "-m", "dashboard.command", "serve", "--room", str(room), "--port", str(port)]
        server = start(serve, f"{ours}/healthz")
        spent, rows = asyncio.run(watch_feed(ours, project, reigning.run_id, psutil.Process(server.pid)))
        server.terminate()
        server.wait()
        plain = f"http://127.0.0.1:{plain_port}/plain"
        command = [sys.executable, "-m", "bench.plain_feed"]
        server = start(command, plain, TALLYROOM_HOME=str(room), PLAIN_PORT=str(plain_port))
        plain_spent, plain_rows = asyncio.run(watch_plain(plain, project, reigning.run_id, psutil.Process(server.pid)))
        server.terminate()
        server.wait()
        folds = folds_of(project)
        project.close()
    # The plain way's run came second: it saw the first one's changes and its own.
    equal = (
        len(plain_rows) == folds and rows == [row for row in plain_rows if row in rows] and len(rows) + SECONDS == folds
    )
    assert equal, f"the two ways ended with different rows: {len(rows)}, {len(plain_rows)}, {folds}"
    per_viewer = 1000 * spent / (VIEWERS * SECONDS), 1000 * plain_spent / (VIEWERS * SECONDS)
    print(f"CPU a viewer and update: feed {per_viewer[0]:.2f} ms, a query per session {per_viewer[1]:.2f} ms")
    report(
        "feed", ratio=plain_spent / spent, equal=equal, size=VIEWERS, seconds=spent, plain_seconds=round(plain_spent, 2)
    )


if __name__ == "__main__":
    main()
