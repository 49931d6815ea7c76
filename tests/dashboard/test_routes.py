"""The routes: closed to strangers, exact in their errors, saved before they say so. On both databases."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets
from rooms import add_champion, add_messages, add_queue
from servers import Server, make_folder
from sqlalchemy import select

from core.store import Store
from core.store.models import Truth
from dashboard.routes import ROUTES
from labeling.models import Role, Verdict

BODIES = [
    "win a prize",
    "<img src=x onerror=alert(1)>",
    "hello \u202egnirts",
    "code 493822",
    *(f"m{n}" for n in range(60)),
]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Store]]:
    """One server a database for all tests here: starting one takes seconds."""
    folder = tmp_path_factory.mktemp("room")
    sqlite = f"sqlite:///{folder / 'tallyroom.db'}"
    url = sqlite if request.param == "sqlite" else request.getfixturevalue("new_postgresql")()
    with Store.open(url, create=True) as store:
        ids = add_messages(store, BODIES)
        add_champion(store, ids)
        add_queue(store, ids, blind_share=0.0)
        server = Server(make_folder(folder, url)).start()
        yield server, store
        server.stop()


@pytest.fixture
def served(opened: tuple[Server, Store]) -> Server:
    return opened[0]


@pytest.fixture
def store(opened: tuple[Server, Store]) -> Store:
    return opened[1]


def claimed(client: httpx.Client, count: int = 1) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.post("desk/claim", json={"count": count}).json()["messages"]
    return found


def verdict(lease_id: int, **more: Any) -> dict[str, Any]:
    return {"uuid": str(uuid.uuid4()), "lease_id": lease_id, "kind": "label", "klass": "personal", **more}


def test_strangers_see_nothing_and_reviewers_work(served: Server, store: Store) -> None:
    open_to_all = {r"/door", r"/door/provider", r"/door/callback", r"/healthz", r"/assets/([0-9a-f]+)/(.+)"}
    with httpx.Client(base_url=served.base + "/", headers={"X-Tallyroom": "1"}) as stranger:
        for pattern, _ in ROUTES:
            path = pattern.strip("/")
            for answer in (stranger.get(path), stranger.post(path, json={})):
                assert pattern in open_to_all or answer.status_code in (401, 403, 405), (pattern, answer.status_code)
                assert not any(body in answer.text for body in BODIES)
        page = stranger.get(served.base)
        assert "The door is closed" in page.text
        assert "facts" not in page.text
        for answer in (stranger.get(served.base, headers={"Host": "evil.example"}),):
            assert "The door is closed" in answer.text
    ada = served.client(store, "Ada")
    assert ada.get("state/live.json", headers={"Host": "evil.example"}).status_code == 421
    assert ada.post("desk/claim", json={"count": 1}, headers={"Origin": "http://evil.example"}).status_code == 403
    assert httpx.post(f"{served.base}/desk/claim", cookies=ada.cookies, json={"count": 1}).status_code == 403
    viewer = served.client(store, "Vera", Role.VIEWER)
    assert viewer.post("desk/claim", json={"count": 1}).status_code == 403
    assert viewer.get("state/live.json").status_code == 200
    ada.post("leave")
    assert ada.get("state/live.json").status_code == 401


def test_a_link_lets_in_once(served: Server, store: Store) -> None:
    link = served.link(store, "Ada")
    first = httpx.get(link)
    cookie = first.headers["set-cookie"]
    assert (first.status_code, first.headers["location"]) == (302, "../room")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    second = httpx.get(link)
    assert second.status_code == 403
    assert "tallyroom link" in second.text
    assert httpx.get(link, cookies=first.cookies).status_code == 302, "the same browser is in already"


def test_a_verdict_is_in_the_store_when_the_answer_comes_and_once_only(served: Server, store: Store) -> None:
    ada = served.client(store, "Ada")
    (message,) = claimed(ada)
    given = verdict(message["lease_id"])
    answers = [ada.post("desk/verdict", json=given).json() for _ in range(2)]
    assert [answer["saved"] for answer in answers] == [True, True]
    assert [answer["duplicate"] for answer in answers] == [False, True]
    with store.read() as connection:
        rows = connection.execute(select(Verdict.message_id, Verdict.klass).where(Verdict.uuid == given["uuid"])).all()
        assert [row.klass for row in rows] == ["personal"]
        origin = select(Truth.origin).where(Truth.message_id == rows[0].message_id)
        assert connection.execute(origin).scalar_one() == "verdict"
    again = ada.post("desk/undo", json={"uuid": str(uuid.uuid4())}).json()["message"]
    assert again["body"] == message["body"]


SOME_UUID = str(uuid.UUID(int=4))  # the same for every process that collects the tests


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b'{"uuid": "x"}', 400),
        (json.dumps({"uuid": "no uuid", "lease_id": 1, "kind": "label", "klass": "spam"}).encode(), 409),
        (
            json.dumps({"uuid": SOME_UUID, "lease_id": 10**6, "kind": "label", "klass": "spam"}).encode(),
            409,
        ),
        (json.dumps({"uuid": SOME_UUID, "lease_id": 1, "kind": "promote"}).encode(), 400),
        (b'{"uuid": "' + b"x" * 70_000 + b'"}', 413),
    ],
)
def test_a_bad_request_is_refused_with_a_sentence(served: Server, store: Store, body: bytes, status: int) -> None:
    answer = served.client(store, "Bela").post("desk/verdict", content=body)
    assert answer.status_code == status
    assert answer.json()["error"]["what"]


def test_the_feed_sends_a_verdicts_change_to_every_viewer(served: Server, store: Store) -> None:
    ada, vera = served.client(store, "Ada"), served.client(store, "Vera", Role.VIEWER)
    (message,) = claimed(ada)

    async def watch() -> list[dict[str, Any]]:
        seen = []
        lines = []
        for client in (ada, vera):
            cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
            feed = served.base.replace("http", "ws") + "/feed"
            lines.append(await websockets.connect(feed, additional_headers={"Cookie": cookie}))
        for line in lines:
            while json.loads(await asyncio.wait_for(line.recv(), 20))["kind"] != "snapshot":
                pass
        await asyncio.to_thread(ada.post, "desk/verdict", json=verdict(message["lease_id"]))
        for line in lines:
            table: dict[str, Any] = {}
            while not (table.get("all") or table.get("set")):  # the whole table where it is new to the view
                change = json.loads(await asyncio.wait_for(line.recv(), 20))
                table = change.get("tables", {}).get("confusion.verdicts", {})
                assert table.get("all") or not any(name.startswith("curves") for name in change.get("tables", {}))
            seen.append(table)
            await line.close()
        return seen

    for table in asyncio.run(watch()):
        cells = table.get("all") or table["set"]
        assert cells["personal|spam"]["n"] >= 1


def test_a_socket_from_another_site_or_without_a_session_is_refused(served: Server, store: Store) -> None:
    ada = served.client(store, "Ada")
    cookie = "; ".join(f"{name}={value}" for name, value in ada.cookies.items())
    feed = served.base.replace("http", "ws") + "/feed"

    async def refused(**options: Any) -> int:
        with pytest.raises(websockets.InvalidStatus) as caught:
            await websockets.connect(feed, **options)
        return caught.value.response.status_code

    assert asyncio.run(refused()) == 401
    assert asyncio.run(refused(additional_headers={"Cookie": cookie}, origin="http://evil.example")) == 403


def test_a_viewer_sees_digits_masked(served: Server, store: Store) -> None:
    ada, vera = served.client(store, "Ada"), served.client(store, "Vera", Role.VIEWER)
    cell = {"run": 1, "against": "verdicts", "truth": "personal", "predicted": "spam"}
    for message in claimed(ada, 20):
        ada.post("desk/verdict", json=verdict(message["lease_id"]))
    bodies = {name: [row["body"] for row in client.get("messages.json", params=cell).json()["messages"]]
              for name, client in (("ada", ada), ("vera", vera))}  # fmt: skip
    assert "code 493822" in bodies["ada"]
    assert "code 4••••2" in bodies["vera"]


@pytest.mark.parametrize("tool", ["bokeh", "panel"])
def test_bokeh_serve_and_panel_serve_give_the_same_app(tmp_path: Path, tool: str) -> None:
    url = f"sqlite:///{tmp_path / 'tallyroom.db'}"
    with Store.open(url, create=True) as store:
        add_messages(store, BODIES)
        server = Server(make_folder(tmp_path, url), slug="bokeh_app")
        app = str(Path(__file__).resolve().parents[2] / "bokeh_app")
        server.command = ("-m", tool, "serve", app, "--port", str(server.port), "--address", "127.0.0.1")
        server.start()
        try:
            page = server.client(store, "Ada").get(server.base)
            assert page.status_code == 200
            assert page.text.count("data-root-id=") == 3, "three figures, none of them empty"
            assert httpx.get(f"{server.base}/state/live.json").status_code == 401
        finally:
            server.stop()
