"""Webhooks: each event reaches its address, signed, over failures and restarts; never a private network unasked."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from core.errors import SettingsError
from core.settings import WebhookSettings
from core.store import Store, emit
from core.store.feed import StoreEvent
from core.store.models import Event
from labeling.models import WebhookCursor
from labeling.webhooks import Follower, Hook, RefusedError, addresses, hooks, send, signature

SECRET = b"a secret of the room"


class Receiver:
    """An address on this machine that remembers what it was told, and answers as it is bidden."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.answers: list[int] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.headers.append({**dict(self.headers), "checked": signature(SECRET, body)})
                outer.told.append(json.loads(body))
                status = outer.answers.pop(0) if outer.answers else 204
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", outer.url + "/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    yield found
    found.close()


def hook(url: str, *, tries: int = 4, private: bool = True, events: tuple[str, ...] = ("verdict",)) -> Hook:
    return Hook(url, events, SECRET, private, tries)


class Running:
    """A follower in a thread."""

    def __init__(self, store: Store, to: Hook, deliver: Callable[[Hook, StoreEvent], None] = send) -> None:
        self._stop = threading.Event()
        follower = Follower(store, to, self._stop, deliver=deliver, first_wait=0.001)
        self._thread = threading.Thread(target=follower.run)
        self._thread.start()

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(20)
        assert not self._thread.is_alive()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)


def follows(store: Store) -> bool:
    with store.read() as connection:
        return connection.execute(select(WebhookCursor.event_id)).first() is not None


def tell(store: Store, *numbers: int, kind: str = "verdict") -> None:
    for number in numbers:
        store.write(lambda c, n=number: emit(c, kind, n=n))


def test_what_happens_is_told_in_its_order_signed_and_nothing_else(store: Store, receiver: Receiver) -> None:
    tell(store, 0)  # before anybody asked
    with Running(store, hook(receiver.url)):
        until(lambda: follows(store))
        tell(store, 1, 2)
        tell(store, 9, kind="fold")
        tell(store, 3)
        until(lambda: len(receiver.told) == 3)
    assert [told["payload"]["n"] for told in receiver.told] == [1, 2, 3]
    assert all(sent["X-Tallyroom-Signature"] == sent["checked"] for sent in receiver.headers)
    assert [int(sent["X-Tallyroom-Event"]) for sent in receiver.headers] == [told["id"] for told in receiver.told]
    assert receiver.told[0]["kind"] == "verdict"


def test_what_happens_while_nobody_tells_is_told_afterwards_and_once(store: Store, receiver: Receiver) -> None:
    with Running(store, hook(receiver.url)):
        until(lambda: follows(store))
        tell(store, 1)
        until(lambda: len(receiver.told) == 1)
    tell(store, 2, 3)
    with Running(store, hook(receiver.url)):
        until(lambda: len(receiver.told) == 3)
        time.sleep(0.2)
    assert [told["payload"]["n"] for told in receiver.told] == [1, 2, 3]


def test_an_address_that_fails_is_tried_again_and_one_that_redirects_is_not_followed(
    store: Store, receiver: Receiver
) -> None:
    receiver.answers = [500, 302, 204]
    with Running(store, hook(receiver.url)):
        until(lambda: follows(store))
        tell(store, 1)
        until(lambda: len(receiver.told) == 3)
    assert [told["payload"]["n"] for told in receiver.told] == [1, 1, 1]


def test_an_event_that_is_never_taken_is_given_up_with_a_line_and_an_event(
    store: Store, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answers = [500, 500]
    to = hook(f"{receiver.url}/path?token=hidden", tries=2)
    with caplog.at_level(logging.WARNING), Running(store, to):
        until(lambda: follows(store))
        tell(store, 1, 2)
        until(lambda: len(receiver.told) == 3)
    assert [told["payload"]["n"] for told in receiver.told] == [1, 1, 2]
    assert "never took event" in caplog.text
    assert "hidden" not in caplog.text
    with store.read() as connection:
        failed = connection.execute(select(Event.payload).where(Event.kind == "webhook_failed")).scalar_one()
    assert (failed["event"], failed["why"]) == ("verdict", "it answered 500")
    assert "hidden" not in json.dumps(failed)


def test_two_processes_tell_an_address_once_and_the_second_takes_over(store: Store, receiver: Receiver) -> None:
    with Running(store, hook(receiver.url)):
        with Running(store, hook(receiver.url)):
            until(lambda: follows(store))
            tell(store, *range(10))
            until(lambda: len(receiver.told) >= 10)
            time.sleep(0.2)
            assert len(receiver.told) == 10
        tell(store, 10)
        until(lambda: len(receiver.told) == 11)


def test_an_event_that_commits_late_is_told_after_a_restart_in_between(store: Store, receiver: Receiver) -> None:
    if store.dialect == "sqlite":
        pytest.skip("SQLite has one writer: ids commit in their order")
    with Running(store, hook(receiver.url)):
        until(lambda: follows(store))
    with store.engine.connect() as slow:
        emit(slow, "verdict", n="slow")
        tell(store, 1)
        with Running(store, hook(receiver.url)):
            until(lambda: len(receiver.told) == 1)
        slow.commit()
    with Running(store, hook(receiver.url)):
        until(lambda: any(told["payload"]["n"] == "slow" for told in receiver.told))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://localhost:80/", "http://10.1.2.3/", "http://169.254.169.254/latest/meta-data",
        "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://[fd00::1]/",
        "http://0.0.0.0/", "http://2130706433/", "http://0x7f.1/", "http://100.64.0.1/", "http://224.0.0.1/",
    ],
)  # fmt: skip
def test_an_address_in_a_private_network_is_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(RefusedError, match=r"private network|no address"):
        addresses(urlsplit(url), private=False)


def test_the_address_that_was_looked_at_is_the_one_that_is_asked(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, asked = urlsplit(receiver.url).port, []

    def resolve(host: str, *_args: object, **_more: object) -> list[Any]:
        asked.append(host)
        # A name that points elsewhere the second time.
        answer = "10.0.0.1" if asked.count("rebinding.example") > 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answer, port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    event = StoreEvent(1, "verdict", {}, 0)  # type: ignore[arg-type]
    send(hook(f"http://rebinding.example:{port}/"), event)
    assert receiver.headers[0]["Host"] == f"rebinding.example:{port}"
    assert asked.count("rebinding.example") == 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"url": "ftp://example.com"}, "has an address such as"),
        ({"url": "https://me:secret@example.com"}, "has an address such as"),
        ({"secret_variable": "TALLYROOM_NOT_THERE"}, "no secret of 16"),
        ({"events": ["webhook_failed"]}, "feed on itself"),
    ],
)
def test_settings_that_cannot_work_are_refused_with_their_place(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], says: str
) -> None:
    monkeypatch.setenv("HOOK_SECRET", SECRET.decode())
    good = {"url": "https://example.com/told", "events": ["verdict"], "secret_variable": "HOOK_SECRET"}
    (found,) = hooks([WebhookSettings(**good)])  # type: ignore[arg-type]
    assert SECRET.decode() not in repr(found)
    with pytest.raises(SettingsError, match=says):
        hooks([WebhookSettings(**{**good, **change})])  # type: ignore[arg-type]
