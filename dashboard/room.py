"""The room that this process serves: opened once, shared by all pages."""

from __future__ import annotations

import os
import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from core import Project
from core.errors import AccessError
from core.settings import OidcSettings, ServerSettings
from dashboard.access.known import Known
from dashboard.access.watch import Watch
from dashboard.audience import Told
from dashboard.compare.comparing import Comparing
from dashboard.explanations import Explainer
from dashboard.line_watch import LineWatch
from dashboard.live import Health, Hub
from dashboard.metrics.numbers import RoomNumbers
from dashboard.registering import Registering
from dashboard.rules_watch import RulesWatch
from dashboard.search_watch import SearchWatch
from dashboard.translation import Translator
from dashboard.word_looks import WordLooks
from labeling.alarm_rules import rules
from labeling.alarm_watch import AlarmWatch
from labeling.desk import Desk
from labeling.mail import Mailer
from labeling.people import may_listen_outside, open_sessions, open_tokens

if TYPE_CHECKING:
    from dashboard.access.oidc import Provider

ENVIRONMENT = "TALLYROOM_HOME"
ACCOUNTS_SECONDS = 30.0
OFFICE_MOVES = frozenset({"verdict", "labels", "withdrawn", "queued", "promoted"})
OFFICE_SECONDS = 60.0
"""Its coefficients are worked out so often (dashboard/office_view.py)."""
QUEUES_SECONDS = 10.0
"""Messages come back from people's hands by the clock."""
DESK_SECONDS = 10.0
"""So does the review page's desk."""
DESK_GATHER_SECONDS = 1.0
"""An office of 500 gives a hundred verdicts a second: each would be told to each."""
DESK_MOVES = frozenset({"verdict", "queue", "queued", "promoted", "withdrawn"})
PEOPLE_SECONDS = 30.0
"""People come by links, and are seen again, without a word on record."""
QUEUES_MOVE = OFFICE_MOVES | {"queue", "alarm", "fold", "predicted"}


def provider_of(settings: OidcSettings) -> Provider | None:
    """The office's provider, where the settings name one."""
    if not settings.issuer:
        return None
    from dashboard.access.oidc import open_provider  # here: most rooms have none

    return open_provider(settings)


class Room:
    """A project with the services that its pages use."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.desk = Desk(project.store, project.classes)
        self.hub = Hub(project)
        self.comparing = Comparing(project, self._health)
        self.line = LineWatch(project, self._health)
        self.registering = Registering(project, self._health)
        self.rules = RulesWatch(project, self._health)
        self.search = SearchWatch(project, self._health)
        self.office = Told(self._health, OFFICE_MOVES, OFFICE_SECONDS)
        self.queues = Told(self._health, QUEUES_MOVE, QUEUES_SECONDS)
        self.desks = Told(self._health, DESK_MOVES, DESK_SECONDS, DESK_GATHER_SECONDS)
        self.people = Told(self._health, frozenset({"audit"}), PEOPLE_SECONDS)
        self._audiences = (
            self.comparing.sessions, self.line, self.registering, self.rules, self.search, self.office, self.queues,
            self.desks, self.people,
        )  # fmt: skip
        for audience in self._audiences:
            self.hub.listen(audience.heed)
        self.numbers = RoomNumbers(project)
        self.alarms = _alarm_watch(project, self.hub)
        self.explainer = Explainer(project)
        self.words = WordLooks(project)
        named = project.settings.desk.translate
        self.translator = Translator(named) if named else None
        self.sessions = Known(partial(open_sessions, project.store))
        self.tokens = Known(partial(open_tokens, project.store))
        self.watch = Watch(self.sessions, self.tokens)
        self.provider = provider_of(project.settings.oidc)
        self.hosts = _hosts(project.settings.server)
        self._accounts_until = 0.0

    def _health(self) -> Health:
        return self.hub.health

    def has_accounts(self) -> bool:
        """Whether an admin with a password is there, so that other machines may come in; as of some seconds ago."""
        if time.monotonic() > self._accounts_until and may_listen_outside(self.project.store):
            self._accounts_until = time.monotonic() + ACCOUNTS_SECONDS
        return time.monotonic() <= self._accounts_until

    def forget_sessions(self) -> None:
        """Somebody was sent out, or has another role: that holds at once on this server, and soon on the others."""
        self.sessions.forget()
        self.tokens.forget()

    def close(self) -> None:
        """Stop following the store and let it go."""
        self.hub.close()
        for audience in self._audiences:
            audience.close()
        self.alarms.close()
        if self.translator is not None:
            self.translator.close()
        self.project.close()


def _alarm_watch(project: Project, hub: Hub) -> AlarmWatch:
    """The watch over the rules of the settings; it begins when the server does."""
    from dashboard.access.requests import base_url  # here: requests know the room

    settings = project.settings
    page = f"{base_url(settings.server, 'room')}?page=live"
    return AlarmWatch(
        project.store,
        project.dataset_id,
        project.classes,
        rules(settings.alarms),
        Mailer(settings.mail, settings.room.name, page),
        settings.quiet_hours,
        feed_behind=lambda: hub.health.behind_seconds,
    )


def _hosts(server: ServerSettings) -> frozenset[str]:
    """The names by which browsers may call this server. Every address of a machine (0.0.0.0) is none of them."""
    named = ("127.0.0.1", "localhost", server.address, *server.hosts, urlsplit(server.public_url).hostname or "")
    return frozenset(name.strip("[]").lower() for name in named) - {"", "0.0.0.0", "::"}  # noqa: S104


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
