"""A process of its own for a task that takes minutes, so that the watcher judges what comes meanwhile.

It claims the task like any other process, tells how far it is, and can be cancelled; it is the watcher that writes the
task down, and that says when it is tried again.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import Any

from core.pipeline.search.task import Search
from core.pipeline.worker import REST_SECONDS, Worker
from core.pipeline.workshop import workshop
from core.project import Project
from core.store.records.claims import Refusal, refusal_of

PATIENCE_SECONDS = 20.0
"""For the process to sum up what it has, and put its task back."""
_BEGIN = "from core.pipeline.aside import main; main()"


class Aside:
    """The process beside a watcher: one at a time, begun where there is something for it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def begin(self, worker: Worker, task: Search) -> None:
        """Let it do a task, unless it is at one, or the task is not for anybody now."""
        if self._process is not None and self._process.poll() is None:
            return
        worker.list_tasks([task.listed()])
        project, retries = worker.project, worker.project.settings.pipeline.retries
        with project.store.read() as connection:
            refusal = refusal_of(connection, task.made_from(), worker.me, retries)
        if refusal is not None:
            if refusal is Refusal.RESTING:
                worker.rest_until = min(worker.rest_until, time.monotonic() + REST_SECONDS)
            return
        self._process = subprocess.Popen([sys.executable, "-c", _BEGIN], stdin=subprocess.PIPE)  # noqa: S603 - this program
        words = json.dumps([str(project.folder), project.store_url, task.cutoff])
        with suppress(OSError), self._process.stdin as stdin:  # type: ignore[union-attr]  # it is a pipe
            stdin.write(words.encode())  # the address may hold a password, which others would see among its arguments

    def close(self) -> None:
        """Have it put its task back, and be gone."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def main() -> None:
    """What the process does."""
    folder, url, cutoff = json.loads(sys.stdin.buffer.read())
    stop = threading.Event()

    def end(*_signal: Any) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the watcher's, who ends this one
    project = Project(folder, store_url=url)
    worker = Worker(project, stop=stop)
    room = workshop.enter(project, worker=worker)
    try:
        with suppress(Exception):  # the store has it
            Search(room=room, cutoff=cutoff).run()
        worker.over(worker.failures[0] if worker.failures else None)
    finally:
        worker.close()
        project.close()
