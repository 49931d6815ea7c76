"""The compare page's routes: from the board to a decision, nothing out of range, a challenger trained on its way."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
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
from core.store.models import Message
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


def test_several_runs_stand_beside_the_first_and_those_on_other_folds_say_so(here: tuple[Room, str]) -> None:
    lea, store = client(here, "Lea", Role.LEAD), here[0].project.store
    with store.read() as connection:
        ids = list(connection.execute(select(Message.id).order_by(Message.id)).scalars())
    add_run(store, ids, "word-svc", ["spam"] * 90 + ["personal"] * 30)
    add_run(store, ids[:60], "old", ["spam"] * 60)
    add_run(store, [*ids[1:], *add_messages(store, ["another"], source="later")], "moved", ["spam"] * 120)
    first, *others = lea.get("compare/field.json", params={"runs": "1,2,3,4,5"}).json()["runs"]
    assert (first["together"], first["against"]) == ("same", None)
    assert [each["together"] for each in others] == ["same", "same", "other labels", "other messages"]
    assert others[1]["against"]["test"]["difference"] == pytest.approx(0.25)
    assert [each["against"] for each in others[2:]] == [None, None]
    assert (first["calibration"]["n"], first["calibration"]["error"]) == (120, pytest.approx(0.3))
    apart = lea.get("compare/pair.json", params={"first": 1, "second": 5}).json()
    assert (apart["together"], apart["folds"], apart["cells"]) == ("other messages", None, [])
    assert lea.get("compare/field.json", params={"runs": "1"}).status_code == 400
    assert lea.get("compare/field.json", params={"runs": "1,x"}).status_code == 400
    assert lea.get("compare/field.json", params={"runs": "1,99"}).status_code == 409


def test_a_cell_and_a_kind_open_their_messages_by_pages(here: tuple[Room, str]) -> None:
    lea, pair = client(here, "Lea", Role.LEAD), {"first": 1, "second": 2}
    cell = {**pair, "truth": "spam", "predicted": "personal"}
    page = lea.get("compare/apart.json", params=cell).json()
    rest = lea.get("compare/apart.json", params={**cell, "after": page["after"]}).json()
    assert (len(page["messages"]), len(rest["messages"]), rest["after"]) == (50, 10, None)
    assert page["messages"][0]["truth"] == "spam"
    kind = lea.get("compare/apart.json", params={**pair, "kind": "alphanumeric sender"}).json()
    assert len(kind["messages"]) == 50
    assert lea.get("compare/apart.json", params={**pair, "kind": "<b>"}).status_code == 409


def test_a_selection_is_stored_once_a_second_a_person_the_last_of_those_that_come_faster(
    here: tuple[Room, str],
) -> None:
    lea, mina = (client(here, name, Role.LEAD) for name in ("Lea", "Mina"))
    opened = lea.post("compare/open", json={"name": "moving", "first": 1, "second": 2, "beside": [3]}).json()["id"]
    parts = [{"id": opened, "kind": f"kind {n}"} for n in range(8)]
    with ThreadPoolExecutor(8) as at_once:
        taken = [each.json()["selection_id"] for each in at_once.map(lambda each: select_it(lea, each), parts)]
    assert 1 <= sum(each is not None for each in taken) <= 2
    assert mina.post("compare/select", json={"id": opened, "truth": "spam", "predicted": "spam"}).status_code == 200
    state = mina.get("compare/comparison.json", params={"id": opened}).json()
    assert (state["selected"]["by"], state["selected"]["selection"]["truth"]) == ("Mina", "spam")
    assert state["runs"] == [1, 2, 3]
    reviewer = client(here, "Rita", Role.REVIEWER)
    assert reviewer.post("compare/select", json={"id": opened, "truth": "spam"}).status_code == 403


def select_it(client: httpx.Client, part: dict[str, Any]) -> httpx.Response:
    """As a quick hand does."""
    return client.post("compare/select", json=part)


def test_the_session_s_socket_is_for_leads(here: tuple[Room, str]) -> None:
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "x"}
    assert client(here, "Rita", Role.REVIEWER).get("compare/feed", headers=upgrade).status_code == 403
    assert httpx.get(f"{here[1]}compare/feed", headers=upgrade).status_code == 401
