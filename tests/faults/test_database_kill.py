"""kill -9 of PostgreSQL in the middle of the office's work: the page says so, and nothing acknowledged is lost."""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from office import Office, audit
from own_postgresql import Database
from rooms import add_champion, add_messages, add_queue
from servers import Server, make_folder

from core.store import Store
from labeling.models import Role
from labeling.people import Scope, add_person, issue_token

pytestmark = pytest.mark.faults
ROUNDS = int(os.environ.get("TALLYROOM_FAULTS_ROUNDS", "1"))


@pytest.fixture
def database() -> Iterator[Database]:
    with tempfile.TemporaryDirectory(prefix="tallyroom-pg-", ignore_cleanup_errors=True) as folder:
        running = Database(folder)
        yield running
        running.end()


def test_a_database_killed_in_the_middle_of_verdicts_loses_and_doubles_none(database: Database, tmp_path: Path) -> None:
    store = Store.open(database.url, create=True)
    ids = add_messages(store, [f"message number {n}" for n in range(3_000 * ROUNDS)])
    add_champion(store, ids)
    add_queue(store, ids)
    server = Server(make_folder(tmp_path, database.url)).start()
    office = Office([server.client(store, f"P{n}") for n in range(4)])
    store.close()
    try:
        for _ in range(ROUNDS):
            office.wait_for(20)
            database.kill()
            office.wait_for_trouble("the store does not answer")
            database.start()
            office.wait_for(20)
    finally:
        office.go_home()
        server.stop()
    assert sorted(office.sent) == sorted(office.acknowledged), "a verdict was given up"
    with Store.open(database.url) as store:
        audit(store, office)


def test_while_the_database_is_away_a_scrape_answers_and_health_says_so(database: Database, tmp_path: Path) -> None:
    with Store.open(database.url, create=True) as store:
        add_champion(store, add_messages(store, ["a"]))
        scraper = add_person(store, "prometheus", Role.VIEWER).id
        token = issue_token(store, scraper, "scrape", Scope.METRICS, by=None)
        unknown = issue_token(store, scraper, "never used", Scope.METRICS, by=None)
    server = Server(make_folder(tmp_path, database.url)).start()

    def ask(path: str, bearer: str = token) -> httpx.Response:
        return httpx.get(f"{server.base}/{path}", headers={"Authorization": f"Bearer {bearer}"}, timeout=9)

    try:
        wait_until(lambda: "tallyroom_store_up 1.0" in ask("metrics").text)
        wait_until(lambda: ask("healthz").status_code == 200)
        database.kill()
        wait_until(lambda: ask("healthz").status_code == 503)
        assert re.fullmatch(r"the store has not answered for \d+ s", ask("healthz").json()["what"])
        time.sleep(2)  # longer than a server believes what it was told of a token
        scrape = ask("metrics")
        assert scrape.status_code == 200
        assert "tallyroom_store_up 0.0" in scrape.text
        assert "process_resident_memory_bytes" in scrape.text
        assert "tallyroom_messages_total" not in scrape.text, "what is not known is left out"
        assert ask("metrics", unknown).status_code == 503, "whom the store never named is nobody"
        database.start()
        wait_until(lambda: ask("healthz").status_code == 200)
        wait_until(lambda: "tallyroom_store_up 1.0" in ask("metrics").text)
    finally:
        server.stop()


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.1)
