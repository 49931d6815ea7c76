"""A room that is open in this process, its routes on a port: for tests that look at both sides of a request."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from servers import free_port
from tornado.httpserver import HTTPServer
from tornado.web import Application

from core import Project
from dashboard.room import Room, close_room, open_room
from dashboard.routes import ROUTES
from labeling.models import Role
from labeling.people import add_person, issue_link


@contextmanager
def opened_here(folder: Path) -> Iterator[Room]:
    """The room of this folder, open in this process."""
    close_room()
    yield open_room(Project(folder))
    close_room()


@contextmanager
def on_a_port() -> Iterator[str]:
    """The routes of the open room, on a loop of their own; gives their address."""
    port, ready, loop = free_port(), threading.Event(), asyncio.new_event_loop()

    async def serve() -> HTTPServer:
        server = HTTPServer(Application([(rf"/room{pattern}", handler) for pattern, handler in ROUTES]))
        server.listen(port, "127.0.0.1")
        ready.set()
        return server

    thread = threading.Thread(target=lambda: (loop.create_task(serve()), loop.run_forever()), daemon=True)
    thread.start()
    assert ready.wait(10)
    yield f"http://127.0.0.1:{port}/room/"
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)


def enter(room: Room, base: str, name: str, role: Role = Role.REVIEWER) -> httpx.Client:
    """Somebody of that name and role, signed in."""
    store = room.project.store
    made = httpx.Client(base_url=base, headers={"X-Tallyroom": "1"}, timeout=60)
    made.get("door", params={"token": issue_link(store, add_person(store, name, role).id)})
    return made
