"""Opening the Live page: processor time of the server, first picture in Chromium, a restart under 100 viewers.

`ratio` is the server's processor time to open the page on stock Bokeh (the same figures in a session of their own, as
`bokeh serve` gives them) over ours: the page, its socket, the first snapshot. In Chromium the first picture is there
when the headline number and the figures' canvases are; cold with an empty cache, then in a second tab of the same
browser, which may fetch no script or style again.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp
import httpx
import websockets
from playwright.async_api import Browser, async_playwright

from bench.load.office import free_port
from bench.result import report, timed
from bench.watching import Watched, at_rest, cpu, served, started, viewers, watched

OPENED = 30
PLAIN_OPENED = 10
VIEWERS = 100
RETRY_SECONDS = 0.5
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
PICTURE = """() => document.querySelector("[data-word=messages]")?.textContent.match(/[0-9]/)
  && globalThis.Bokeh?.documents?.[0]?.is_idle !== false && globalThis.tallyroom?.state.tables.size > 2"""
FETCHED = """() => performance.getEntriesByType("resource").filter((each) => /assets/.test(each.name))
  .map((each) => [each.name, each.transferSize])"""


async def ours(room: Watched, base: str, process: Any) -> dict[str, float]:
    """Milliseconds of processor and of the clock to open the page, its socket and the first snapshot."""
    async with viewers(base, room.link(base), 1):
        await at_rest(process)
    before, began = cpu(process), time.perf_counter()
    async with viewers(base, room.link(base), OPENED):
        seconds = time.perf_counter() - began
        spent = cpu(process) - before
    return {"open_cpu_ms": 1000 * spent / OPENED, "open_ms": 1000 * seconds / OPENED}


async def plainly(room: Watched) -> float:
    """Milliseconds of processor to open the same figures in a Bokeh session."""
    port = free_port()
    base = f"http://127.0.0.1:{port}/plain"
    with started(
        [sys.executable, "-m", "bench.plain_feed"], base, TALLYROOM_HOME=str(room.folder), PLAIN_PORT=str(port)
    ) as process:
        await asyncio.sleep(2)
        before = cpu(process)
        for _ in range(PLAIN_OPENED):
            async with httpx.AsyncClient(timeout=60) as client:
                token = re.search(r'"token":"([^"]+)"', (await client.get(base)).text)
            assert token is not None
            async with websockets.connect(
                base.replace("http", "ws") + "/ws", subprotocols=["bokeh", token[1]], max_size=None
            ) as line:  # type: ignore[list-item]
                await line.recv()
        return 1000 * (cpu(process) - before) / PLAIN_OPENED


async def in_chromium(room: Watched, base: str) -> dict[str, float]:
    """Milliseconds to the first picture: cold, and in a second tab."""
    from shutil import which

    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=which("chromium") or which("google-chrome"), args=FLAGS
        )
        warm_up = await first_picture(await signed_in(chromium, room, base), base)  # a browser's own first page is slow
        await warm_up.context.close()
        colds, seconds, sent = [], [], 0
        for _ in range(3):
            context = await signed_in(chromium, room, base)
            cold, tab = await seconds_to_picture(context, base)
            second, other = await seconds_to_picture(context, base)
            again = [name for name, size in await other.evaluate(FETCHED) if size]
            assert not again, f"a second tab fetches anew: {again}"
            sent = sum(size for _, size in await tab.evaluate(FETCHED))
            colds.append(1000 * cold)
            seconds.append(1000 * second)
            await context.close()
        await chromium.close()
    return {"cold_ms": median(colds), "second_ms": median(seconds), "cold_kb": sent / 1024}


async def signed_in(chromium: Browser, room: Watched, base: str) -> Any:
    """A browser with an empty cache, and a session."""
    context = await chromium.new_context()
    await context.request.get(room.link(base))
    return context


async def first_picture(context: Any, base: str) -> Any:
    """A tab in which the picture is drawn."""
    tab = await context.new_page()
    await tab.goto(f"{base}?page=live", wait_until="commit")
    await tab.wait_for_function(PICTURE, polling="raf")
    return tab


async def seconds_to_picture(context: Any, base: str) -> tuple[float, Any]:
    """From the address to the picture."""
    tab = await context.new_page()
    began = time.perf_counter()
    await tab.goto(f"{base}?page=live", wait_until="commit")
    await tab.wait_for_function(PICTURE, polling="raf")
    return time.perf_counter() - began, tab


async def closing(room: Watched, base: str) -> float:
    """The longest that anybody waits, in ms, while 100 tabs are closed at once."""
    longest, ended = 0.0, asyncio.Event()

    async def ask() -> None:
        nonlocal longest
        async with aiohttp.ClientSession() as client:
            while not ended.is_set():
                began = time.perf_counter()
                await (await client.get(f"{base}/healthz")).read()
                longest = max(longest, 1000 * (time.perf_counter() - began))
                await asyncio.sleep(0.005)

    async with viewers(base, room.link(base), VIEWERS):
        asking = asyncio.create_task(ask())
        await asyncio.sleep(0.5)
        longest = 0.0
    await asyncio.sleep(1)
    ended.set()
    await asking
    return longest


async def returning(room: Watched, stack: ExitStack, base: str) -> float:
    """Seconds from a server's start until 100 viewers, each trying again and again, have the page and its picture."""
    back = 0
    port = int(base.split(":")[2].split("/")[0])
    link = room.link(base)
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.CookieJar(unsafe=True)
    ) as client:
        await (await client.get(link)).read()
        stack.close()  # the server goes

        async def come_back() -> None:
            nonlocal back
            while True:
                try:
                    async with client.ws_connect(base.replace("http", "ws") + "/feed", max_msg_size=0) as line:
                        while '"snapshot"' not in str((await line.receive(timeout=30)).data)[:30]:
                            pass
                        back += 1
                        await asyncio.sleep(30)
                except (aiohttp.ClientError, TimeoutError):
                    await asyncio.sleep(RETRY_SECONDS)

        people = [asyncio.create_task(come_back()) for _ in range(VIEWERS)]
        began = time.perf_counter()
        command = [sys.executable, "-m", "dashboard.command", "serve", "--room", str(room.folder), "--port", str(port)]
        with started(command, f"{base}/healthz", waits=False):
            while back < VIEWERS:
                assert time.perf_counter() - began < 120, f"{back} of {VIEWERS} viewers are back"
                await asyncio.sleep(0.05)
            seconds = time.perf_counter() - began
        for each in people:
            each.cancel()
    return seconds


async def measure(room: Watched) -> dict[str, float]:
    """All of it."""
    with ExitStack() as stack:
        base, process = stack.enter_context(served(room.folder))
        figures = await ours(room, base, process)
        figures |= await in_chromium(room, base)
        figures["closing_ms"] = await closing(room, base)
        figures["back_seconds"] = await returning(room, stack, base)
    figures["plain_cpu_ms"] = await plainly(room)
    return {name: round(value, 2) for name, value in figures.items()}


def main() -> None:
    """Compare."""
    with tempfile.TemporaryDirectory() as folder, watched(Path(folder) / "room") as room:
        figures, seconds = timed(lambda: asyncio.run(measure(room)))
    ratio = figures["plain_cpu_ms"] / figures["open_cpu_ms"]
    report("opening", ratio=ratio, equal=True, size=VIEWERS, seconds=seconds, **figures)


if __name__ == "__main__":
    main()
