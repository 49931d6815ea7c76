"""The room that this process serves: opened once, shared by all pages."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from core import Project
from core.errors import AccessError
from dashboard.explanations import Explainer
from dashboard.live import Hub
from dashboard.translation import Translator
from labeling.desk import Desk

ENVIRONMENT = "TALLYROOM_HOME"


class Room:
    """A project with the services that its pages use."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.desk = Desk(project.store, project.classes)
        self.hub = Hub(project)
        self.explainer = Explainer(project)
        named = project.settings.desk.translate
        self.translator = Translator(named) if named else None
        self.hosts = frozenset({"127.0.0.1", "localhost", project.settings.server.address})

    def close(self) -> None:
        """Stop following the store and let it go."""
        self.hub.close()
        if self.translator is not None:
            self.translator.close()
        self.project.close()


_lock = threading.Lock()
_room: Room | None = None


def open_room(project: Project | None = None) -> Room:
    """The process's room: that of `project`, or of the folder that TALLYROOM_HOME names (else this one)."""
    global _room
    with _lock:
        if _room is None:
            _room = Room(project or Project(Path(os.environ.get(ENVIRONMENT, "."))))
        return _room


def is_open() -> bool:
    """Whether the process has opened its room."""
    return _room is not None


def room() -> Room:
    """The open room.

    Raises:
        AccessError: the server has not opened it yet.
    """
    if _room is None:
        raise AccessError("the room is not open yet", fix="Try again in a second.")
    return _room


def close_room() -> None:
    """Close the process's room, if it is open."""
    global _room
    with _lock:
        if _room is not None:
            _room.close()
            _room = None
