"""What an open page does while its server, its database, its network or the laptop itself is away.

It says so, keeps the last picture, and comes back by itself with what happened meanwhile: nobody reloads anything. A
marker in the window tells that nobody did.
"""

from __future__ import annotations

import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest
from own_postgresql import Database
from playwright.sync_api import Browser, Page, expect
from proxy import Proxy
from rooms import add_champion, add_messages, add_queue
from runs import add_run
from servers import Server, make_folder

from core.errors import StoreDownError
from core.store import Store
from core.store.models import RunId
from core.store.records.runs import FoldRecord, add_fold
from labeling.models import Role

pytestmark = [pytest.mark.faults, pytest.mark.browser]
TOLD_MS = 6_000
"""The page promises two seconds; a test machine is busy with other things."""
BACK_MS = 30_000
"""And ten."""
DOTS = "tallyroom.state.tables.get('curves.dots')?.size ?? 0"
NUMBER = "[data-word=messages]"
OTHERS = {
    "compare": ("behind the store", "What you see is the last that", "char-svc"),
    "people": ("behind the store", "What you see is the last that", "Ada"),
    "review": ("ready", "No connection", "You today"),
}
"""What the corner says while all is well, what the banner says while the server is away, and what stands meanwhile."""


@pytest.fixture
def room(store: Store, store_url: str, tmp_path: Path) -> Iterator[tuple[Server, Store]]:
    server = Server(furnished(store, store_url, tmp_path)).start()
    yield server, store
    server.stop()


def furnished(store: Store, url: str, folder: Path) -> Path:
    """A room with a champion and a fold of its curve."""
    ids = add_messages(store, [f"message number {n}" for n in range(120)])
    add_champion(store, ids)
    add_queue(store, ids)
    finish_fold(store, 0)
    return make_folder(folder, url)


def finish_fold(store: Store, number: int) -> None:
    """What is written during an outage: a dot more in the curves. A database that comes back is waited for."""
    record = FoldRecord(9, number, 1.0, 900, 100, 0.1, 0.1, [("macro_f1", "", 0.9)])
    deadline = time.monotonic() + BACK_MS / 1000
    while True:
        try:
            store.write(lambda c: add_fold(c, RunId(1), record))
        except StoreDownError:
            assert time.monotonic() < deadline, "the database did not come back"
            time.sleep(0.2)
        else:
            return


@contextmanager
def looking(browser: Browser, server: Server, store: Store, port: int | None = None) -> Iterator[Page]:
    """The Live page of a person, straight or through another port, with its first picture and the marker."""
    context = browser.new_context()
    tab = context.new_page()
    base = server.base if port is None else server.base.replace(f":{server.port}/", f":{port}/")
    tab.goto(server.link(store, "Ada").replace(server.base, base))
    tab.goto(f"{base}?page=live")
    expect(tab.locator("#status-words")).to_contain_text("behind the store")
    expect(tab.locator(NUMBER)).to_have_text("120")
    tab.wait_for_function(f"({DOTS}) === 1")
    tab.evaluate("window.neverReloaded = true")
    yield tab
    context.close()


def told(tab: Page, words: str) -> None:
    """The banner says it, and the last picture stands."""
    expect(tab.locator("#banner")).to_contain_text(words, timeout=TOLD_MS)
    expect(tab.locator(NUMBER)).to_have_text("120")
    assert tab.evaluate(DOTS) == 1


def back(tab: Page, dots: int = 2) -> None:
    """It is live again, by itself, with what happened meanwhile."""
    tab.wait_for_function(f"({DOTS}) === {dots}", timeout=BACK_MS)
    expect(tab.locator("#banner")).to_be_hidden(timeout=BACK_MS)
    expect(tab.locator("#status-words")).to_contain_text("behind the store")
    assert tab.evaluate("window.neverReloaded") is True, "somebody reloaded the page"


def test_a_server_that_is_killed_and_comes_again_is_told_of_and_caught_up_with(
    room: tuple[Server, Store], browser: Browser
) -> None:
    server, store = room
    with looking(browser, server, store) as tab:
        server.kill()
        told(tab, "No connection to the server")
        finish_fold(store, 1)
        server.start()
        back(tab)


def test_a_database_that_is_away_for_some_seconds_is_told_of_and_caught_up_with(
    browser: Browser, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="tallyroom-pg-", ignore_cleanup_errors=True))
        database = Database(folder)
        stack.callback(database.end)
        store = stack.enter_context(Store.open(database.url, create=True))
        server = Server(furnished(store, database.url, tmp_path)).start()
        stack.callback(server.stop)
        tab = stack.enter_context(looking(browser, server, store))
        database.kill()
        told(tab, "The store does not answer")
        tab.wait_for_timeout(5_000)
        told(tab, "The store does not answer")
        database.start()
        finish_fold(store, 1)
        back(tab)


def test_a_network_that_dies_without_a_word_is_told_of_and_caught_up_with(
    room: tuple[Server, Store], browser: Browser
) -> None:
    server, store = room
    way = Proxy(server.port)
    try:
        with looking(browser, server, store, way.port) as tab:
            way.swallow()
            told(tab, "No connection to the server")
            finish_fold(store, 1)
            tab.wait_for_timeout(5_000)  # the page gives the line up, and tries others in vain
            told(tab, "No connection to the server")
            way.heal()
            back(tab)
    finally:
        way.close()


@pytest.mark.parametrize("line", ["lives on", "dies"])
def test_a_laptop_that_has_slept_shows_what_happened_meanwhile(
    room: tuple[Server, Store], browser: Browser, line: str
) -> None:
    server, store = room
    way = Proxy(server.port)
    try:
        with looking(browser, server, store, way.port) as tab:
            with asleep():
                if line == "dies":
                    way.swallow()
                finish_fold(store, 1)
                time.sleep(6)
                if line == "dies":
                    way.heal(quietly=True)
            back(tab)
    finally:
        way.close()


@contextmanager
def asleep() -> Iterator[None]:
    """The pages' own processes stand still, as when a lid is closed."""
    family = psutil.Process().children(recursive=True)
    renderers = [each for each in family if "--type=renderer" in each.cmdline()]
    assert renderers, "there is no page to send to sleep"
    for each in renderers:
        each.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for each in renderers:
            each.send_signal(signal.SIGCONT)


def test_many_pages_are_back_after_a_restart_and_a_closed_one_stalls_nobody(
    room: tuple[Server, Store], browser: Browser
) -> None:
    server, store = room
    with ExitStack() as stack:
        tabs = [stack.enter_context(looking(browser, server, store)) for _ in range(6)]
        server.kill()
        for tab in tabs:
            told(tab, "No connection to the server")
        tabs.pop().context.close()
        finish_fold(store, 1)
        server.start()
        for tab in tabs:
            back(tab)


def test_the_other_pages_outlive_a_restart_of_their_server(
    store: Store, store_url: str, tmp_path: Path, browser: Browser
) -> None:
    ids = add_messages(store, [f"message number {n}" for n in range(60)])
    for name in ("word-cnb", "char-svc"):
        add_run(store, ids, name, ["spam"] * 60)
    server = Server(make_folder(tmp_path, store_url)).start()
    context = browser.new_context()
    try:
        tabs = {page: context.new_page() for page in OTHERS}
        tabs["compare"].goto(server.link(store, "Ada", Role.ADMIN))
        for page, tab in tabs.items():
            tab.goto(f"{server.base}?page={page}")
            expect(tab.locator("#status-words")).to_contain_text(OTHERS[page][0], timeout=BACK_MS)
            expect(tab.locator("main")).to_contain_text(OTHERS[page][2], timeout=BACK_MS)
            tab.evaluate("window.neverReloaded = true")
        server.kill()
        for page, tab in tabs.items():
            expect(tab.locator("#banner")).to_contain_text(OTHERS[page][1], timeout=TOLD_MS)
            expect(tab.locator("main")).to_contain_text(OTHERS[page][2])
        add_queue(store, ids)
        server.start()
        for tab in tabs.values():
            expect(tab.locator("#banner")).to_be_hidden(timeout=BACK_MS)
            assert tab.evaluate("window.neverReloaded") is True
        expect(tabs["review"].locator("#message")).to_contain_text("message number", timeout=BACK_MS)
    finally:
        context.close()
        server.stop()
