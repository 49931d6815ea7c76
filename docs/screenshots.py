"""Takes the pictures of every page: `make screenshots`. Writes docs/pictures and docs/explanation/screens.md.

Every page in every state (an empty room, a room at work, a server that is gone), in the light and in the dark, 1440,
1024 and 390 pixels wide. The room is the demo's, with a fixed seed; only its clock differs from day to day.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from core import Project
from core.store.queries.tasks import graph
from core.store.queries.trials import SearchRow, running_search, trials_over
from core.store.records.asks import ask_rerun
from dashboard.demo.furnished import furnish
from dashboard.figures import figures_of
from dashboard.pages import PAGES
from dashboard.views import PANES
from labeling.models import Role
from labeling.people import accept, add_person, invite, issue_link

if TYPE_CHECKING:  # the tests read this file
    from core.pipeline.search import SearchOptions

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests" / "support"))
PICTURES, DESIGN = HERE / "pictures", HERE / "pictures" / "design"
SCREENS = HERE / "explanation" / "screens.md"
THEMES = ("light", "dark")
SIZES = {1440: 900, 1024: 768, 390: 844}
STATES = {
    "busy": "at work",
    "searching": "a search under way",
    "empty": "empty",
    "gone": "the server is gone",
}
SEARCHING = ("search", "pipeline")
"""Screens that look otherwise while a search is under way."""
SEARCH, TRIALS = "10m", 32
"""What ends the first search is a number of trials, on however busy a machine."""
SEARCH_BEGINS_SECONDS = 240.0
SHOWN_PANES = [pane for pane in PANES if figures_of(pane, ("one", "other"))]
"""Those with figures."""
QUALITY = 58
SETTLE_MS = 900
GONE_MS = 7_500
"""As long as a page waits for an answer before it says that none comes."""
DOOR = "door"


def screens() -> dict[str, str]:
    """Every picture's name and the address that it is taken of: each pane of the live page, each page, the door."""
    panes = {"live" if pane == "now" else f"live-{pane}": f"?page=live&pane={pane}" for pane in SHOWN_PANES}
    others = sorted((page for page in PAGES if page.name != "live"), key=lambda page: page.place)
    pages = {page.name: f"?page={page.name}" for page in others}
    return {**panes, **pages, "compare": f"{pages['compare']}&comparison=1", DOOR: ""}


def file_of(screen: str, state: str, theme: str, width: int) -> Path:
    """Where a picture lies."""
    return PICTURES / f"{screen}-{state}-{theme}-{width}.webp"


def is_shown(screen: str, state: str) -> bool:
    """Whether a screen is taken in a state. At the door nobody notices that the server is gone."""
    return screen in SEARCHING if state == "searching" else (screen, state) != (DOOR, "gone")


def expected() -> list[Path]:
    """All pictures there should be."""
    return [file_of(*each) for each in product(screens(), STATES, THEMES, SIZES) if is_shown(*each[:2])]


@contextmanager
def searching(room: Path) -> Iterator[None]:
    """A watcher with a search under way: the room's own search, run again by somebody."""
    project = Project(room)
    store, dataset = project.store, project.dataset_id
    with store.read() as connection:
        task = next(each for each in graph(connection, dataset) if each.family == "Search")
    store.write(lambda connection: ask_rerun(connection, dataset, task.fingerprint, by="Noor", person_id=None))
    command = [sys.executable, "-m", "dashboard.command", "run", "--room", str(room), "--watch"]
    with subprocess.Popen(command) as watcher:  # noqa: S603 - this program
        try:
            deadline = time.monotonic() + SEARCH_BEGINS_SECONDS
            while not _has_tried(project):
                assert time.monotonic() < deadline, "the search does not begin"
                time.sleep(0.2)
            yield
        finally:
            watcher.terminate()
    project.close()


def _has_tried(project: Project) -> bool:
    """Whether a search is running that has a trial or two behind it."""
    with project.store.read() as connection:
        running = running_search(connection, project.dataset_id)
        return running is not None and trials_over(connection, running.id) > 1


@contextmanager
def opened(browser: Browser, theme: str, width: int) -> Iterator[BrowserContext]:
    """A browser of somebody's own, of that size and taste."""
    size = {"width": width, "height": SIZES[width]}
    context = browser.new_context(viewport=size, color_scheme=theme, locale="en-GB", timezone_id="UTC")  # type: ignore[arg-type]
    yield context
    context.close()


def shoot(tab: Page, path: Path, encoders: ThreadPoolExecutor) -> None:
    """A picture of what is on the screen; made small beside the next one."""
    png = tab.screenshot(animations="disabled")
    encoders.submit(lambda: Image.open(io.BytesIO(png)).convert("RGB").save(path, "WEBP", quality=QUALITY, method=5))


def visit(browser: Browser, room: Path, state: str, encoders: ThreadPoolExecutor) -> None:
    """Every screen of one room; of the one at work again with its server gone."""
    from servers import Server

    project = Project(room)
    person = add_person(project.store, "you", Role.ADMIN)
    server = Server(room).start()
    try:
        for theme, width in product(THEMES, SIZES):
            if is_shown(DOOR, state):
                with opened(browser, theme, width) as stranger:
                    door = stranger.new_page()
                    door.goto(server.base)
                    shoot(door, file_of(DOOR, state, theme, width), encoders)
            with opened(browser, theme, width) as context:
                tabs = {}
                first = context.new_page()
                first.goto(f"{server.base}/door?token={issue_link(project.store, person.id)}")
                first.close()
                for screen, address in screens().items():
                    if screen == DOOR or not is_shown(screen, state):
                        continue
                    tabs[screen] = tab = context.new_page()
                    tab.goto(f"{server.base}{address}")
                    tab.wait_for_function("document.getElementById('status-words').textContent !== 'connecting'")
                    tab.wait_for_timeout(SETTLE_MS)
                    shoot(tab, file_of(screen, state, theme, width), encoders)
                if state == "busy":
                    server.kill()
                    first_gone = True
                    for screen, tab in tabs.items():
                        tab.bring_to_front()  # a tab in the background asks nobody
                        tab.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
                        tab.wait_for_timeout(GONE_MS if first_gone else SETTLE_MS)
                        first_gone = False
                        shoot(tab, file_of(screen, "gone", theme, width), encoders)
                    server.start()
    finally:
        server.stop()
        project.close()


def empty_room(folder: Path) -> Path:
    """A room in which nothing has happened."""
    from typer.testing import CliRunner

    from dashboard.command import build

    asked = ["init", str(folder), "--classes", "personal,notification,spam"]
    done = CliRunner().invoke(build(), asked)
    assert done.exit_code == 0, done.output
    return folder


def page() -> str:
    """The page of the documentation that shows them."""
    lines = [
        "# What it looks like",
        "",
        "Every page, at work, in an empty room and when its server is gone; in the light and in the dark; 1440, 1024",
        "and 390 pixels wide. `make screenshots` takes them all again, of the demo's room.",
        "",
    ]
    for screen in screens():
        lines += [f"## {screen.replace('-', ': ').capitalize()}", ""]
        if (DESIGN / f"{screen}.webp").exists():
            lines += ["| built | designed |", "|---|---|"]
            built = f"../pictures/{file_of(screen, 'busy', 'light', 1440).name}"
            lines += [f"| ![{screen}, built]({built}) | ![{screen}, designed](../pictures/design/{screen}.webp) |", ""]
        for state, words in STATES.items():
            lines += _table(screen, state, words)
    return "\n".join(lines).rstrip() + "\n"


def _table(screen: str, state: str, words: str) -> list[str]:
    if not is_shown(screen, state):
        return []
    rows = [f"### {screen.replace('-', ': ').capitalize()}, {words}", ""]
    rows += ["| | " + " | ".join(f"{width} px" for width in SIZES) + " |", "|---|" + "---|" * len(SIZES)]
    for theme in THEMES:
        cells = [
            f"![{screen}, {words}, {theme}, {width} pixels](../pictures/{file_of(screen, state, theme, width).name})"
            for width in SIZES
        ]
        rows.append(f"| {theme} | " + " | ".join(cells) + " |")
    return [*rows, ""]


def furnished(folder: Path) -> Project:
    """The demo's room after some days of work, among it a search, short and real."""
    import core.pipeline.search

    whole = core.pipeline.search.search_room

    def short(room: Project, options: SearchOptions, told: Callable[[SearchRow], None]) -> SearchRow:
        return whole(room, replace(options, trials=TRIALS), told)

    os.environ["TALLYROOM_PIPELINE__SEARCH"] = SEARCH
    core.pipeline.search.search_room = short
    try:
        return furnish(folder)
    finally:
        core.pipeline.search.search_room = whole


def main() -> None:
    """Take them all."""
    names = ("chromium", "chromium-headless-shell", "google-chrome")
    chromium = os.environ.get("TALLYROOM_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if chromium is None:
        sys.exit("No Chromium here: install it, or set TALLYROOM_CHROMIUM.")
    PICTURES.mkdir(exist_ok=True)
    for old in PICTURES.glob("*.webp"):
        old.unlink()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(1) as encoders, sync_playwright() as playwright:
        project = furnished(Path(folder) / "busy")
        accept(project.store, invite(project.store, "Root", Role.ADMIN, by=None), "a heron on the roof")
        project.close()
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        visit(browser, empty_room(Path(folder) / "empty"), "empty", encoders)
        visit(browser, Path(folder) / "busy", "busy", encoders)
        with searching(Path(folder) / "busy"):
            visit(browser, Path(folder) / "busy", "searching", encoders)
        browser.close()
    missing = [path.name for path in expected() if not path.exists()]
    assert not missing, missing
    SCREENS.write_text(page(), "utf-8")
    size = sum(path.stat().st_size for path in PICTURES.rglob("*.webp"))
    print(f"{len(expected())} pictures, {size / 1e6:.1f} MB, in {PICTURES}; {SCREENS} shows them.")


if __name__ == "__main__":
    main()
