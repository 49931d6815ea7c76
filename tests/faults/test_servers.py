"""Servers that are killed or stopped in the middle of the office's work, and a host whose clock is an hour off."""

from __future__ import annotations

import os
import signal
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from office import Office, audit
from playwright.sync_api import Browser, expect
from rooms import add_champion, add_messages, add_queue
from servers import Server, make_folder
from sqlalchemy import select, update

from core.store import Store
from core.store.models import now_ms
from labeling.models import OpenLease, Verdict

pytestmark = pytest.mark.faults
ROUNDS = int(os.environ.get("TALLYROOM_FAULTS_ROUNDS", "1"))
MESSAGES = 3_000 * ROUNDS
FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)


@pytest.fixture
def folder(store: Store, store_url: str, tmp_path: Path) -> Path:
    """A room with messages to judge."""
    ids = add_messages(store, [f"message number {n}" for n in range(MESSAGES)])
    add_champion(store, ids)
    add_queue(store, ids)
    return make_folder(tmp_path, store_url)


@pytest.fixture
def postgresql_room(new_postgresql: Callable[[], str], tmp_path: Path) -> tuple[Store, Path]:
    """The same on PostgreSQL alone: two servers, or a database with a clock of its own, are no matter of SQLite."""
    url = new_postgresql()
    store = Store.open(url, create=True)
    ids = add_messages(store, [f"message number {n}" for n in range(MESSAGES)])
    add_champion(store, ids)
    add_queue(store, ids)
    return store, make_folder(tmp_path, url)


def test_a_server_killed_in_the_middle_of_verdicts_loses_and_doubles_none(store: Store, folder: Path) -> None:
    server = Server(folder).start()
    office = Office([server.client(store, f"P{n}") for n in range(4)])
    try:
        for _ in range(ROUNDS):
            office.wait_for(20)
            server.kill()
            server.start()
        office.wait_for(20)
    finally:
        office.go_home()
        server.stop()
    assert office.troubles, "nobody noticed"
    assert sorted(office.sent) == sorted(office.acknowledged), "a verdict was given up"
    audit(store, office)


def test_two_who_hold_one_message_after_its_time_are_both_heard(store: Store, folder: Path) -> None:
    server = Server(folder).start()
    try:
        ada, bela = server.client(store, "Ada"), server.client(store, "Bela")
        (first,) = ada.post("desk/claim", json={"count": 1}).json()["messages"]
        store.write(lambda c: c.execute(update(OpenLease).values(expires_at=1)))
        (second,) = bela.post("desk/claim", json={"count": 1}).json()["messages"]
        assert second["task_id"] == first["task_id"]
        assert second["lease_id"] > first["lease_id"], "the later hand-out has the higher token"
        answers = [
            client.post("desk/verdict", json=verdict(message["lease_id"])).json()
            for client, message in ((ada, first), (bela, second))
        ]
        assert [(each["saved"], each["late"]) for each in answers] == [(True, True), (True, False)]
        with store.read() as connection:
            assert len(connection.execute(select(Verdict.id).where(Verdict.task_id == first["task_id"])).all()) == 2
    finally:
        server.stop()


@pytest.mark.browser
def test_a_stopped_server_holds_up_no_other_and_doubles_nothing_when_it_goes_on(
    postgresql_room: tuple[Store, Path], browser: Browser
) -> None:
    store, folder = postgresql_room
    servers = [Server(folder).start(), Server(folder).start()]
    stopped = servers[0].process
    assert stopped is not None
    tab = browser.new_page()
    tab.goto(servers[0].link(store, "Zora"))
    tab.goto(f"{servers[0].base}?page=review")
    expect(tab.locator("#message")).to_be_visible()
    office = Office([servers[n % 2].client(store, f"P{n}") for n in range(6)])
    try:
        for _ in range(ROUNDS):
            office.wait_for(20)
            stopped.send_signal(signal.SIGSTOP)
            others = [len(worker.acknowledged) for worker in office.workers[1::2]]
            office.wait_for(40)
            now = [len(worker.acknowledged) for worker in office.workers[1::2]]
            assert all(after > before for before, after in zip(others, now, strict=True))
            tab.keyboard.press("1")  # those at the stopped one give up waiting, and say so
            expect(tab.locator("#banner")).to_contain_text("1 verdict is kept in this browser")
            office.wait_for_trouble("ReadTimeout")  # a script gives up later than the page does
            stopped.send_signal(signal.SIGCONT)
            expect(tab.locator("#status-words")).to_have_text("saved")
            office.wait_for(40)
    finally:
        stopped.send_signal(signal.SIGCONT)
        office.go_home()
        for server in servers:
            server.stop()
    tab.close()
    audit(store, office, beside=ROUNDS)
    store.close()


@pytest.mark.skipif(FAKETIME is None, reason="libfaketime is not installed (Debian: apt install libfaketime)")
@pytest.mark.parametrize("off", ["+1h", "-1h"])
def test_a_host_whose_clock_is_an_hour_off_takes_nobodys_message_away(
    postgresql_room: tuple[Store, Path], off: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, folder = postgresql_room
    right = Server(folder).start()
    with monkeypatch.context() as wrong_clock:
        wrong_clock.setenv("LD_PRELOAD", str(FAKETIME))
        wrong_clock.setenv("FAKETIME", off)
        wrong_clock.setenv("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        wrong = Server(folder).start()
    try:
        ada, bela = right.client(store, "Ada"), wrong.client(store, "Bela")
        date = wrong_date(bela)
        assert abs(date - time.time()) > 3_000, "the clock of that server is right"
        held = {each["lease_id"]: each for each in ada.post("desk/claim", json={"count": 5}).json()["messages"]}
        theirs = bela.post("desk/claim", json={"count": 5}).json()["messages"]
        assert not {each["task_id"] for each in held.values()} & {each["task_id"] for each in theirs}
        assert [each["lease_id"] for each in ada.post("desk/claim", json={"count": 5}).json()["messages"]] == list(held)
        with store.read() as connection:
            left = connection.execute(select(OpenLease.expires_at - now_ms())).scalars().all()
        assert len(left) == 10
        assert all(0 < each <= 180_000 for each in left), "the database's clock, not the host's"
        answers = [
            client.post("desk/verdict", json=verdict(message["lease_id"])).json()
            for client, message in ((ada, next(iter(held.values()))), (bela, theirs[0]))
        ]
        assert [(each["saved"], each["late"]) for each in answers] == [(True, False)] * 2
        with store.read() as connection:
            times = connection.execute(select(Verdict.at - now_ms())).scalars().all()
        assert all(abs(each) < 60_000 for each in times)
    finally:
        right.stop()
        wrong.stop()
        store.close()


def wrong_date(client: httpx.Client) -> float:
    """What the server's own clock says, by the Date of its answers."""
    from email.utils import parsedate_to_datetime

    return parsedate_to_datetime(client.get("healthz").headers["Date"]).timestamp()


def verdict(lease_id: int) -> dict[str, object]:
    return {"uuid": str(uuid.uuid4()), "lease_id": lease_id, "kind": "label", "klass": "spam"}
