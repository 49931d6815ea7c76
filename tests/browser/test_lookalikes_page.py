"""Look-alikes in the browser: seen, some taken out, judged with one key, kept over a reload, taken back as one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from chromium import look
from playwright.sync_api import Browser, Page, expect
from rooms import add_champion, add_messages, add_queue
from servers import Server, make_folder
from sqlalchemy import func, select

from core import Project
from core.pipeline.template import mine_templates
from core.store import Store
from labeling.models import Person, Verdict, VerdictKind
from labeling.people import add_person
from labeling.tasks import judging

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Store]]:
    """Bills and offers, forty of each, in turn."""
    folder = tmp_path_factory.mktemp("room")
    url = f"sqlite:///{folder / 'tallyroom.db'}"
    with Store.open(url, create=True) as store:
        bodies = [
            text
            for n in range(40)
            for text in (
                f"Dear {'Anna' if n % 2 else 'Bo Li'}, your bill of {n * 37} is due on Monday <b>\u202e{n}",
                f"You have won a voucher of {n * 100 + 7}, claim it at http://offer{n}.example/now",
            )
        ]
        ids = add_messages(store, bodies)
        project = Project(make_folder(folder, url))
        mine_templates(project)
        project.close()
        add_champion(store, ids, klass="notification")
        add_queue(store, ids, blind_share=0.0)
        for name in ("Ada", "Bela", "Chidi"):
            add_person(store, name)
        server = Server(folder).start()
        yield server, store
        server.stop()


@pytest.fixture
def store(opened: tuple[Server, Store]) -> Store:
    return opened[1]


@pytest.fixture
def visit(opened: tuple[Server, Store], browser: Browser) -> Callable[..., Page]:
    def go(name: str, **options: Any) -> Page:
        tab = look(browser, opened, "page=review", name, **options)
        expect(tab.locator("#message")).to_be_visible()
        return tab

    return go


def labels(store: Store, name: str) -> int:
    """How many labels of a person stand."""
    with store.read() as connection:
        query = select(func.count()).select_from(Verdict).join(Person, Person.id == Verdict.person_id)
        query = query.where(Person.name == name, Verdict.kind == VerdictKind.LABEL, judging())
        return connection.execute(query).scalar_one()


def saved(tab: Page) -> None:
    expect(tab.locator("#status-words")).to_have_text("saved", timeout=20_000)


def test_a_group_is_looked_through_judged_with_one_key_and_taken_back(visit: Callable[..., Page], store: Store) -> None:
    tab = visit("Ada")
    expect(tab.locator("#lookalikes-words")).to_have_text(
        "39 look-alikes share this message's template, all of them predicted notification."
    )
    expect(tab.locator("#lookalikes-pattern")).to_contain_text("‹*› your bill of ‹*› is due on Monday b ‹*›")
    before = tab.locator("#message").inner_text()
    tab.keyboard.press("l")
    rows = tab.locator("#group-rows .member")
    expect(rows).to_have_count(5)
    expect(rows.first).to_be_focused()
    expect(rows.first).to_contain_text("<b>")
    assert tab.locator("#group-rows b").count() == 0, "text of a message is never markup"
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("x")
    expect(rows.nth(1)).to_have_attribute("aria-pressed", "true")
    expect(rows).to_have_count(9)
    expect(tab.locator("#group-words")).not_to_contain_text("more to look at")
    tab.keyboard.press("2")
    expect(tab.locator("#group")).to_be_hidden()
    saved(tab)
    assert labels(store, "Ada") == 37, "forty, one taken out, two held back for somebody else"
    expect(tab.locator("#message")).not_to_have_text(before)
    expect(tab.locator("#last")).to_contain_text("39 look-alikes")
    tab.keyboard.press("u")
    expect(tab.locator("#message")).to_have_text(before)
    expect(tab.locator("#last li")).to_have_count(0)
    assert labels(store, "Ada") == 0


def test_a_group_judged_without_a_connection_is_kept_over_a_reload(visit: Callable[..., Page], store: Store) -> None:
    tab = visit("Bela")
    expect(tab.locator("#lookalikes")).to_be_visible()
    tab.keyboard.press("l")
    expect(tab.locator("#group-rows .member").first).to_be_focused()
    tab.route("**/desk/lookalikes/judge", lambda route: route.abort())
    tab.keyboard.press("1")
    expect(tab.locator("#status-words")).to_have_text("1 not yet saved")
    assert labels(store, "Bela") == 0
    tab.unroute("**/desk/lookalikes/judge")
    tab.on("dialog", lambda dialog: dialog.accept())
    tab.reload()
    saved(tab)
    assert labels(store, "Bela") > 20


def test_on_a_phone_a_group_is_judged_by_touch_after_it_was_scrolled_through(visit: Callable[..., Page]) -> None:
    tab = visit("Chidi", viewport={"width": 390, "height": 600}, has_touch=True, is_mobile=True)
    while tab.locator("#place").inner_text() == "blind":  # spot checks of the group before: each is judged alone
        lease = tab.locator("#message").get_attribute("data-lease")
        tab.locator("#skip").tap()
        expect(tab.locator("#message")).not_to_have_attribute("data-lease", lease or "")
    tab.locator("#open-group").tap()
    rows = tab.locator("#group-rows .member")
    expect(rows.first).to_be_visible()
    expect(tab.locator("#group-words")).to_contain_text("more to look at")
    tab.locator("#group-choices button").first.tap()  # shows what was not looked at yet, and judges nothing
    expect(tab.locator("#group")).to_be_visible()
    for place in range(rows.count()):
        rows.nth(place).scroll_into_view_if_needed()
    expect(tab.locator("#group-words")).not_to_contain_text("more to look at")
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tab.locator("#group-choices button").first.tap()
    expect(tab.locator("#group")).to_be_hidden()
    saved(tab)
