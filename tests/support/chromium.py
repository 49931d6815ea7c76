"""A real Chromium, the system's own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from servers import Server

from core.store import Store
from labeling.models import Role

NAMES = ("chromium-headless-shell", "chromium", "google-chrome")
"""The first that is here is taken: without a window's frame a test costs two thirds of the time."""
CHROMIUM = os.environ.get("TALLYROOM_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
expect.set_options(timeout=20_000)  # not a promise: the machine may be busy


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Closed after each module: Playwright runs an event loop meanwhile, beside which no test can run its own."""
    if CHROMIUM is None:
        pytest.skip("no Chromium here: install it, or set TALLYROOM_CHROMIUM")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--force-prefers-reduced-motion"]  # fmt: skip
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield launched
        launched.close()


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    """What a test opens in it is closed with the test: a live page that nobody looks at any more costs time."""
    before = set(chromium.contexts)  # a module's own page stays open for its next test
    yield chromium
    for context in set(chromium.contexts) - before:
        context.close()


def look(
    browser: Browser,
    room: tuple[Server, Store],
    query: str,
    name: str,
    role: Role = Role.REVIEWER,
    *,
    script: str = "",
    **options: Any,
) -> Page:
    """Somebody of that name and role, in a browser of their own, at the page that `query` names."""
    server, store = room
    context = browser.new_context(**options)
    if script:
        context.add_init_script(script)
    tab = context.new_page()
    tab.goto(server.link(store, name, role))
    tab.goto(f"{server.base}?{query}")
    return tab
