"""A message reads as what it is: links that show where they lead, numbers apart, every script in its own direction."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from rooms import add_champion, add_messages, add_queue
from servers import Server, make_folder

from core.store import Store

pytestmark = pytest.mark.browser
LINK = "Pay £500 to http://secure-bank.com@evil.ru/x now, call +44 7911 123456. Your code is 493822. 2 £100"
BODIES = [
    LINK,
    "Visit http://аррӏе.com/id today",
    "مرحبا، رمز التحقق 482913 على https://bank.example.com/ar شكرا 😀 hello",
    "a long message " * 120 + "THE END",
]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Store]]:
    folder = tmp_path_factory.mktemp("room")
    url = f"sqlite:///{folder / 'tallyroom.db'}"
    with Store.open(url, create=True) as store:
        ids = add_messages(store, [*BODIES, "the last"])
        add_champion(store, ids)
        add_queue(store, ids, blind_share=0.0, overlap=2)
        server = Server(make_folder(folder, url)).start()
        yield server, store
        server.stop()


@pytest.fixture
def tab(opened: tuple[Server, Store], browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The review page, opened by somebody who has judged nothing yet."""
    server, store = opened
    context = browser.new_context()
    tab = context.new_page()
    tab.goto(server.link(store, request.node.name[:60]))
    tab.goto(f"{server.base}?page=review")
    expect(tab.locator("#message[data-lease]")).to_be_visible()
    yield tab
    context.close()


def judged(tab: Page) -> None:
    """Judge, and wait for the next message."""
    lease = tab.locator("#message").get_attribute("data-lease")
    tab.keyboard.press("1")
    tab.wait_for_function(f"document.getElementById('message').dataset.lease !== '{lease}'")


def test_links_numbers_and_scripts_read_as_what_they_are(tab: Page) -> None:
    message = tab.locator("#message")
    expect(message).to_contain_text("Pay £500")
    assert message.locator(".is-amount").all_inner_texts() == ["£500", "£100"]
    assert message.locator(".is-phone").all_inner_texts() == ["+44 7911 123456"]
    assert message.locator(".is-code").all_inner_texts() == ["493822"]
    assert message.locator(".host").all_inner_texts() == ["evil.ru"]
    expect(message.locator(".where")).to_have_text("leads to evil.ru")
    assert message.locator("a").count() == 0
    assert message.inner_text().replace("leads to evil.ru", "") == LINK, "what stands apart loses no character"
    judged(tab)
    expect(message.locator(".where")).to_have_text("look-alike letters: leads to xn--80ak6aa92e.com")
    judged(tab)
    assert message.evaluate("(place) => getComputedStyle(place).direction") == "rtl"
    assert message.locator(".thing").evaluate_all("(all) => all.map((each) => each.dir)") == ["ltr", "ltr"]
    judged(tab)
    expect(message).not_to_contain_text("THE END")
    tab.keyboard.press("m")
    expect(message).to_contain_text("THE END")
    tab.keyboard.press("m")
    expect(message).not_to_contain_text("THE END")


def test_what_is_underlined_is_the_same_words_among_emoji_and_links(tab: Page) -> None:
    found = tab.evaluate(
        """async () => {
        const {readingText} = await import(`${location.origin}${location.pathname}/static/js/reading.js`);
        const text = "😀😀 win at https://win.com/win 🎉 win";
        const words = [[3, 6], [18, 21], [32, 35]];
        const place = document.createElement("p");
        place.append(readingText(text, words.map(([start, end]) => [start, end, true])));
        return [place.textContent === text, [...place.querySelectorAll("mark")].map((mark) => mark.textContent)];
        }"""
    )
    assert found == [True, ["win", "win", "win"]]
