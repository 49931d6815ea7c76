"""200 viewers of the Live page on one server: from the store's COMMIT to each of them, and what it costs.

Real websockets after a real page. A fold finishes each second, and in a second round five people judge as well. Against
a query per session (plain Bokeh) and the same page on Streamlit, in the same room and run. Those two have fewer
viewers, because opening 200 of theirs takes minutes of a processor: what is compared is the CPU of a viewer and update,
which is no less for them with more. Server CPU only. All end with the same dots in the curves, or there is no figure.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import threading
from pathlib import Path
from typing import Any

import numpy as np

from bench import plain_viewers, streamlit_way
from bench.result import report, timed
from bench.watching import SECONDS, Viewer, Watched, at_rest, cpu, served, viewers, watched, write_folds
from dashboard.state import ViewState, apply
from labeling.simulated import Colleague, Skill

VIEWERS = 200
PLAIN_VIEWERS = 20
STREAMLIT_VIEWERS = 10
STREAMLIT_SECONDS = 10
JUDGES = 5
TABLE = "curves.dots"


def ours(room: Watched) -> tuple[dict[str, float], list[dict[str, Any]]]:
    """The figures of the shared feed, and the dots that all its viewers end with."""
    with served(room.folder) as (base, process):
        return asyncio.run(_ours(room, base, process))


async def _ours(room: Watched, base: str, process: Any) -> tuple[dict[str, float], list[dict[str, Any]]]:
    async with viewers(base, room.link(base), 1):
        await at_rest(process)
    memory = process.memory_info().rss
    async with viewers(base, room.link(base), VIEWERS) as looking:
        await at_rest(process)
        memory = process.memory_info().rss - memory
        before = cpu(process)
        commits = await write_folds(room, 100)
        await asyncio.sleep(1)
        spent = cpu(process) - before
        waited = [ms for viewer in looking for ms in viewer.waited(commits)]
        commits = await judged(room)
        await asyncio.sleep(1)
        mixed = [ms for viewer in looking for ms in viewer.waited(commits)]
        ends = [dots_of(viewer) for viewer in looking]
    assert all(each == ends[0] for each in ends), "two viewers of the feed see different dots"
    p50, p95 = np.percentile(waited, [50, 95])
    figures = {
        "p50_ms": round(float(p50), 1),
        "p95_ms": round(float(p95), 1),
        "mixed_p95_ms": round(float(np.percentile(mixed, 95)), 1),
        "cpu_ms": round(1000 * spent / (VIEWERS * SECONDS), 3),
        "memory_mb": round(memory / VIEWERS / 2**20, 3),
    }
    return figures, ends[0]


async def judged(room: Watched) -> dict[bytes, float]:
    """The same again, while people judge as fast as they can."""
    stop = threading.Event()
    skills = [Skill(f"Judge {n} (simulated)", accuracy=0.9, seconds=0.5, believes=0.1) for n in range(JUDGES)]
    people = [
        Colleague(room.project.store, room.project.classes, skill, lambda _: room.project.classes[0], 7)
        for skill in skills
    ]
    threads = [threading.Thread(target=each.work, args=(stop,)) for each in people]
    for thread in threads:
        thread.start()
    try:
        return await write_folds(room, 101)
    finally:
        stop.set()
        await asyncio.gather(*(asyncio.to_thread(thread.join) for thread in threads))


def dots_of(viewer: Viewer) -> list[dict[str, Any]]:
    """What a viewer's page ends with."""
    state = ViewState()
    for _, data in viewer.arrivals:
        message = json.loads(data)
        if message["kind"] in ("snapshot", "delta"):
            state = apply(state, message)
    return list(state.tables[TABLE].values())


def said(dots: list[dict[str, Any]]) -> list[list[Any]]:
    """Dots in a form in which all three can be held against each other."""
    return sorted([dot["title"], dot["x"], dot["y"]] for dot in dots)


def main() -> None:
    """All three."""
    with tempfile.TemporaryDirectory() as folder, watched(Path(folder) / "room") as room:
        (figures, dots), seconds = timed(lambda: ours(room))
        assert len(dots) == room.folds(), "the viewers miss some dots"
        print(f"the shared feed, {VIEWERS} viewers: {figures}", flush=True)
        plain, plain_dots = plain_viewers.watch(room, 200, PLAIN_VIEWERS, SECONDS)
        plain_ms = 1000 * plain / (PLAIN_VIEWERS * SECONDS)
        print(f"a query per session, {PLAIN_VIEWERS} viewers: {plain_ms:.2f} ms a viewer and update", flush=True)
        theirs = streamlit_way.watch(room, 300, STREAMLIT_VIEWERS, STREAMLIT_SECONDS)
        folds = room.folds()
    assert all(each == plain_dots[0] for each in plain_dots), "two viewers of the plain way see different dots"
    # Each came after the other: it saw the other's changes and its own.
    equal = len(plain_dots[0]) == len(dots) + SECONDS and contains(said(plain_dots[0]), said(dots))
    more: dict[str, Any] = {}
    if theirs is not None:
        spent, ends = theirs
        streamlit_ms = 1000 * spent / (STREAMLIT_VIEWERS * STREAMLIT_SECONDS)
        print(f"Streamlit, {STREAMLIT_VIEWERS} viewers: {streamlit_ms:.0f} ms a viewer and update", flush=True)
        equal = equal and all(len(end) == folds and contains(end, said(plain_dots[0])) for end in ends)
        more = {"streamlit": round(streamlit_ms / figures["cpu_ms"], 1), "streamlit_cpu_ms": round(streamlit_ms, 1)}
    assert equal, "the ways ended with different dots"
    ratio = plain_ms / figures["cpu_ms"]
    report(
        "live",
        ratio=ratio,
        equal=equal,
        size=VIEWERS,
        seconds=seconds,
        plain_cpu_ms=round(plain_ms, 2),
        **figures,
        **more,
    )


def contains(all_of: list[list[Any]], some: list[list[Any]]) -> bool:
    """Whether every one of `some` is there."""
    there = {tuple(each) for each in all_of}
    return all(tuple(each) in there for each in some)


if __name__ == "__main__":
    main()
