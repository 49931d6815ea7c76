"""The demo, as somebody sees it who has typed one command."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from servers import free_port

pytestmark = pytest.mark.browser


@pytest.mark.timeout(400)
def test_the_demo_finds_a_champion_hears_verdicts_and_retrains_while_one_watches(
    tmp_path: Path, browser: Browser
) -> None:
    room = tmp_path / "room"
    command = ["demo", "--no-browser", "--seconds", "390", "--messages", "2000", "--room", str(room)]
    log = (tmp_path / "demo.log").open("w+")
    demo = subprocess.Popen(
        [sys.executable, "-m", "dashboard.command", *command, "--port", str(free_port())],
        env={**os.environ, "TALLYROOM_PIPELINE__RETRAIN_AFTER": "8"},
        stdout=log,
        stderr=log,
    )
    try:
        link = wait_for_link(tmp_path / "demo.log", demo)
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        page = context.new_page()
        page.goto(link)
        page.evaluate("window.sameVisit = true")
        rows = "[...(globalThis.tallyroom?.state.tables.get('{}')?.values() ?? [])]"
        page.wait_for_function(f"{rows.format('curves.lines')}.length >= 4", timeout=100_000)
        page.wait_for_function(f"{rows.format('confusion.folds')}.some((row) => row.n > 0)", timeout=30_000)
        page.wait_for_function(f"{rows.format('classes.hours')}.length > 10", timeout=100_000)
        page.wait_for_function(f"{rows.format('verdicts')}.length > 0", timeout=100_000)
        assert page.locator("#verdicts .simulated").count() > 0
        page.wait_for_function(f"{rows.format('curves.lines')}.some((row) => / v2/.test(row.title))", timeout=100_000)
        assert page.evaluate("window.sameVisit"), "all of it without a reload"
        context.close()
        demo.send_signal(signal.SIGINT)  # all of it was seen: nobody waits for its end
        assert demo.wait(120) == 0
    finally:
        demo.kill()
    outcome = json.loads((tmp_path / "demo.log").read_text().splitlines()[-1])
    assert set(outcome) == {"messages", "runs", "folds", "champion", "macro_f1", "verdicts"}
    assert outcome["messages"] > 2000
    assert outcome["runs"] >= 12
    assert outcome["verdicts"] >= 8


def wait_for_link(log: Path, process: subprocess.Popen[bytes]) -> str:
    """The link that the demo prints."""
    for _ in range(600):
        if found := re.search(r"http\S+token=\S+", log.read_text()):
            return found[0]
        assert process.poll() is None, log.read_text()
        time.sleep(0.1)
    raise AssertionError("the demo printed no link")
