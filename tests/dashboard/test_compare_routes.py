"""The compare page's routes: from the board to a decision, nothing out of range, a challenger trained on its way."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from here import enter, on_a_port, opened_here
from rooms import CLASSES, add_messages
from runs import add_run, promoted
from servers import make_folder
from sqlalchemy import select

from core.store import Store
from dashboard.room import Room
from labeling.desk import Desk
from labeling.models import Queue, Role, VerdictKind
from labeling.people import add_person
from labeling.verdicts import Given


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Room, str]]:
    """A room with a champion and a challenger that was never trained on everything, its routes on a port."""
    folder: Path = tmp_path_factory.mktemp("room")
    url = f"sqlite:///{folder / 'tallyroom.db'}"
    make_folder(folder, url)
    with Store.open(url, create=True) as store:
        ids = add_messages(store, [f"m{n}" for n in range(120)])
        promoted(store, add_run(store, ids, "word-cnb", ["personal"] * 60 + ["spam"] * 60, model=b"w" * 40))
        add_run(store, ids, "char-svc", ["spam"] * 120)
    with opened_here(folder) as room, on_a_port() as base:
        yield room, base


def client(here: tuple[Room, str], name: str, role: Role) -> httpx.Client:
    return enter(here[0], here[1], name, role)


def test_a_lead_goes_from_the_board_to_a_decision(here: tuple[Room, str]) -> None:
    lea, store = client(here, "Lea", Role.LEAD), here[0].project.store
    board = lea.get("compare/board.json").json()
    first, second = board["suggested"]
    assert (board["champion"], first, second) == (1, 1, 2)
    assert [run["title"] for run in board["runs"]] == ["char-svc v1", "word-cnb v1"]
    pair = lea.get("compare/pair.json", params={"first": first, "second": second}).json()
    assert pair["folds"]["test"]["difference"] == pytest.approx(0.5)
    assert {(cell["predicted"], cell["n"]) for cell in pair["cells"]} == {("personal", -60), ("spam", 60)}
    assert [each["klass"] for each in pair["classes"]] == ["personal", "spam"], "in the room's order"
    page = lea.get("compare/apart.json", params={"first": first, "second": second}).json()["messages"]
    assert (len(page), page[0]["first"], page[0]["second"]) == (50, "personal", "spam")

    (kind, sender) = lea.get("compare/kinds.json", params={"first": first, "second": second}).json()["kinds"]
    assert (kind["kind"], kind["n"], kind["difference"], kind["settled"]) == ("short, under 5 words", 120, 0.5, True)
    assert sender["kind"] == "alphanumeric sender"

    opened = lea.post("compare/open", json={"name": "letters?", "first": first, "second": second}).json()["id"]
    queue_id = lea.post("compare/ask", json={"id": opened}).json()["queue_id"]
    desk, ada = Desk(store, CLASSES), add_person(store, "Ada").id
    for message in desk.claim(ada, 20).result():
        given = Given(str(uuid.uuid4()), message.lease_id, VerdictKind.LABEL, "spam", seconds=1.0)
        desk.judge(ada, given).result()
    state = lea.get("compare/comparison.json", params={"id": opened}).json()
    assert (state["settle"]["verdicts"], state["settle"]["state"], state["settle"]["leader"]) == (20, "settled", "b")
    asked = lea.get("compare/apart.json", params={"comparison": opened}).json()["messages"]
    assert [asked[0][name] for name in ("office", "share", "verdicts")] == ["spam", 1.0, 1]
    rest = lea.get("compare/apart.json", params={"comparison": opened, "after": asked[-1]["place"] + 1}).json()
    assert len(asked) + len(rest["messages"]) == 60

    note = {"id": opened, "uuid": str(uuid.uuid4()), "text": "looks good"}
    assert [lea.post("compare/note", json=note).json() for _ in range(2)] == [{"note_id": 1}] * 2
    decision = {"id": opened, "uuid": str(uuid.uuid4()), "choice": "promote", "reason": "letters"}
    refused = lea.post("compare/decide", json=decision)
    assert refused.status_code == 409
    assert "never trained on everything" in refused.json()["error"]["what"]
    unfit = lea.post("compare/fit", json={"run": second})
    assert unfit.status_code == 400, "this run's trial is made up: what it was made from cannot be found"
    assert "'tallyroom run' tries the candidates anew" in unfit.json()["error"]["what"]
    kept = lea.post("compare/decide", json={**decision, "choice": "keep"})
    assert kept.status_code == 200
    with store.read() as connection:
        assert connection.execute(select(Queue.state).where(Queue.id == queue_id)).scalar_one() == "closed"
    state = lea.get("compare/comparison.json", params={"id": opened}).json()
    assert state["decisions"][0]["evidence"]["verdicts"] == 20


@pytest.mark.parametrize(
    ("route", "body", "status"),
    [
        ("compare/open", {"name": "x", "first": 1, "second": 1}, 409),
        ("compare/open", {"name": "x", "first": 1, "second": 10**9}, 409),
        ("compare/open", {"name": "", "first": 1, "second": 2}, 400),
        ("compare/ask", {"id": 10**9}, 409),
        ("compare/ask", {"id": 1, "equivalent": 2}, 400),
        ("compare/note", {"id": 10**9, "uuid": str(uuid.uuid4()), "text": "x"}, 409),
        ("compare/decide", {"id": 10**9, "uuid": str(uuid.uuid4()), "choice": "keep", "reason": "x"}, 409),
        ("compare/decide", {"id": 1, "uuid": "none", "choice": "keep", "reason": "x"}, 409),
        ("compare/decide", {"id": 1, "uuid": str(uuid.uuid4()), "choice": "burn", "reason": "x"}, 400),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(
    here: tuple[Room, str], route: str, body: dict[str, Any], status: int
) -> None:
    answer = client(here, "Lea", Role.LEAD).post(route, json=body)
    assert answer.status_code == status
    assert answer.json()["error"]["what"]


@pytest.mark.parametrize("query", ["first=1&second=x", "first=1", f"first=1&second={10**30}", "first=1&second=%C2%B2"])
def test_a_run_is_a_number(here: tuple[Room, str], query: str) -> None:
    assert client(here, "Lea", Role.LEAD).get(f"compare/pair.json?{query}").status_code == 400
