"""The Rules page in a real Chromium, on both databases: its numbers open, it follows a run, hostile names are text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import look
from playwright.sync_api import Browser, Page, expect
from rooms import add_messages
from servers import Server, make_folder

from core import Project
from core.pipeline import judge_rules
from core.pipeline.tag import tag
from core.store import Store
from core.store.models import Origin
from core.store.records.labels import set_label
from labeling.models import Role

pytestmark = pytest.mark.browser
HOSTILE = "<img src=x onerror='window.pwned=1'>\u202e"
RULES = f"""version: 1
rules:
  - {{name: won, class: spam, pattern: won}}
  - {{name: prize, class: spam, pattern: prize}}
  - {{name: "{HOSTILE}", class: personal, pattern: "mum|{HOSTILE}", note: "{HOSTILE}"}}
"""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def opened(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, Project]]:
    folder: Path = tmp_path_factory.mktemp("room")
    sqlite = f"sqlite:///{folder / 'tallyroom.db'}"
    url = sqlite if request.param == "sqlite" else request.getfixturevalue("new_postgresql")()
    make_folder(folder, url)
    with Store.open(url, create=True) as store:
        ids = add_messages(store, [f"mum won {n}" for n in range(20)] + [f"won a prize {n}" for n in range(10)])
        for message_id in ids[:3]:
            store.write(lambda c, m=message_id: set_label(c, m, Origin.VERDICT, "personal"))  # type: ignore[misc]
    project = Project(folder)
    server = Server(folder).start()
    yield server, project
    server.stop()
    project.close()


@pytest.fixture
def tab(opened: tuple[Server, Project], browser: Browser) -> Page:
    room = opened[0], opened[1].store
    return look(browser, room, "page=rules", "Lea", Role.LEAD, viewport={"width": 1440, "height": 900})


def given(project: Project, rules: str) -> None:
    """A rule file, voted and looked at by the line."""
    (project.folder / "rules.yaml").write_text(rules)
    tag(project)
    judge_rules(project)


def test_a_room_without_rules_says_how_to_write_the_first_and_shows_it_once_it_was_looked_at(
    opened: tuple[Server, Project], tab: Page
) -> None:
    (opened[1].folder / "rules.yaml").unlink(missing_ok=True)
    tab.reload()
    expect(tab.locator("#first-rule")).to_contain_text('class: "spam"')
    expect(tab.locator("#found")).to_be_hidden()
    given(opened[1], RULES)
    expect(tab.locator("#rules tr.rule")).to_have_count(3)
    expect(tab.locator("#no-rules")).to_be_hidden()


def test_every_number_opens_its_messages_by_the_mouse_and_by_the_keyboard(
    opened: tuple[Server, Project], tab: Page
) -> None:
    given(opened[1], RULES)
    won = tab.locator('tr.rule[data-rule="won"]')
    won.locator("[data-what=conflicts]").click()
    expect(tab.locator("#drawer-rows > li")).to_have_count(20)
    expect(tab).to_have_url(re.compile("open=.*conflicts"))
    tab.keyboard.press("Escape")
    expect(tab.locator("#drawer")).to_be_hidden()
    won.locator("[data-what=wrong]").click()
    expect(tab.locator("#drawer-rows > li")).to_have_count(3)
    tab.keyboard.press("Escape")
    expect(tab.locator("#drawer")).to_be_hidden()
    won.focus()
    tab.keyboard.press("ArrowDown")
    expect(tab.locator('tr.rule[data-rule="prize"]')).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab.locator("tr.detail li").first).to_contain_text("won")
    tab.keyboard.press("m")
    expect(tab.locator("#drawer-rows > li")).to_have_count(10)
    tab.keyboard.press("Escape")
    expect(tab.locator("#drawer")).to_be_hidden()
    won.focus()
    tab.keyboard.press("ArrowLeft")
    expect(won.locator(".spark button").last).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab.locator("#drawer-rows > li")).to_have_count(30)
    expect(tab).to_have_url(re.compile("since"))
    for head, n in (("known", 3), ("covered", 30), ("looked", 30)):
        tab.keyboard.press("Escape")
        expect(tab.locator("#drawer")).to_be_hidden()
        tab.locator(f"#{head}").click()
        expect(tab.locator("#drawer-rows > li")).to_have_count(n)
    tab.locator("#drawer").get_by_role("button", name="Draft a rule").click()
    expect(tab.locator("#drawer-take textarea")).to_be_visible()


def test_names_patterns_and_notes_are_text(opened: tuple[Server, Project], tab: Page) -> None:
    given(opened[1], RULES)
    row = tab.locator("tr.rule").nth(2)
    row.locator("[data-what=more]").click()
    expect(tab.locator("tr.detail .mark")).to_have_count(1)
    expect(row.locator(".pattern .mark")).to_have_count(1)
    row.locator("[data-what=all]").click()
    expect(tab.locator("#drawer-rows > li")).to_have_count(20)
    assert tab.evaluate("window.pwned") is None
    assert tab.locator("#main img, #drawer img").count() == 0


def test_a_file_that_cannot_be_read_says_where_and_what_to_do_and_keeps_what_was_found(
    opened: tuple[Server, Project], tab: Page
) -> None:
    given(opened[1], RULES)
    expect(tab.locator("#rules tr.rule")).to_have_count(3)
    (opened[1].folder / "rules.yaml").write_text(RULES.replace("pattern: prize", "pattern: '(prize'"))
    tab.reload()
    expect(tab.locator("#trouble-what")).to_contain_text(re.compile(r"rules\.yaml:4.*prize.*no regular expression"))
    expect(tab.locator("#trouble-fix")).to_contain_text("what was found the last time")
    expect(tab.locator("#rules tr.rule")).to_have_count(3)
    given(opened[1], RULES.replace("prize", "price"))
    tab.reload()
    expect(tab.locator("#trouble")).to_be_hidden()
    expect(tab.locator('tr.rule[data-rule="price"]')).to_be_visible()
