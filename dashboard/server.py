"""Serving the pages."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import webbrowser
from importlib.resources import files
from typing import Any

from tornado.ioloop import IOLoop

from core import Project
from core.errors import ServeError
from dashboard.access.requests import base_url, outside
from dashboard.pages import warm
from dashboard.room import close_room, is_open, open_room, room
from dashboard.warming import STATISTICS, import_aside
from labeling.models import Role
from labeling.people import add_person, issue_link, may_listen_outside

SLUG = "room"
WORKING_DAY_SECONDS = 12 * 3600
HOST_NAME = "you"
UNENCRYPTED = "Mind: the line is not encrypted. Put a proxy with TLS in front, and name it in [server] trusted_proxy."
BODY_MOST = 10 * 1024 * 1024
"""What anybody may send, before it is looked at who sends it; the API takes 8 MB."""
STATISTICS_AFTER_SECONDS = 30.0
WARM_AFTER_SECONDS = 1.0
"""So long the first page has the processor to itself."""


def start(server_context: Any) -> None:
    """Open the room and begin to follow its store. Called by the app's hook, on the server's thread."""
    opened_by_us = is_open()
    here = open_room()
    here.hub.start(IOLoop.current().asyncio_loop)  # type: ignore[attr-defined]  # tornado's loops are asyncio's
    here.watch.start(IOLoop.current().asyncio_loop)  # type: ignore[attr-defined]
    here.alarms.start()
    warm()
    here.explainer.warm(WARM_AFTER_SECONDS)
    import_aside(STATISTICS, STATISTICS_AFTER_SECONDS)
    if not opened_by_us:  # bokeh serve, panel serve: nobody has printed a link yet
        path = server_context.application_context.url
        print(f"Go in, once, at {path}/door?token={first_link(here.project)}", flush=True)  # noqa: T201
    # Bokeh collects garbage on the event loop whenever a page closes; what is loaded by now need not be looked at.
    gc.collect()
    gc.freeze()


def register_routes() -> None:
    """Add our routes to Bokeh's. Before a server is built: the app's hooks import this."""
    from dashboard.routes import register

    register()


def first_link(project: Project) -> str:
    """A token for the person who started the server."""
    return issue_link(project.store, add_person(project.store, HOST_NAME, Role.ADMIN).id)


class Server:
    """The room's pages on one address.

    Raises:
        ServeError: the address is not this machine's own, or the port is taken.
    """

    def __init__(self, project: Project, *, address: str | None = None, port: int | None = None) -> None:
        settings = project.settings.server
        self._address = address or settings.address
        _require_accounts(project, self._address)
        port = settings.port if port is None else port
        self._port = port or _free_port(self._address)
        _require_free(self._address, self._port)
        self._project = project
        open_room(project)
        self._server = self._build()

    def _build(self) -> Any:
        from bokeh.command.util import build_single_handler_application
        from bokeh.server.server import Server as BokehServer  # not Panel's: it takes a second more, and adds nothing

        register_routes()
        app = build_single_handler_application(str(files("bokeh_app")))
        return BokehServer(
            {f"/{SLUG}": app},
            address=self._address,
            port=self._port,
            allow_websocket_origin=[f"{host}:{self._port}" for host in sorted(room().hosts)],
            session_token_expiration=WORKING_DAY_SECONDS * 1000,
            keep_alive_milliseconds=10_000,
            http_server_kwargs={"max_body_size": BODY_MOST},
        )

    @property
    def url(self) -> str:
        """Where the pages are."""
        return base_url(self._project.settings.server, SLUG, address=self._address, port=self._port)

    def announce(self, *, browser: bool) -> None:
        """Print the link that lets one person in, and open it where asked to."""
        where, rest = self.url, "'tallyroom users' tells who may come in. Ctrl+C ends the server."
        if not outside(self._address):  # else the log of an office's server would hold a key to it
            where = f"{self.url}/door?token={first_link(self._project)}"
            rest = "The link works once; 'tallyroom link NAME' makes more. Ctrl+C ends the server."
        print(f"The room is open: {where}", flush=True)  # noqa: T201 - what the command is for
        print(rest, flush=True)  # noqa: T201
        if outside(self._address) and not self._project.settings.server.trusted_proxy:
            print(UNENCRYPTED, flush=True)  # noqa: T201
        if browser:
            webbrowser.open(where)

    def run_until_stopped(self, *, seconds: float | None = None) -> None:
        """Serve until Ctrl+C, SIGTERM, or for so many seconds; then let everything go in order."""
        loop = self._server.io_loop
        asyncio_loop: asyncio.AbstractEventLoop = loop.asyncio_loop
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio_loop.add_signal_handler(name, loop.stop)
        if seconds is not None:
            loop.call_later(seconds, loop.stop)
        self._server.start()
        try:
            loop.start()
        finally:
            self._server.stop()
            close_room()


def _require_accounts(project: Project, address: str) -> None:
    """Without accounts only this machine may look in."""
    if outside(address) and not may_listen_outside(project.store):
        raise ServeError(
            f"{address} can be reached from other machines, and this room has no accounts",
            where="[server] address",
            fix="Use 127.0.0.1; or begin with an admin: serve there, then 'tallyroom users invite NAME --role admin'.",
        )


def _require_free(address: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            raise ServeError(
                f"port {port} is taken ({error.strerror})",
                where=f"{address}:{port}",
                fix="Name another with --port, or 0 for any free one.",
            ) from None


def _free_port(address: str) -> int:
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])
