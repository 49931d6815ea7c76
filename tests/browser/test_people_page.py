"""The door and the people page in a real Chromium: an admin works by keys and by touch, somebody invited comes in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect
from rooms import add_champion, add_messages, add_queue
from servers import Server, make_folder

from core.store import Store
from labeling.models import Role
from labeling.people import accept, add_person, invite, set_active

pytestmark = pytest.mark.browser
PASSWORD = "a heron on the roof"
HOSTILE = "<img src=x onerror='window.pwned=1'> \u202egnp"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Store]]:
    folder = tmp_path_factory.mktemp("room")
    url = f"sqlite:///{folder / 'tallyroom.db'}"
    with Store.open(url, create=True) as store:
        ids = add_messages(store, [f"message number {n}" for n in range(80)])
        add_champion(store, ids)
        add_queue(store, ids[:40])
        accept(store, invite(store, "Root", Role.ADMIN, by=None), PASSWORD)
        set_active(store, add_person(store, "Gone").id, False, by=None)
        server = Server(make_folder(folder, url)).start()
        yield server, store
        server.stop()


def signed_in(opened: tuple[Server, Store], context: BrowserContext, name: str, page: str) -> Page:
    """Through the form, as a person does it."""
    tab = context.new_page()
    tab.goto(opened[0].base)
    tab.get_by_label("Name").fill(name)
    tab.get_by_label("Password").fill(PASSWORD)
    tab.keyboard.press("Enter")
    expect(tab.locator("main.page-live")).to_be_visible()
    tab.goto(f"{opened[0].base}?page={page}")
    return tab


def test_the_door_opens_without_a_script_and_says_what_was_wrong(
    opened: tuple[Server, Store], browser: Browser
) -> None:
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(opened[0].base)
    for password, seen in (("wrong", "is wrong"), (PASSWORD, "")):
        tab.get_by_label("Name").fill("Root")
        tab.get_by_label("Password").fill(password)
        tab.keyboard.press("Enter")
        if seen:
            expect(tab.get_by_role("alert")).to_contain_text(seen)
    expect(tab.locator("main.page-live")).to_have_count(1)
    context.close()


def test_an_admin_invites_and_the_invited_comes_in_and_is_sent_out(
    opened: tuple[Server, Store], browser: Browser
) -> None:
    context, theirs = browser.new_context(), browser.new_context()
    tab = signed_in(opened, context, "Root", "people")
    troubles: list[str] = []
    tab.on("pageerror", lambda error: troubles.append(str(error)))
    expect(tab.locator(".person")).to_have_count(3)  # with whoever started the server, and one who is gone
    tab.keyboard.press("i")
    tab.keyboard.type("Ida")
    tab.keyboard.press("Enter")
    expect(tab.locator("#link-dialog")).to_be_visible()
    link = tab.locator("#link").input_value()
    tab.keyboard.press("Escape")
    expect(tab.locator("#link")).to_have_value("")  # it is shown once
    expect(tab.locator(".person").filter(has_text="Ida")).to_contain_text("invited")

    guest = theirs.new_page()
    guest.goto(link)
    expect(guest.get_by_role("heading")).to_contain_text("Welcome, Ida")
    guest.get_by_label("Password").fill(PASSWORD)
    guest.get_by_label("The same again").fill(PASSWORD)
    guest.keyboard.press("Enter")
    expect(guest.locator("#status")).to_contain_text("live")
    ida = tab.locator(".person").filter(has_text="Ida")
    expect(ida).to_contain_text("signed in")

    ida.locator("select").select_option("lead")
    expect(guest.locator("nav a", has_text="Queues")).to_be_visible()  # their page loads anew, as a lead's
    ida.focus()
    tab.keyboard.press("s")
    expect(tab.locator("#sure")).to_be_visible()
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    expect(guest.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(ida).to_contain_text("signed out")
    for words in ("invited", "password set", "role changed", "signed out"):
        expect(tab.locator("#audit-rows .what").filter(has_text=words).first).to_be_visible()
    assert troubles == []
    context.close()
    theirs.close()


def test_a_hostile_name_stays_text(opened: tuple[Server, Store], browser: Browser) -> None:
    context = browser.new_context()
    tab = signed_in(opened, context, "Root", "people")
    invite(opened[1], HOSTILE, by=None)
    tab.reload()
    expect(tab.locator(".person").filter(has_text="onerror")).to_be_visible()
    expect(tab.locator("#audit-rows").filter(has_text="onerror")).to_be_visible()
    assert tab.locator(".person .mark").count() >= 1
    assert tab.evaluate("window.pwned") is None
    context.close()


def test_a_person_signs_out_from_the_corner(opened: tuple[Server, Store], browser: Browser) -> None:
    context = browser.new_context()
    tab = signed_in(opened, context, "Root", "live")
    tab.get_by_label("You are Root").click()
    tab.get_by_role("button", name="Sign out").click()
    expect(tab.get_by_role("heading", name="Sign in")).to_be_visible()
    context.close()


def test_on_a_phone_every_action_is_a_thumb_wide_and_nothing_runs_over(
    opened: tuple[Server, Store], browser: Browser
) -> None:
    options: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    context = browser.new_context(**options)
    tab = signed_in(opened, context, "Root", "people")
    expect(tab.locator(".person").first).to_be_visible()
    for button in tab.locator(".actions .btn, #invite, .person select").all():
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 48
        assert button.get_attribute("aria-label") or button.inner_text()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


def test_a_lead_is_not_shown_the_page(opened: tuple[Server, Store], browser: Browser) -> None:
    server, store = opened
    context = browser.new_context()
    tab = context.new_page()
    tab.goto(server.link(store, "Lea", Role.LEAD))
    tab.goto(f"{server.base}?page=people")
    expect(tab.locator("main.page-live")).to_be_visible()
    assert tab.locator("nav a", has_text="People").count() == 0
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_door_and_the_page_are_for_everybody(
    opened: tuple[Server, Store], browser: Browser, scheme: Literal["light", "dark"], width: int
) -> None:
    server, store = opened
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
    tab = context.new_page()
    for page in ("", f"/door?invitation={invite(store, 'New', by=None)}", "/door?token=used"):
        tab.goto(f"{server.base}{page}")
        assert Axe().run(tab).response["violations"] == [], page
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
    tab.close()
    tab = signed_in(opened, context, "Root", "people")
    expect(tab.locator(".person.out")).to_be_visible()
    assert Axe().run(tab).response["violations"] == []
    tab.keyboard.press("i")
    expect(tab.locator("#invite-dialog")).to_be_visible()
    assert Axe().run(tab).response["violations"] == []
    context.close()
