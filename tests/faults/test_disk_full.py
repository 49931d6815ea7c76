"""The disk fills up: nothing is called saved that is not, the page says why, and the work goes on with new room."""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import pytest
from office import Office, audit
from own_postgresql import Database
from playwright.sync_api import Browser, expect
from rooms import add_champion, add_messages, add_queue
from servers import Server, make_folder
from sqlalchemy import select

import labeling.check
from core.store import Store, check
from labeling.models import Verdict

pytestmark = [pytest.mark.faults, pytest.mark.browser]
SIZE = 24 * 2**20
POSTGRESQL_SIZE = 200 * 2**20


class Disk(Protocol):
    """A disk that can be filled."""

    folder: Path

    def fill(self, server: Server, /) -> None: ...

    def make_room(self, server: Server, /) -> None: ...


class SmallDisk:
    """A file system of its own, with a few megabytes: for root."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self, _server: Server | None = None) -> None:
        """Write until the last byte is taken."""
        with self._filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass

    def make_room(self, _server: Server | None = None) -> None:
        """Take the filler away."""
        self._filler.unlink()


class LimitedProcess:
    """A limit on the server's files: for everybody else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self, server: Server) -> None:
        """No file of the server's may grow."""
        self._limit(server, 4096)

    def make_room(self, server: Server) -> None:
        """They may again."""
        self._limit(server, resource.RLIM_INFINITY)

    def _limit(self, server: Server, soft: int) -> None:
        assert server.process is not None
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (soft, resource.RLIM_INFINITY))


@contextmanager
def mounted(size: int) -> Iterator[tuple[Path, bool]]:
    """A folder, and whether it is a file system of its own of that size."""
    with tempfile.TemporaryDirectory(prefix="tallyroom-disk-") as name:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", name]
        if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode != 0:
            yield Path(name), False
            return
        try:
            yield Path(name), True
        finally:
            subprocess.run(["umount", name], check=True)


@pytest.fixture
def disk() -> Iterator[Disk]:
    with mounted(SIZE) as (folder, small):
        yield SmallDisk(folder) if small else LimitedProcess(folder)


@pytest.fixture
def small_disk() -> Iterator[SmallDisk]:
    with mounted(POSTGRESQL_SIZE) as (folder, small):
        if not small:
            pytest.skip("a disk for PostgreSQL to fill takes root, and a machine that lets it mount one")
        yield SmallDisk(folder)


def test_a_full_disk_is_told_and_nothing_is_called_saved_that_is_not(disk: Disk, browser: Browser) -> None:
    url = f"sqlite:///{disk.folder / 'tallyroom.db'}"
    with Store.open(url, create=True) as store:
        ids = add_messages(store, [f"message number {n}" for n in range(400)])
        add_champion(store, ids)
        add_queue(store, ids, blind_share=0.0)
        server = Server(make_folder(disk.folder, url)).start()
        try:
            ada = server.client(store, "Ada")
            tab = browser.new_page()
            tab.goto(server.link(store, "Bela"))
            tab.goto(f"{server.base}?page=review")
            expect(tab.locator("#message")).to_be_visible()
            held = ada.post("desk/claim", json={"count": 20}).json()["messages"]
            disk.fill(server)
            given = [verdict(message["lease_id"]) for message in held]
            answers = [ada.post("desk/verdict", json=each) for each in given]
            refused = [answer for answer in answers if answer.status_code == 503]
            assert refused, "the disk was not full"
            assert "the store does not answer" in refused[-1].json()["error"]["what"]
            assert "has room" in refused[-1].json()["error"]["fix"]
            saved = [each["uuid"] for each, answer in zip(given, answers, strict=True) if answer.status_code == 200]
            tab.keyboard.press("1")
            expect(tab.locator("#banner")).to_contain_text("The desk cannot save")
            expect(tab.locator("#banner")).to_contain_text("1 verdict is kept in this browser")
            disk.make_room(server)
            expect(tab.locator("#status-words")).to_have_text("saved")
            expect(tab.locator("#banner")).to_be_hidden()
            again = [ada.post("desk/verdict", json=each) for each in given]
            assert all(answer.status_code == 200 for answer in again)
            assert [
                each["uuid"] for each, answer in zip(given, again, strict=True) if answer.json()["duplicate"]
            ] == saved
            with store.read() as connection:
                assert len(connection.execute(select(Verdict.uuid)).all()) == len(given) + 1
                assert [*check.check(connection), *labeling.check.check(connection)] == []
            tab.close()
        finally:
            server.stop()


def test_a_full_disk_under_postgresql_loses_nothing_and_the_work_goes_on_with_new_room(
    small_disk: SmallDisk, tmp_path: Path
) -> None:
    database = Database(str(small_disk.folder / "database"))
    try:
        with Store.open(database.url, create=True) as store:
            ids = add_messages(store, [f"message number {n}" for n in range(6_000)])
            add_champion(store, ids)
            add_queue(store, ids)
            server = Server(make_folder(tmp_path, database.url)).start()
            office = Office([server.client(store, f"P{n}") for n in range(4)])
        try:
            office.wait_for(20)
            small_disk.fill()
            office.wait_for_trouble("the store does not answer")
            small_disk.make_room()
            database.start()  # PostgreSQL gives up where it cannot write its log
            office.wait_for(20)
        finally:
            office.go_home()
            server.stop()
        assert sorted(office.sent) == sorted(office.acknowledged), "a verdict was given up"
        with Store.open(database.url) as store:
            audit(store, office)
    finally:
        database.end()


def verdict(lease_id: int) -> dict[str, object]:
    return {"uuid": str(uuid.uuid4()), "lease_id": lease_id, "kind": "label", "klass": "spam"}
