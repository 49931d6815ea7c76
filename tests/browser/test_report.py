"""The live page as one file, opened from the disk where there is no network."""

from __future__ import annotations

import re
from pathlib import Path

import hostile
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from rooms import CLASSES
from typer.testing import CliRunner

from core import Project
from dashboard.command import build
from dashboard.demo.furnished import furnish
from dashboard.reading import Reading, look
from dashboard.samples import Samples
from dashboard.view_state import Drawing
from dashboard.views import View
from labeling.audit import entries

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("room")
    furnish(folder, messages=900).close()
    return folder


def written(folder: Path, *options: str) -> Path:
    """The report that the command writes."""
    out = folder / "report.html"
    done = CliRunner().invoke(build(["report"]), ["report", "--room", str(folder), "--out", str(out), *options])
    assert done.exit_code == 0, done.output
    return out


def opened(browser: Browser, file: Path) -> tuple[Page, list[str]]:
    """The file in a browser without a network; and what it asked for or complained of."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, offline=True)
    context.add_init_script(hostile.CANARY)
    tab, troubles = context.new_page(), []  # type: ignore[var-annotated]
    own = ("file:", "blob:", "data:")
    tab.on("request", lambda asked: None if asked.url.startswith(own) else troubles.append(asked.url))
    tab.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: troubles.append(str(error)))
    tab.goto(file.as_uri())
    tab.wait_for_function("Bokeh.documents.length > 0 && Bokeh.documents[0].roots().length > 0")
    return tab, troubles


def test_a_report_shows_the_numbers_of_the_live_page_without_a_network(room: Path, browser: Browser) -> None:
    tab, troubles = opened(browser, written(room))
    project = Project(room)
    with look(project, Samples(project.classes)) as common:
        state = Drawing(project.classes, "now", masks=True).state(Reading(common, View()), None, None)
    for name in ("messages", "champion", "verdicts", "confirms", "watched"):
        assert tab.locator(f"[data-word={name}]").inner_text() == state.words[name]
    drawn = tab.evaluate(
        """() => { const doc = Bokeh.documents[0], source = doc.get_model_by_name("confusion.folds");
        return Array.from(source.data.key, (key, at) => [key, source.data.n[at]]); }"""
    )
    assert dict(drawn) == {key: row["n"] for key, row in state.tables["confusion.folds"].items()}
    assert len(drawn) == len(CLASSES) ** 2
    assert tab.locator(".verdicts tbody tr").count() == len(state.tables["verdicts"])
    assert tab.locator(".bk-Figure").count() >= 3
    assert troubles == []
    found = Axe().run(tab).response["violations"]
    assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
    project.close()
    tab.context.close()


def test_digits_are_hidden_unless_asked_for_and_that_goes_on_record(room: Path) -> None:
    shown = written(room).read_text("utf-8")
    assert "Digits within numbers are hidden." in shown
    bodies = re.findall(r'<td dir="auto">(.*?)</td>', shown)
    assert bodies
    assert not any(re.search(r"\d{3}", body) for body in bodies)
    assert "Digits within" not in written(room, "--unmasked").read_text("utf-8")
    project = Project(room)
    assert entries(project.store)[0].action == "unmasked"
    project.close()


def test_a_range_that_there_is_not_is_refused_with_a_sentence(room: Path) -> None:
    done = CliRunner().invoke(build(["report"]), ["report", "--room", str(room), "--range", "soon"])
    assert done.exit_code != 0
    assert "time range" in str(done.exception)


def test_a_report_of_a_hostile_room_runs_nothing(tmp_path: Path, browser: Browser) -> None:
    hostile.make_hostile_room(tmp_path, f"sqlite:///{tmp_path / 'tallyroom.db'}", huge=0).close()
    tab, troubles = opened(browser, written(tmp_path))
    for summary in tab.locator("summary").all():
        summary.click()
    assert tab.evaluate("pwnedBy") == []
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert troubles == []
    tab.context.close()
