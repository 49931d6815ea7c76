"""The registry in a real Chromium: a lead promotes and rolls back by keys, others see it move, and why it says so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from chromium import look
from playwright.sync_api import Browser, Page, expect
from rooms import CLASSES, add_messages
from runs import add_run, promoted
from servers import Server, make_folder

from core.export.scorers.tallyroom import Scorer
from core.learning import Candidate, fit
from core.store import Store
from core.store.models import RunId
from core.store.records.runs import NewRun, finish_run, note_made_with, start_run
from labeling.models import Role

pytestmark = pytest.mark.browser
HOSTILE = "<img/src=x/onerror=window.pwned=1>\u202egnp"
MADE = {"commit": {"id": "a" * 40, "dirty": True}, "seed": 7, "packages": {"numpy": HOSTILE}}


def model() -> bytes:
    texts = ["dinner mum"] * 9 + ["code 493822"] * 9 + [f"prize {HOSTILE}"] * 9
    return fit(Candidate.parse("word-svc"), texts, np.repeat([0, 1, 2], 9), CLASSES, seed=1).to_bytes()


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Store]]:
    """A champion, a better challenger that can be promoted, one that failed with a hostile sentence."""
    folder: Path = tmp_path_factory.mktemp("room")
    url = f"sqlite:///{folder / 'tallyroom.db'}"
    with Store.open(url, create=True) as store:
        ids = add_messages(store, [f"dinner {HOSTILE} code {n}" for n in range(120)])
        first = promoted(store, add_run(store, ids, "word-cnb", ["personal"] * 12 + ["spam"] * 108, model=model()))
        store.write(lambda c: note_made_with(c, first, MADE))
        add_run(store, ids, "word-svc", ["spam"] * 120, model=model())
        new = NewRun(1, "char-gone", "broken", 0, 9, 2, 7, {})  # type: ignore[arg-type]
        failed = store.write(lambda c: start_run(c, new))
        store.write(lambda c: finish_run(c, failed, error=f"it broke: {HOSTILE}"))
        server = Server(make_folder(folder, url)).start()
        yield server, store
        server.stop()


def visit(opened: tuple[Server, Store], browser: Browser, role: Role = Role.LEAD, **options: Any) -> Page:
    tab = look(browser, opened, "page=registry&run=1", f"a {role}", role, **options)
    expect(tab.locator("#champion-name")).to_contain_text("v1")
    return tab


def serious(tab: Page) -> list[str]:
    found = Axe().run(tab).response["violations"]
    bad = [each for each in found if each["impact"] in ("serious", "critical")]
    return [f"{each['id']}: {node['html'][:160]} {node['any']}" for each in bad for node in each["nodes"]]


def test_a_lead_promotes_and_rolls_back_by_keys_and_others_see_it(
    opened: tuple[Server, Store], browser: Browser
) -> None:
    promoted(opened[1], RunId(1))
    viewer, tab = visit(opened, browser, Role.VIEWER), visit(opened, browser)
    expect(tab.locator("#champion-name")).to_have_text("word-cnb v1")
    expect(tab.locator("#champion-commit")).to_have_text("aaaaaaaa + changes")
    expect(tab.locator("#challengers tbody tr")).to_have_count(2)
    expect(tab.locator("#challengers tbody tr").first).to_contain_text("better, settled")
    expect(tab.locator("#challengers .sub").last).to_contain_text("it broke: <img")
    assert tab.locator("#challengers .mark").first.inner_text() == "RLO"
    assert viewer.locator("#challengers .btn").count() == 0

    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("p")
    expect(tab.locator("#acting")).to_be_visible()
    assert serious(tab) == []
    tab.keyboard.type(f"for the phones {HOSTILE}")
    tab.locator("#acting-go").press("Enter")
    for page in (tab, viewer):
        expect(page.locator("#champion-name")).to_have_text("word-svc v1")
        expect(page.locator("#champion-why")).to_contain_text("for the phones <img")
        expect(page.locator("#history li").first).to_contain_text("word-svc v1")

    tab.keyboard.press("b")
    expect(tab.locator("#acting-title")).to_have_text("Roll back")
    tab.keyboard.type("complaints")
    tab.keyboard.press("Escape")
    expect(tab.locator("#champion-name")).to_have_text("word-svc v1")
    tab.keyboard.press("b")
    tab.keyboard.type("complaints")
    tab.locator("#acting-go").press("Enter")
    for page in (tab, viewer):
        expect(page.locator("#history li").first).to_contain_text("Rolled back to word-cnb v1")
        expect(page.locator("#champion-why")).to_have_text("complaints")
    for page in (tab, viewer):
        assert page.evaluate("window.pwned") is None


def test_a_model_from_near_says_what_it_goes_by_and_where_it_is_surely_wrong(
    opened: tuple[Server, Store], browser: Browser
) -> None:
    tab = visit(opened, browser, Role.REVIEWER)
    expect(tab.locator(".of-class")).to_have_count(3)
    expect(tab.locator(".of-class").nth(2)).to_contain_text("<img/src=x")
    expect(tab.locator("#errors > li")).to_have_count(6)
    expect(tab.locator("#errors-words")).to_contain_text("12 of 120 messages")
    expect(tab.locator("#made")).to_contain_text("and changes that are in none")
    line = tab.locator("#errors .line").first
    line.focus()
    tab.keyboard.press("Enter")
    expect(tab.locator("#errors mark").first).to_be_visible()
    tab.locator("#all-errors").click()
    expect(tab.locator("#drawer-rows li")).to_have_count(12)
    assert "correct%3Dfalse" in tab.url
    assert "order%3Dsurest" in tab.url
    tab.keyboard.press("Escape")
    tab.locator("#challengers .name").first.focus()
    tab.keyboard.press("Enter")
    expect(tab.locator("#model-title")).to_be_focused()
    expect(tab.locator("#model-title")).to_have_text(tab.locator("#challengers .name").first.inner_text())
    assert "run=" in tab.url
    assert serious(tab) == []
    assert tab.evaluate("window.pwned") is None


def test_a_lead_downloads_a_model_by_a_key_and_is_told_where_it_cannot_leave(
    opened: tuple[Server, Store], browser: Browser
) -> None:
    tab = visit(opened, browser)
    expect(tab.locator("#download")).to_be_visible()
    with tab.expect_download() as found:
        tab.keyboard.press("d")
    assert found.value.suggested_filename == "word-cnb-v1.json"
    Scorer.read(found.value.path()).check()
    sentence = json.dumps({"error": {"what": "the dictionary cleans with links", "fix": "Leave it out."}})
    tab.route("**/registry/download*", lambda route: route.fulfill(status=400, body=sentence))
    tab.locator("#download").click()
    expect(tab.locator("#banner")).to_have_text(
        "word-cnb v1 cannot be downloaded: the dictionary cleans with links. Leave it out."
    )


def test_a_viewer_sees_neither_numbers_nor_a_way_to_promote(opened: tuple[Server, Store], browser: Browser) -> None:
    tab = visit(opened, browser, Role.VIEWER)
    expect(tab.locator(".of-class").nth(1)).to_contain_text("••••••")
    assert "493822" not in tab.locator("main").inner_text()
    expect(tab.locator("#back")).to_be_hidden()
    expect(tab.locator("#download")).to_be_hidden()
    tab.keyboard.press("b")
    expect(tab.locator("#acting")).to_be_hidden()


def test_a_phone_shows_it_without_a_scroll_to_the_side(opened: tuple[Server, Store], browser: Browser) -> None:
    tab = visit(opened, browser, viewport={"width": 390, "height": 844}, has_touch=True)
    expect(tab.locator("#errors > li").first).to_be_visible()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    promote = tab.locator("#challengers .btn").first
    box = promote.bounding_box()
    assert box is not None
    assert box["height"] >= 48
    promote.tap()
    expect(tab.locator("#acting")).to_be_visible()
