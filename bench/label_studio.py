"""Label Studio at the same work, as it is shipped: installed into an environment of its own, started on SQLite.

`BENCH_LABEL_STUDIO=0` leaves it out; so does a machine that cannot install it.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import httpx

from bench.load.office import CLASSES, free_port

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "tallyroom" / "label-studio"
PASSWORD = "a-password-for-a-benchmark-1"
CONFIG = """<View><Text name="text" value="$text"/><Choices name="klass" toName="text" choice="single-radio">
{choices}</Choices></View>"""
PATIENCE = aiohttp.ClientTimeout(total=120)


@dataclass(slots=True)
class Outcome:
    """What came of the work: decisions, ms until each next message, tasks that two people were handed."""

    seconds: float
    start_seconds: float
    tasks: int
    decisions: int = 0
    next_ms: list[float] = field(default_factory=list)
    holders: dict[int, set[int]] = field(default_factory=dict)

    @property
    def handed_out_twice(self) -> int:
        """Tasks that more than one person was handed."""
        return sum(len(people) > 1 for people in self.holders.values())


def installed() -> Path | None:
    """Its command, installed where it is not; None where it is not to be had."""
    if os.environ.get("BENCH_LABEL_STUDIO") == "0":
        return None
    command = CACHE / "bin" / "label-studio"
    if not command.exists():
        print(f"Installing Label Studio into {CACHE} ...", flush=True)
        venv.create(CACHE, with_pip=True)
        pip = [str(CACHE / "bin" / "python"), "-m", "pip", "install", "--quiet", "label-studio"]
        if subprocess.run(pip, check=False, stderr=subprocess.DEVNULL).returncode != 0:
            print("Label Studio cannot be installed here; no ratio is printed.", flush=True)
            return None
    return command


@contextmanager
def started(command: Path) -> Iterator[tuple[str, float]]:
    """The server's address, and the seconds until it answered."""
    port = free_port()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        words = ["start", "--no-browser", "--port", str(port), "--data-dir", folder, "--log-level", "ERROR"]
        quiet = {"COLLECT_ANALYTICS": "false", "LATEST_VERSION_CHECK": "false", "SENTRY_DSN": "", "DEBUG": "false"}
        began = time.monotonic()
        process = subprocess.Popen(
            [str(command), *words],
            env={**os.environ, **quiet},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        base = f"http://127.0.0.1:{port}"
        try:
            while True:
                with suppress(httpx.TransportError):
                    httpx.get(f"{base}/user/login/", timeout=30).raise_for_status()
                    break
                if process.poll() is not None or time.monotonic() - began > 240:
                    sys.exit("Label Studio did not start; BENCH_LABEL_STUDIO=0 leaves it out.")
                time.sleep(0.25)
            yield base, time.monotonic() - began
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, 15)
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, 9)


async def enter(base: str, number: int) -> aiohttp.ClientSession:
    """Sign somebody up, as the page does; the first one owns the place."""
    session = aiohttp.ClientSession(base, timeout=PATIENCE, cookie_jar=aiohttp.CookieJar(unsafe=True))
    page = await (await session.get("/user/signup/")).text()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token is not None, "Label Studio's sign-up page has changed"
    form = {"csrfmiddlewaretoken": token[1], "email": f"person{number}@office.example", "password": PASSWORD}
    async with session.post("/user/signup/", data=form, headers={"Referer": base}, allow_redirects=False) as answer:
        assert answer.status == 302, await answer.text()
    for cookie in session.cookie_jar:
        if cookie.key == "csrftoken":
            session.headers.update({"X-CSRFToken": cookie.value, "Referer": base})
    return session


async def ask(session: aiohttp.ClientSession, method: str, path: str, body: Any = None) -> Any:
    """An answer of its API; None where it has nothing (more) to give."""
    async with session.request(method, path, json=body) as answer:
        if answer.status == 404:
            return None
        answer.raise_for_status()
        return await answer.json()


async def make_project(owner: aiohttp.ClientSession, bodies: list[str]) -> int:
    """A project with these messages, a prediction each; one decision a message is enough."""
    choices = "".join(f'<Choice value="{klass}"/>' for klass in CLASSES)
    new = {"title": "Office", "label_config": CONFIG.format(choices=choices), "maximum_annotations": 1}
    project = (await ask(owner, "POST", "/api/projects/", new))["id"]
    rows = [{"data": {"text": body}, "predictions": [{"result": [result("spam")], "score": 0.9}]} for body in bodies]
    for first in range(0, len(rows), 500):
        await ask(owner, "POST", f"/api/projects/{project}/import", rows[first : first + 500])
    return int(project)


def result(klass: str) -> dict[str, Any]:
    """A choice, in its words."""
    return {"from_name": "klass", "to_name": "text", "type": "choices", "value": {"choices": [klass]}}


async def annotate(session: aiohttp.ClientSession, project: int, person: int, ends: float, outcome: Outcome) -> None:
    """One annotator without a pause: the next message, a decision, the next."""
    while time.monotonic() < ends:
        began = time.perf_counter()
        task = await ask(session, "GET", f"/api/projects/{project}/next")
        if task is None:
            await asyncio.sleep(0.2)
            continue
        outcome.next_ms.append(1000 * (time.perf_counter() - began))
        outcome.holders.setdefault(task["id"], set()).add(person)
        with suppress(aiohttp.ClientResponseError):  # 'database is locked', and the like: no decision
            await ask(session, "POST", f"/api/tasks/{task['id']}/annotations/", {"result": [result("spam")]})
            outcome.decisions += 1


async def work(base: str, start_seconds: float, bodies: list[str], people: int, seconds: float) -> Outcome:
    """All annotators at once, for so many seconds."""
    sessions = [await enter(base, number) for number in range(people)]
    try:
        project = await make_project(sessions[0], bodies)
        began = time.monotonic()
        outcome = Outcome(0.0, start_seconds, len(bodies))
        ends = began + seconds
        await asyncio.gather(*(annotate(each, project, n, ends, outcome) for n, each in enumerate(sessions)))
        outcome.seconds = time.monotonic() - began
    finally:
        for session in sessions:
            await session.close()
    return outcome


def run(bodies: list[str], people: int, seconds: float) -> Outcome | None:
    """Label Studio's outcome, or None where it was not run."""
    command = installed()
    if command is None:
        return None
    with started(command) as (base, start_seconds):
        return asyncio.run(work(base, start_seconds, bodies, people, seconds))
