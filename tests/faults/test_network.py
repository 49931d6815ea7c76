"""The network between the page and its server goes away: the page says so, and every verdict arrives once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from proxy import Proxy
from rooms import add_champion, add_messages, add_queue
from servers import Server, make_folder
from sqlalchemy import select

import labeling.check
from core.store import Store, check
from labeling.models import Person, Verdict

pytestmark = [pytest.mark.faults, pytest.mark.browser]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Store]]:
    """What these are about happens on the way, so one database is enough."""
    folder = tmp_path_factory.mktemp("room")
    url = f"sqlite:///{folder / 'tallyroom.db'}"
    with Store.open(url, create=True) as store:
        ids = add_messages(store, [f"message number {n}" for n in range(200)])
        add_champion(store, ids)
        add_queue(store, ids, blind_share=0.0)
        server = Server(make_folder(folder, url)).start()
        yield server, store
        server.stop()


@pytest.fixture
def visit(opened: tuple[Server, Store], browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens the review page as somebody, straight or through another port."""
    server, store = opened
    contexts = []

    def go(name: str, port: int | None = None) -> Page:
        context = browser.new_context()
        contexts.append(context)
        tab = context.new_page()
        base = server.base if port is None else server.base.replace(f":{server.port}/", f":{port}/")
        tab.goto(server.link(store, name).replace(server.base, base))
        tab.goto(f"{base}?page=review")
        expect(tab.locator("#message")).to_be_visible()
        expect(tab.locator("#status-words")).to_have_text("ready")
        return tab

    yield go
    for context in contexts:
        context.close()


def classes_of(store: Store, name: str) -> list[str | None]:
    """What the store has of a person, in order; and every count in it is right."""
    with store.read() as connection:
        assert [*check.check(connection), *labeling.check.check(connection)] == []
        query = select(Verdict.klass).join(Person, Person.id == Verdict.person_id).where(Person.name == name)
        return list(connection.execute(query.order_by(Verdict.id)).scalars())


def test_a_browser_without_a_network_goes_on_and_sends_all_once_it_is_back(
    visit: Callable[..., Page], opened: tuple[Server, Store]
) -> None:
    tab = visit("Ada")
    tab.context.set_offline(True)
    for key in "123":
        tab.keyboard.press(key)
    expect(tab.locator("#banner")).to_contain_text("No connection")
    expect(tab.locator("#banner")).to_contain_text("3 verdicts are kept in this browser")
    expect(tab.locator("#status-words")).to_have_text("3 not yet saved")
    assert classes_of(opened[1], "Ada") == []
    tab.context.set_offline(False)
    expect(tab.locator("#status-words")).to_have_text("saved")
    expect(tab.locator("#banner")).to_be_hidden()
    assert classes_of(opened[1], "Ada") == ["personal", "notification", "spam"]


def test_a_verdict_whose_answer_was_swallowed_is_sent_again_and_stored_once(
    visit: Callable[..., Page], opened: tuple[Server, Store]
) -> None:
    server, store = opened
    way = Proxy(server.port)
    try:
        tab = visit("Bela", way.port)
        way.swallow()
        tab.keyboard.press("2")
        tab.keyboard.press("3")
        expect(tab.locator("#banner")).to_contain_text("2 verdicts are kept in this browser")
        assert classes_of(store, "Bela") == ["notification"], "the first one has arrived, unknown to the page"
        way.heal()
        expect(tab.locator("#status-words")).to_have_text("saved")
        assert classes_of(store, "Bela") == ["notification", "spam"]
    finally:
        way.close()
