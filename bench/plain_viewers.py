"""The plain way's viewers: a Bokeh session each, whose periodic callback asks the store and sets the figures anew."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from typing import Any

import httpx
import websockets

from bench.load.office import free_port
from bench.watching import Watched, cpu, started, until, write_folds


def watch(room: Watched, number: int, viewers: int, seconds: int) -> tuple[float, list[list[dict[str, Any]]]]:
    """CPU seconds of its server while a fold finishes each second, and the dots that each viewer ends with."""
    port = free_port()
    plain = f"http://127.0.0.1:{port}/plain"
    command = [sys.executable, "-m", "bench.plain_feed"]
    with started(command, plain, TALLYROOM_HOME=str(room.folder), PLAIN_PORT=str(port)) as process:
        return asyncio.run(_watch(plain, room, number, viewers, seconds, process))


async def _watch(
    base: str, room: Watched, number: int, viewers: int, seconds: int, process: Any
) -> tuple[float, list[list[dict[str, Any]]]]:
    last: list[dict[str, Any]] = [{} for _ in range(viewers)]
    door = asyncio.Lock()  # one after the other: a session whose page waits too long for its socket is thrown away

    async def view(each: int) -> None:
        async with door, httpx.AsyncClient(timeout=60) as client:
            token = re.search(r'"token":"([^"]+)"', (await client.get(base)).text)
            assert token is not None
            line = await websockets.connect(
                base.replace("http", "ws") + "/ws",
                subprotocols=["bokeh", token[1]],  # type: ignore[list-item]
                max_size=None,
            )
        async with line:
            async for text in line:
                if isinstance(text, str) and '"title"' in text and '"fold"' in text:
                    last[each] = json.loads(text)

    looking = [asyncio.create_task(view(each)) for each in range(viewers)]
    await until(lambda: all(last), 240, "the plain page")  # opening a session costs a third of a second of CPU
    before = cpu(process)
    await write_folds(room, number, seconds)
    await asyncio.sleep(2)
    spent = cpu(process) - before
    # A server that has fallen behind is waited for: what is compared is where both ways end.
    await until(lambda: all(len(dots(each)) == room.folds() for each in last), 120, "the last picture of the plain way")
    for task in looking:
        task.cancel()
    return spent, [dots(each) for each in last]


def dots(message: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of the figure's dots in a Bokeh patch."""
    for event in message.get("events", []):
        columns = dict(event.get("data", {}).get("entries", []))
        if {"title", "fold", "x", "y", "color"} <= columns.keys():
            names = [name for name in columns if name != "key"]
            return [dict(zip(names, row, strict=True)) for row in zip(*(columns[name] for name in names), strict=True)]
    return []
