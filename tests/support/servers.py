"""A real server in a process of its own, on a room that a test has filled."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from begun import Begun, Fork

from core.store import Store
from labeling.models import Role
from labeling.people import add_person, issue_link

SETTINGS = """[room]
name = "Test"
classes = ["personal", "notification", "spam"]
[store]
url = "{url}"
[desk]
blind_share = 0.0
"""


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_folder(folder: Path, store_url: str) -> Path:
    """A room's folder on that store."""
    (folder / "dictionaries").mkdir(exist_ok=True)
    (folder / "tallyroom.toml").write_text(SETTINGS.format(url=store_url))
    source = "  - {name: inbox, kind: csv, path: in/*.csv, columns: {body: text}}\n"
    (folder / "dictionaries" / "messages.yaml").write_text(f"version: 1\ndataset: messages\nsources:\n{source}")
    return folder


@dataclass
class Server:
    """`tallyroom serve` (or another command that serves the app) on a room."""

    folder: Path
    port: int = field(default_factory=free_port)
    command: tuple[str, ...] = ()
    slug: str = "room"
    process: Begun | None = None

    @property
    def base(self) -> str:
        """The app's address."""
        return f"http://127.0.0.1:{self.port}/{self.slug}"

    def start(self) -> Server:
        """Start, and wait until it answers."""
        log = self.folder / "serve.log"
        words = ("serve", "--room", str(self.folder), "--port", str(self.port))
        environment = {**os.environ, "TALLYROOM_HOME": str(self.folder)}
        if self.command or "LD_PRELOAD" in environment:
            command = self.command or ("-m", "dashboard.command", *words)
            with log.open("ab") as file:
                self.process = subprocess.Popen([sys.executable, *command], env=environment, stdout=file, stderr=file)
        else:
            self.process = Fork(words, log, environment=environment)
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            assert self.process.poll() is None, (self.folder / "serve.log").read_text()[-2000:]
            try:
                httpx.get(f"{self.base}/healthz")
            except httpx.TransportError:
                time.sleep(0.1)
            else:
                return self
        raise AssertionError("the server did not start")

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """Ask it to end, and see that it does."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)

    def link(self, store: Store, name: str, role: Role = Role.REVIEWER) -> str:
        """A link that lets that person in once."""
        return f"{self.base}/door?token={issue_link(store, add_person(store, name, role).id)}"

    def client(self, store: Store, name: str, role: Role = Role.REVIEWER) -> httpx.Client:
        """That person, signed in, as a script."""
        client = httpx.Client(base_url=f"{self.base}/", headers={"X-Tallyroom": "1"}, timeout=30)
        assert client.get(self.link(store, name, role)).status_code == 302
        return client

    @property
    def host(self) -> str:
        """As a Host header names it."""
        return urlsplit(self.base).netloc
