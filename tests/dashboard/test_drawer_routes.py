"""The drawer's routes: what each role may see and take, blind judgement kept, nothing that is typed breaks them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from here import enter, on_a_port, opened_here
from rooms import add_champion, add_messages, add_queue
from servers import make_folder
from sqlalchemy import select

from core.pipeline.index import index_texts
from core.store import Store
from core.store.models import Audit
from dashboard.room import Room
from labeling.models import Queue, Role, Task

BODIES = [
    "win a prize", "=cmd|' /C calc'!A0 prize", "<img src=x onerror=alert(1)>", "code 493822 prize",
    *(f"m{n} prize" for n in range(60)),
]  # fmt: skip
CELL = {"run": 1, "against": "verdicts", "truth": "personal", "predicted": "spam"}
ALL = {"run": 1, "against": "predictions"}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def here(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Room, str]]:
    """A room that is open in this process, its routes on a port; two people judge each of its first ten messages."""
    folder: Path = tmp_path_factory.mktemp("room")
    sqlite = f"sqlite:///{folder / 'tallyroom.db'}"
    url = sqlite if request.param == "sqlite" else request.getfixturevalue("new_postgresql")()
    make_folder(folder, url)
    with Store.open(url, create=True) as store:
        ids = add_messages(store, BODIES)
        add_champion(store, ids)
        add_queue(store, ids[:10], overlap=2, blind_share=0.5)
    with opened_here(folder) as room, on_a_port() as base:
        index_texts(room.project)
        yield room, base


def client(here: tuple[Room, str], name: str, role: Role = Role.REVIEWER) -> httpx.Client:
    return enter(here[0], here[1], name, role)


def page(who: httpx.Client, **asked: Any) -> dict[str, Any]:
    answer = who.get("messages.json", params=asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def judge(who: httpx.Client, count: int) -> None:
    for message in who.post("desk/claim", json={"count": count}).json()["messages"]:
        given = {"uuid": str(uuid.uuid4()), "lease_id": message["lease_id"], "kind": "label", "klass": "personal"}
        assert who.post("desk/verdict", json=given).status_code == 200


def test_pages_follow_one_another_and_say_what_they_are(here: tuple[Room, str]) -> None:
    ada = client(here, "Ada")
    first = page(ada, **ALL, order="surest")
    assert (len(first["messages"]), first["title"], first["words"]) == (50, "messages", "by char-svc v1")
    rest = page(ada, **ALL, order="surest", after=first["after"])
    assert rest["after"] is None
    ids = [row["message_id"] for row in (*first["messages"], *rest["messages"])]
    assert len(ids) == len(set(ids)) == len(BODIES)
    found = page(ada, **ALL, q="prize m4*")
    assert {row["body"] for row in found["messages"]} == {f"m{n} prize" for n in (4, *range(40, 50))}
    assert found["search"] == ""
    assert "source" not in found["messages"][0]
    assert ada.get("messages.json", params={"run": 999}).json()["error"]["what"] == "run: there is no run 999"


@pytest.mark.parametrize(
    "typed",
    ['" OR *', "\x00", "x" * 10_000, "'; DROP TABLE message; --", "a" * 399, "((((", "\ud83d", "%", ":*", "🎉 \u202e"],
)
@pytest.mark.parametrize("field", ["q", "run", "truth", "slice", "order", "after", "since", "nobody"])
def test_whatever_is_typed_gives_results_or_a_sentence(here: tuple[Room, str], typed: str, field: str) -> None:
    ada = client(here, "Ada")
    asked = {**CELL, field: typed.encode("utf-8", "surrogatepass").decode("utf-8", "replace")}
    answer = ada.get("messages.json", params=asked)
    assert answer.status_code in (200, 400, 414), answer.text
    if answer.status_code == 400:
        assert answer.json()["error"]["what"]


def test_who_may_still_be_asked_does_not_see_what_others_said(here: tuple[Room, str]) -> None:
    ada, bela, vera = client(here, "Ada"), client(here, "Bela"), client(here, "Vera", Role.VIEWER)
    judge(ada, 4)
    seen = page(ada, **CELL)
    assert len(seen["messages"]) == 4
    message_id = seen["messages"][0]["message_id"]
    hidden = page(bela, **CELL)
    assert (hidden["messages"], hidden["left_out"]) == ([], 4)
    assert next(row for row in page(bela, **ALL, q='"win a"')["messages"])["truth"] is None
    asked = {"message_id": message_id, "run": 1, "body": "win a prize", "predicted": "spam"}
    opened = {name: who.post("messages/opened", json=asked).json() for name, who in
              (("ada", ada), ("bela", bela), ("vera", vera))}  # fmt: skip
    assert opened["bela"]["hidden"]
    assert opened["bela"]["verdicts"] == opened["bela"]["labels"] == []
    assert [said["person"] for said in opened["ada"]["verdicts"]] == ["Ada"]
    assert [said["person"] for said in opened["vera"]["verdicts"]] == [None], "a viewer sees what, not who"
    judge(bela, 4)
    shown = bela.post("messages/opened", json=asked).json()
    assert {said["person"] for said in shown["verdicts"]} == {"Ada", "Bela"}
    assert page(bela, **CELL)["left_out"] == 0


def test_a_viewer_sees_masks_and_cannot_search_behind_them(here: tuple[Room, str]) -> None:
    vera, ada = client(here, "Vera", Role.VIEWER), client(here, "Ada")
    assert [row["body"] for row in page(vera, **ALL, q="code")["messages"]] == ["code 4••••2 prize"]
    for digits in ("493822", '"code 493822"', "49*", "code 4*"):
        refused = vera.get("messages.json", params={**ALL, "q": digits})
        assert refused.status_code in (400, 403), digits
    assert len(page(ada, **ALL, q="49*")["messages"]) == 1


def test_a_queue_is_made_once_and_by_leads_only(here: tuple[Room, str]) -> None:
    lea, ada = client(here, "Lea", Role.LEAD), client(here, "Ada")
    asked = {"behind": "run=1&against=predictions&q=m5*&order=surest", "name": "fives", "overlap": 1}
    assert ada.post("messages/queue", json=asked).status_code == 403
    made = lea.post("messages/queue", json=asked).json()
    assert made == {"queue_id": made["queue_id"], "messages": 11, "more": False}
    assert lea.post("messages/queue", json=asked).json()["queue_id"] == made["queue_id"]
    other = lea.post("messages/queue", json={**asked, "behind": "run=1&q=m6*"})
    assert (other.status_code, other.json()["error"]["fix"]) == (409, "Give this one another name.")
    nothing = lea.post("messages/queue", json={**asked, "behind": "run=1&q=nowhere", "name": "none"})
    assert nothing.status_code == 409
    with here[0].project.store.read() as connection:
        rows = connection.execute(select(Task.message_id).where(Task.queue_id == made["queue_id"])).all()
        assert len(rows) == 11
        assert connection.execute(select(Queue.id).where(Queue.name == "none")).first() is None


def test_a_draft_tells_what_it_hits_and_refuses_what_could_take_for_ever(here: tuple[Room, str]) -> None:
    lea, ada = client(here, "Lea", Role.LEAD), client(here, "Ada")
    draft = {"name": "prize: [x]", "class": "spam", "pattern": r"m\d+ prize"}
    assert ada.post("messages/rule", json=draft).status_code == 403
    told = lea.post("messages/rule", json=draft).json()
    assert (told["messages"], told["hits"], told["stopped"]) == (len(BODIES), 60, False)
    assert told["judged"] == told["classes"].get("personal", 0)
    assert told["right"] == 0
    assert "pattern: m\\d+ prize" in told["yaml"]
    for pattern in ("(", "(?=x)y", r"(a)\1", "((a{1,900}){1,900}){1,900}"):
        refused = lea.post("messages/rule", json={**draft, "pattern": pattern})
        assert refused.status_code == 400, pattern
        assert refused.json()["error"]["fix"]
    assert lea.post("messages/rule", json={**draft, "class": "nobody"}).status_code == 400


def test_an_export_is_whole_harmless_and_on_record(here: tuple[Room, str]) -> None:
    lea, ada = client(here, "Lea", Role.LEAD), client(here, "Ada")
    assert ada.get("messages/export", params=ALL).status_code == 403
    lines = lea.get("messages/export", params={**ALL, "format": "jsonl"}).text.splitlines()
    assert {json.loads(line)["body"] for line in lines} == set(BODIES)
    table = lea.get("messages/export", params={**ALL, "q": "cmd prize"}).text
    assert ",'=cmd" in table
    assert lea.get("messages/export", params={**ALL, "format": "exe"}).status_code == 400
    assert lea.get("messages/export", params=ALL, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    with here[0].project.store.read() as connection:
        kept = connection.execute(select(Audit.subject).where(Audit.action == "exported").order_by(Audit.id)).scalars()
        assert list(kept)[-1] == "messages behind run=1&against=predictions&order=newest with words"
