"""The Search page in a real Chromium: it follows a search, names are text, an empty room tells the command."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from rooms import the_dataset
from servers import Server, make_folder
from sqlalchemy import Connection

from core.store import Store
from core.store.models import SearchState, Stop, TrialState
from core.store.queries.trials import running_search
from core.store.records.trials import (
    NewSearch,
    NewTrial,
    beat,
    begin_search,
    begin_trial,
    end_search,
    end_trial,
    note_fold,
)
from labeling.models import Role

pytestmark = pytest.mark.browser
HOSTILE = "<img src=x onerror='window.pwned=1'>\u202e"
HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Store]]:
    folder = tmp_path_factory.mktemp("room")
    url = f"sqlite:///{folder / 'tallyroom.db'}"
    with Store.open(url, create=True) as store:
        server = Server(make_folder(folder, url)).start()
        yield server, store
        server.stop()


def begun(store: Store) -> int:
    from time import time

    now = int(1000 * time())
    new = NewSearch(
        dataset_id=the_dataset(store),
        fingerprint="f" * 16,
        label_cutoff=1,
        train_size=300,
        folds_planned=3,
        budget_ms=HOUR_MS,
        params={"features": ["word"], "estimators": ["cnb"], "workers": 2, "sampler": "tpe", "max_bytes": None},
        meta={},
    )

    def begin(connection: Connection) -> int:
        before = running_search(connection, new.dataset_id)
        if before is not None:  # of a test that failed, and is tried again
            end_search(connection, before.id, SearchState.STOPPED, None, None)
        search = begin_search(connection, new, now, now + HOUR_MS)
        assert search is not None
        beat(connection, search, HOUR_MS)  # nobody conducts it: it is not to be taken for lost
        return search

    return store.write(begin)


def tried(store: Store, search: int, number: int, name: str, folds: list[float]) -> int:
    new = NewTrial(search, number, name, "here:1", warm=number == 0, linear=True)
    trial = store.write(lambda connection: begin_trial(connection, new))
    store.write(lambda connection: note_fold(connection, trial, folds, 1.5))
    return trial


def visit(opened: tuple[Server, Store], tab: Page, name: str) -> None:
    server, store = opened
    tab.goto(server.link(store, name, Role.VIEWER))
    tab.goto(f"{server.base}?page=search")


def test_the_page_follows_a_search_from_an_empty_room_to_its_end(
    opened: tuple[Server, Store], browser: Browser
) -> None:
    server, store = opened
    context = browser.new_context()
    tab = context.new_page()
    troubles: list[str] = []
    tab.on("pageerror", lambda error: troubles.append(str(error)))
    visit(opened, tab, "Vera")
    expect(tab.locator("#nothing")).to_contain_text("tallyroom search --budget 10m")

    search = begun(store)
    first = tried(store, search, 0, "word-cnb", [0.9, 0.92, 0.91])
    expect(tab.locator("#found")).to_be_visible()
    expect(tab.locator("#left")).to_contain_text(re.compile("min"))
    expect(tab.locator("#trials tr")).to_have_count(1)
    expect(tab.locator("#trials")).to_contain_text("running")
    store.write(lambda connection: end_trial(connection, first, TrialState.DONE, None, model_bytes=12_000))
    expect(tab.locator("#best")).to_have_text("0.9100")
    second = tried(store, search, 1, HOSTILE, [0.4, 0.5])
    why = f"hopeless {HOSTILE}"
    store.write(lambda connection: end_trial(connection, second, TrialState.STOPPED, why, stop=Stop.HOPELESS))
    expect(tab.locator("#trials tr")).to_have_count(2)
    assert tab.locator("#trials .mark").count() == 2, "what changes the reading direction is shown as a mark"

    tab.locator("#chart").focus()
    tab.keyboard.press("ArrowRight")
    expect(tab.locator("#chosen")).to_contain_text("word-cnb")
    tab.keyboard.press("ArrowRight")
    expect(tab.locator("#chosen")).to_contain_text("hopeless")
    tab.get_by_role("button", name="stopped, and why").click()
    expect(tab.locator("#trials tr")).to_have_count(1)
    tab.get_by_role("button", name="all").click()
    tab.get_by_role("button", name="macro-F1").click()
    tab.get_by_role("button", name="macro-F1").click()
    expect(tab.locator("#trials .name").first).to_contain_text("img src")
    tab.get_by_role("button", name="word-cnb").press("Enter")
    expect(tab.locator(".folds li")).to_have_text(["fold 1 0.9000", "fold 2 0.9200", "fold 3 0.9100"])
    with tab.expect_download() as taken:
        tab.get_by_role("button", name="CSV").click()
    assert "word-cnb,done" in taken.value.path().read_text()
    with tab.expect_download() as taken:
        tab.get_by_role("link", name="JSON").click()
    assert json.loads(taken.value.path().read_text())["total"] == 2

    estimate = {"macro_f1": 0.91, "honest": 0.905}
    result = {
        "best": {"candidate": "word-cnb", **estimate},
        "ensemble": {
            "members": [["word-cnb", 0.75], [HOSTILE, 0.25]],
            "candidate": f"ensemble:0.75*word-cnb+0.25*{HOSTILE}",
            "bytes": 24_000,
            "features": 2,
            **estimate,
        },
        "importances": [{"part": "all", "name": "estimator", "share": 0.8, "trials": 9}],
    }
    store.write(lambda connection: end_search(connection, search, SearchState.DONE, result, None))
    expect(tab.locator("#left")).to_have_text("is over")
    expect(tab.locator("#honest")).to_have_text("0.9050")
    expect(tab.locator("#members li")).to_have_count(2)
    expect(tab.locator("#ensemble-words")).to_contain_text("24 kB of weights, 2 readings of each message")
    expect(tab.locator("#importances")).to_contain_text("80 %")
    expect(tab.locator("#count-words")).to_contain_text("1 stopped early (1 left behind), 1 fold saved")
    expect(tab.locator("#next li")).to_have_count(2)
    ensemble = tab.locator("#next .model-name").last
    expect(ensemble).to_contain_text("ensemble of 2")
    expect(ensemble).to_have_attribute("title", result["ensemble"]["candidate"])
    tab.locator("#chart").press("Home")
    expect(tab.locator("#chosen")).to_contain_text("word-cnb")
    assert tab.evaluate("window.pwned") is None
    assert troubles == []
    tab.set_viewport_size({"width": 390, "height": 844})
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing runs over on a phone"

    cookies = {each["name"]: each["value"] for each in context.cookies()}
    twin = httpx.get(f"{server.base}/search.json", cookies=cookies).json()
    assert [each["candidate"] for each in twin["trials"]] == ["word-cnb", HOSTILE]
    assert twin["candidates"] == ["word-cnb", result["ensemble"]["candidate"]]
    context.close()


def test_a_search_that_failed_says_so_and_why(opened: tuple[Server, Store], browser: Browser) -> None:
    _, store = opened
    search = begun(store)
    store.write(lambda connection: end_search(connection, search, SearchState.FAILED, None, f"a disk {HOSTILE}"))
    tab = browser.new_page()
    visit(opened, tab, "Fay")
    expect(tab.locator("#trouble")).to_contain_text("The search failed. a disk")
    expect(tab.locator("#left")).to_have_text("failed")
    expect(tab.locator("#ensemble-words")).to_have_text("None: the search was not summed up.")
    assert tab.evaluate("window.pwned") is None
    tab.close()


def test_a_search_whose_process_falls_silent_is_shown_as_lost(opened: tuple[Server, Store], browser: Browser) -> None:
    _, store = opened
    search = begun(store)
    tab = browser.new_page()
    visit(opened, tab, "Lou")
    expect(tab.locator("#left-name")).to_have_text("Budget left")
    store.write(lambda connection: beat(connection, search, -1))
    expect(tab.locator("#trouble")).to_contain_text("The search was lost. Its process has said nothing", timeout=20_000)
    expect(tab.locator("#left")).to_have_text("was lost")
    tab.close()


def test_without_a_session_nothing_of_a_search_is_told(opened: tuple[Server, Store]) -> None:
    assert httpx.get(f"{opened[0].base}/search.json").status_code == 401
