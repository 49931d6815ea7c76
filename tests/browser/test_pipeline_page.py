"""The pipeline page in a real Chromium: red within a second, why, and green again; cancelled, and taken up again."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from begun import Fork, tallyroom
from playwright.sync_api import Browser, Page, expect
from plugged import plug_in_estimator
from servers import Server
from sqlalchemy import func, select

from core import Project
from core.corpus import Corpus
from core.store import Store
from core.store.models import Audit, PipelineTask, TaskState
from dashboard.demo.room import drop
from labeling.models import Role

pytestmark = pytest.mark.browser
CORPUS = Corpus(11, start_ms=1_790_000_000_000, every_ms=60_000)
HOSTILE = "<img src=x onerror='window.pwned=1'>"
SETTINGS = """[room]
name = "Test"
classes = ["personal", "notification", "spam"]
[store]
url = "{url}"
[pipeline]
dataset = "sms"
candidates = ["word-moody"]
folds = 3
curve = [1.0]
retries = 0
retrain_after = 5
"""
DICTIONARY = """version: 1
dataset: sms
sources:
  - {name: phones, kind: csv, path: inbox/*.csv, columns: {key: id, body: text, sender: from, label: kind,
     sent_at: {from: sent_ms, dtype: epoch_ms}}}
cleaning: [nfc, whitespace]
"""
NOTE_THE_TIME = """() => {
  new MutationObserver(() => { if (document.querySelector(".task.failed")) window.failedAt ??= Date.now(); })
    .observe(document.body, {childList: true, subtree: true});
}"""
STRAY_LINES = """() => {
  const inside = document.getElementById("stages").getBoundingClientRect();
  return [...document.querySelectorAll("#edges path")].map((path) => path.getBoundingClientRect())
    .filter((line) => line.top < inside.top || line.bottom > inside.bottom).map((line) => [line.top, line.bottom]);
}"""


@dataclass
class Opened:
    """A served room. Its one candidate has moods: it fails while `mended` is missing, waits while `slow` is there."""

    server: Server
    store: Store
    folder: Path
    environment: dict[str, str]

    @property
    def mended(self) -> Path:
        return self.folder / "mended"

    @property
    def slow(self) -> Path:
        return self.folder / "slow"

    def watch(self) -> Fork:
        words = ["run", "--watch", "--room", str(self.folder)]
        return Fork(words, self.folder / "run.log", environment=self.environment)


@contextmanager
def open_room(folder: Path) -> Iterator[Opened]:
    url = f"sqlite:///{folder / 'tallyroom.db'}"
    for name in ("inbox", "dictionaries"):
        (folder / name).mkdir()
    (folder / "tallyroom.toml").write_text(SETTINGS.format(url=url))
    (folder / "dictionaries" / "sms.yaml").write_text(DICTIONARY)
    drop(folder, f"{HOSTILE.replace('/', '')}.csv", CORPUS.messages(0, 120), labelled=90)
    site = plug_in_estimator(folder)
    environment = {**os.environ, "PYTHONPATH": site, "MOODS": str(folder)}
    with Store.open(url, create=True) as store:
        Project(folder).dataset_id  # noqa: B018 - makes it
        server = Server(folder).start()
        yield Opened(server, store, folder, environment)
        server.stop()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Opened]:
    """A room in which nothing was done."""
    with open_room(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """A room whose line was gone over once."""
    with open_room(tmp_path_factory.mktemp("room")) as opened:
        opened.mended.touch()
        done = tallyroom("run", "--room", str(opened.folder), folder=opened.folder, environment=opened.environment)
        assert done.returncode == 0, done.stderr
        yield opened


def visit(opened: Opened, browser: Browser, name: str, role: Role, **options: Any) -> Page:
    tab = browser.new_context(**options).new_page()
    tab.goto(opened.server.link(opened.store, name, role))
    tab.goto(f"{opened.server.base}?page=pipeline")
    return tab


def failed_at(store: Store) -> int:
    with store.read() as connection:
        first = select(func.min(PipelineTask.finished_at)).where(PipelineTask.state == TaskState.FAILED)
        return int(connection.execute(first).scalar_one())


def heard_of(store: Store) -> None:
    """Wait until the process of the running fold has heard what is asked: with its heartbeat, which moves its lease."""
    lease = select(func.max(PipelineTask.lease_until)).where(PipelineTask.state == TaskState.RUNNING)
    seen: set[int] = set()
    deadline = time.monotonic() + 60
    while len(seen) < 4 and time.monotonic() < deadline:  # the first to move it may have looked before, or look now
        with store.read() as connection:
            seen.add(connection.execute(lease).scalar_one())
        time.sleep(0.05)


def test_a_failing_task_shows_red_with_its_message_and_its_rerun_turns_it_green(
    fresh: Opened, browser: Browser
) -> None:
    opened = fresh
    tab = visit(opened, browser, "Lea", Role.LEAD)
    expect(tab.locator("#no-tasks")).to_be_visible()
    expect(tab.locator("#unwatched")).to_contain_text("tallyroom run --watch")
    photograph(opened, browser, "empty")
    tab.evaluate(NOTE_THE_TIME)
    watcher = opened.watch()
    try:
        failed = tab.locator(".task.failed").first
        expect(failed).to_contain_text("the moon is in the wrong quarter", timeout=60_000)
        late = (tab.evaluate("window.failedAt") - failed_at(opened.store)) / 1000
        print(f"shown {late:.3f} s after the store had it")
        assert late < 5  # no promise of a busy machine: a second is what it takes on a quiet one, see docs/how-to
        expect(tab.locator("#unwatched")).to_be_hidden()
        expect(tab.locator('[data-family="CrossValidate"] .task.failed')).to_have_count(3)
        expect(tab.locator('[data-family="Benchmark"] .task')).to_contain_text("waits for 3 folds")
        assert tab.evaluate("window.pwned") is None
        photograph(opened, browser, "failing")

        failed.focus()
        tab.keyboard.press("Enter")
        expect(tab.locator("#log")).to_contain_text("RuntimeError: the moon is in the wrong quarter")
        opened.mended.touch()
        tab.locator('[data-family="CrossValidate"] .task').first.focus()
        tab.keyboard.press("r")
        expect(tab.locator('[data-family="CrossValidate"] .task.done')).to_have_count(3, timeout=60_000)
        expect(tab.locator('[data-family="Predict"] .task.done')).to_have_count(1, timeout=60_000)
        expect(tab.locator(".task.failed")).to_have_count(0)
        expect(tab.locator('[data-family="PredictShard"] .task.done')).to_have_count(1)
        expect(tab.locator('[data-family="TagShard"]')).to_contain_text("the room has no rules")
        expect(tab.locator('[data-family="Search"]')).to_contain_text("only by hand")

        opened.slow.touch()
        drop(opened.folder, "more.csv", CORPUS.messages(120, 160), labelled=40)
        running = tab.locator('[data-family="CrossValidate"] .task.running')
        expect(running).to_have_count(1, timeout=60_000)
        photograph(opened, browser, "busy")
        running.focus()
        tab.keyboard.press("c")
        expect(running).to_contain_text("being cancelled")
        heard_of(opened.store)
        opened.slow.unlink()
        cancelled = tab.locator('[data-family="CrossValidate"] .task.cancelled')
        expect(cancelled).to_have_count(1)
        cancelled.focus()
        tab.keyboard.press("r")
        expect(tab.locator('[data-family="Fit"] .task.done')).to_have_count(1, timeout=60_000)
        expect(tab.locator(".task.cancelled")).to_have_count(0)
        photograph(opened, browser, "done")
    finally:
        watcher.terminate()
        watcher.wait(60)
    expect(tab.locator("#unwatched")).to_be_visible()
    with opened.store.read() as connection:
        acts = list(connection.execute(select(Audit.action).order_by(Audit.id)).scalars())
    assert [act for act in acts if act.startswith("task")] == ["task run again", "task cancelled", "task run again"]


def test_where_nothing_moves_the_lines_still_meet_the_boxes(opened: Opened, browser: Browser) -> None:
    tab = visit(opened, browser, "Lea", Role.LEAD, viewport={"width": 1440, "height": 900})
    expect(tab.locator('[data-family="Fit"] .task')).to_be_visible()
    expect(tab.locator("main")).not_to_have_attribute("aria-busy", "true")
    assert tab.evaluate(STRAY_LINES) == []


def test_a_phone_shows_the_line_as_a_list_and_a_reviewer_asks_nothing_of_it(opened: Opened, browser: Browser) -> None:
    options: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
    tab = visit(opened, browser, "Ada", Role.REVIEWER, **options)
    task = tab.locator('[data-family="Fit"] .task')
    expect(task).to_be_visible()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    assert all(box["height"] >= 48 for box in (each.bounding_box() for each in tab.locator("[data-task]").all()) if box)
    task.tap()
    expect(tab.locator("#detail")).to_be_visible()
    expect(tab.locator("#rerun")).to_be_hidden()
    fingerprint = task.get_attribute("data-task")
    assert tab.request.get(f"{opened.server.base}/pipeline.json").status == 200
    assert tab.request.get(f"{opened.server.base}/pipeline/log.json?task={fingerprint}").status == 403
    asked = {"task": fingerprint, "what": "rerun"}
    answer = tab.request.post(f"{opened.server.base}/pipeline/ask", data=asked, headers={"X-Tallyroom": "1"})
    assert answer.status == 403


def photograph(opened: Opened, browser: Browser, name: str) -> None:
    """Pictures, where TALLYROOM_PICTURES names a folder."""
    folder = os.environ.get("TALLYROOM_PICTURES")
    for scheme, width in (("light", 1440), ("dark", 1440), ("light", 390)):
        if folder is None:
            return
        options: dict[str, Any] = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
        tab = visit(opened, browser, "Lea", Role.LEAD, **options)
        expect(tab.locator("#status-words")).to_contain_text("live")
        tab.wait_for_timeout(600)
        if name == "failing":
            tab.locator(".task.failed").first.click()
            tab.wait_for_timeout(500)
        tab.screenshot(path=str(Path(folder) / f"pipeline-{name}-{scheme}-{width}.png"), full_page=True)
        tab.context.close()
