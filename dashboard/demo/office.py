"""The demo's outside world: messages that keep coming, and simulated colleagues who judge them."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from sqlalchemy import select

from core import Project
from core.store.models import Message
from dashboard.demo.room import STREAM_EVERY_MS, DemoRoom, drop
from labeling.simulated import OFFICE, Colleague, Truth

DROP_SECONDS = 3.0


def run_office(folder: Path, demo: DemoRoom, *, alone: bool, stop: threading.Event) -> None:
    """Stream messages into the room's inbox, and let the simulated colleagues judge, until `stop` is set."""
    project = Project(folder)
    threads = [threading.Thread(target=_stream, args=(folder, demo, stop), name="stream")]
    if not alone:
        for skill in OFFICE:
            colleague = Colleague(project.store, project.classes, skill, _truth(project, demo), demo.seed)
            threads.append(threading.Thread(target=colleague.work, args=(stop,), name=skill.name))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    project.close()


def _truth(project: Project, demo: DemoRoom) -> Truth:
    def truth(message_id: int) -> str | None:
        with project.store.read() as connection:
            key = connection.execute(select(Message.key).where(Message.id == message_id)).scalar()
        return demo.truth(key) if key else None

    return truth


def _stream(folder: Path, demo: DemoRoom, stop: threading.Event) -> None:
    """Drop a file with the messages of the last seconds, again and again. Goes on where an earlier demo ended."""
    since = time.time() * 1000 - demo.start_ms
    number = round(since / STREAM_EVERY_MS)
    while not stop.wait(DROP_SECONDS):
        upto = round((time.time() * 1000 - demo.start_ms) / STREAM_EVERY_MS)
        drop(folder, f"{upto:010d}-stream.csv", demo.stream.messages(number, upto))
        number = upto
