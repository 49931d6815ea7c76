"""The drawer in a real Chromium: from a number to its messages, and from them to a queue, a rule, a link."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from chromium import look
from playwright.sync_api import Browser, Page, expect
from rooms import add_messages, add_queue, the_dataset
from servers import Server, make_folder
from sqlalchemy import func, select

from core import Project
from core.pipeline.index import index_texts
from core.store import Store
from core.store.models import Origin, RunId
from core.store.records.labels import set_label
from core.store.records.predictions import add_predictions
from core.store.records.runs import NewRun, finish_run, promote, start_run
from labeling.models import Queue, Role, Task

pytestmark = pytest.mark.browser
HOSTILE = [
    "<script>window.pwned=1</script> prize", "<img src=x onerror='window.pwned=1'> prize", "{{7*7}}<%= 7*7 %>${7*7}",
    "\u202egnp.exe\u202c \u200bhidden prize", "</script><svg onload=window.pwned=1>", "x" * 30_000, "آپ prize جیتے",
]  # fmt: skip
PLAIN = [f"win a prize number {n}" if n % 3 else f"your code is 4938{n}" for n in range(140)]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Store]]:
    """A room whose model calls all spam, which the office says half of is personal."""
    folder = tmp_path_factory.mktemp("room")
    sqlite = f"sqlite:///{folder / 'tallyroom.db'}"
    url = sqlite if request.param == "sqlite" else request.getfixturevalue("new_postgresql")()
    with Store.open(url, create=True) as store:
        ids = add_messages(store, [*HOSTILE, *PLAIN])
        dataset = the_dataset(store)
        run_id = store.write(lambda c: start_run(c, NewRun(dataset, "<b>svc</b>", "fp", 0, 0, 5, 7, {})))
        said = pd.DataFrame({"message_id": ids, "klass": "spam", "hour": 497_222})
        said = said.assign(confidence=[0.5 + 0.003 * n for n in range(len(ids))])
        store.write(lambda c: add_predictions(c, RunId(run_id), said))
        store.write(lambda c: finish_run(c, run_id))
        store.write(lambda c: promote(c, dataset, run_id, by="test", reason="a test"))
        for message_id in ids[: len(HOSTILE) + 100]:
            store.write(lambda c, each=message_id: set_label(c, each, Origin.VERDICT, "personal"))
        add_queue(store, ids[-3:], blind_share=0.0)
        make_folder(folder, url)
        with_index = Project(folder)
        index_texts(with_index)
        with_index.close()
        server = Server(folder).start()
        yield server, store
        server.stop()


@pytest.fixture
def visit(opened: tuple[Server, Store], browser: Browser) -> Callable[..., Page]:
    """Opens the live page as somebody, against the office's verdicts."""

    def go(name: str, role: Role, address: str = "page=live&against=verdicts", **options: Any) -> Page:
        return look(browser, opened, address, name, role, **{"viewport": {"width": 1440, "height": 900}, **options})

    return go


def open_cell(tab: Page) -> None:
    tab.locator("[data-figure=confusion] .as-table summary").press("Enter")
    tab.locator("[data-cell='personal|spam']").press("Enter")
    expect(tab.locator("#drawer .line").first).to_be_visible()


def rows(tab: Page) -> int:
    return tab.locator("#drawer .line").count()


def test_a_lead_goes_from_a_cell_to_a_queue_and_the_queue_is_in_the_store(
    visit: Callable[..., Page], opened: tuple[Server, Store]
) -> None:
    _, store = opened
    tab = visit("Lea", Role.LEAD)
    open_cell(tab)
    expect(tab.locator("#drawer-title")).to_have_text("personal called spam")
    expect(tab.locator("#drawer-sub")).to_have_text("by <b>svc</b> v1, against the office's verdicts")
    assert rows(tab) == 50
    tab.locator("#drawer-rows").evaluate("(list) => list.scrollTo(0, list.scrollHeight)")
    tab.wait_for_function("document.querySelectorAll('#drawer .line').length > 50")
    tab.keyboard.press("/")
    tab.keyboard.type("prize*")
    tab.wait_for_function("/prize/.test(decodeURIComponent(location.search))")
    tab.locator("#drawer-order").select_option("surest")
    tab.wait_for_function("/[?&]open=.*surest/.test(decodeURIComponent(location.search))")
    tab.get_by_role("button", name="Make a queue").click()
    tab.locator("#drawer-take input").fill('Prizes <img src=x onerror="window.pwned=1">')
    tab.locator("#drawer-take [type=submit]").dblclick()
    expect(tab.locator("#drawer-take .result").last).to_contain_text("messages wait in it")
    with store.read() as connection:
        queues = connection.execute(select(Queue.id, Queue.source).where(Queue.name.startswith("Prizes"))).all()
        assert len(queues) == 1
        n = connection.execute(select(func.count()).where(Task.queue_id == queues[0].id)).scalar_one()
    assert n == sum("prize" in body for body in [*HOSTILE, *PLAIN[:100]])
    assert queues[0].source.startswith("behind:run=1&against=verdicts")
    assert tab.evaluate("window.pwned") is None
    assert tab.locator("#drawer img, #drawer script, #drawer svg").count() == 0


def test_a_rule_is_drafted_with_what_it_hits_and_a_file_is_taken(visit: Callable[..., Page]) -> None:
    tab = visit("Lea", Role.LEAD)
    open_cell(tab)
    tab.get_by_role("button", name="Draft a rule").click()
    pattern, result = tab.locator("#drawer-take textarea"), tab.locator("#drawer-take .result")
    pattern.fill("win a prize")
    hits = sum("win a prize" in body for body in PLAIN)
    expect(result).to_contain_text(f"Hits {hits} of the newest {len(PLAIN) + len(HOSTILE)} messages", timeout=20_000)
    expect(tab.locator("#drawer-take pre")).to_contain_text("pattern: win a prize")
    for wrong, words in (("(", "no pattern"), ("(?=x)y", "linear time")):
        pattern.fill(wrong)
        expect(result).to_contain_text(words)
    with tab.expect_download() as saved:
        tab.get_by_role("link", name=re.compile("as CSV")).click()
    text = saved.value.path().read_text("utf-8")
    assert text.startswith("message_id,repeat,source,key,body")
    assert "win a prize number 1" in text


def test_a_link_opens_the_same_and_back_closes_it(visit: Callable[..., Page]) -> None:
    ada = visit("Ada", Role.REVIEWER)
    open_cell(ada)
    ada.locator("#drawer-q").fill('"a prize"')
    expect(ada.locator("#drawer .line").first).to_contain_text("win a prize")
    ada.wait_for_function("/a\\+prize/.test(decodeURIComponent(location.search))")
    address = ada.url.partition("?")[2]
    bela = visit("Bela", Role.REVIEWER, address)
    expect(bela.locator("#drawer-q")).to_have_value('"a prize"')
    expect(bela.locator("#drawer .line").first).to_have_text(ada.locator("#drawer .line").first.text_content() or "")
    ada.go_back()
    expect(ada.locator("#drawer")).to_be_hidden()
    assert "open=" not in ada.url
    assert ada.evaluate("document.activeElement.dataset.cell") == "personal|spam"
    ada.go_forward()
    expect(ada.locator("#drawer .line").first).to_be_visible()
    bela.keyboard.press("Escape")
    expect(bela.locator("#drawer")).to_be_hidden()
    assert "open=" not in bela.url


def test_the_keyboard_alone_reads_a_message_and_stays_in_the_drawer(visit: Callable[..., Page]) -> None:
    tab = visit("Ada", Role.REVIEWER, viewport={"width": 390, "height": 844})
    open_cell(tab)
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Enter")
    second = tab.locator("#drawer .line").nth(1)
    expect(second).to_have_attribute("aria-expanded", "true")
    expect(tab.locator("#drawer .opened").nth(1)).to_contain_text("Nobody has judged it")
    for _ in range(40):
        tab.keyboard.press("Tab")
        assert tab.evaluate("document.activeElement.closest('#drawer') !== null")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    expect(tab.locator("#drawer footer")).to_be_hidden()
    found = Axe().run(tab, context="#drawer")
    assert [each["id"] for each in found.response["violations"] if each["impact"] in ("serious", "critical")] == []
    tab.keyboard.press("Escape")
    expect(tab.locator("#drawer")).to_be_hidden()


def test_a_viewer_cannot_find_out_masked_digits_by_searching(visit: Callable[..., Page]) -> None:
    tab = visit("Vera", Role.VIEWER)
    open_cell(tab)
    tab.locator("#drawer-q").fill("code")
    expect(tab.locator("#drawer .line").first).to_contain_text("your code is 4•••")
    for digits in ("49380", "49*"):
        tab.locator("#drawer-q").fill(f"code {digits}")
        expect(tab.locator("#drawer-rows")).to_contain_text("numbers are masked for you")
    tab.locator("#drawer-q").fill('" OR *')
    expect(tab.locator("#drawer-rows")).to_contain_text("No message here has these words")
    tab.locator("#drawer-q").fill("***")
    expect(tab.locator("#drawer-rows")).to_contain_text("there is no word in this search")
