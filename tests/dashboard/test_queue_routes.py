"""The queues' routes: for leads, each change under their name, nothing out of range."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest
from here import enter, on_a_port, opened_here
from rooms import add_champion, add_messages, the_dataset
from servers import make_folder
from sqlalchemy import select

from core.store import Store
from core.store.models import Origin, RunId
from core.store.records.labels import set_label
from core.store.records.suspects import add_suspects
from dashboard.room import Room
from labeling.alarms import open_alarm
from labeling.models import Person, Queue, QueueChange, Role, Task
from labeling.queues import QueueSpec, create, fill_by_order


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Room, str, RunId]]:
    """A room that is open in this process, its routes on a port."""
    folder: Path = tmp_path_factory.mktemp("room")
    url = f"sqlite:///{folder / 'tallyroom.db'}"
    make_folder(folder, url)
    with Store.open(url, create=True) as store:
        run_id = add_champion(store, add_messages(store, [f"m{n}" for n in range(60)]))
    with opened_here(folder) as room, on_a_port() as base:
        yield room, base, run_id


def client(here: tuple[Room, str, RunId], name: str, role: Role) -> httpx.Client:
    return enter(here[0], here[1], name, role)


def row(answer: dict[str, Any], name: str) -> dict[str, Any]:
    return next(queue for queue in answer["queues"] if queue["name"] == name)


def test_a_lead_makes_changes_and_sees_queues_and_a_reviewer_does_not(here: tuple[Room, str, RunId]) -> None:
    lea, ada = client(here, "Lea", Role.LEAD), client(here, "Ada", Role.REVIEWER)
    asked = {"name": "Now", "purpose": "evaluation", "count": 10, "target": 5, "people": ["Ada"], "blind_share": 0.5}
    for method, path, body in (
        ("GET", "queues.json", None),
        ("POST", "queues/make", asked),
        ("POST", "queues/change", {"queue_id": 1}),
    ):
        assert ada.request(method, path, json=body).status_code == 403
    queue_id = lea.post("queues/make", json=asked).json()["queue_id"]
    assert lea.post("queues/make", json=asked).status_code == 409, "pressed twice, it is made once"
    assert lea.post("queues/change", json={"queue_id": queue_id, "priority": 7, "state": "paused"}).json() == {
        "changed": ["priority", "state"],
        "messages": 0,
    }
    found = row(lea.get("queues.json").json(), "Now")
    assert (found["total"], found["target"], found["people"], found["state"]) == (10, 5, ["Ada"], "paused")
    with here[0].project.store.read() as connection:
        who = connection.execute(
            select(Person.name).join(QueueChange, QueueChange.person_id == Person.id).distinct()
        ).scalars()
        assert list(who) == ["Lea"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": ""}, 400),
        ({"name": "x", "overlap": 9}, 400),
        ({"name": "x", "blind_share": float("inf")}, 400),
        ({"name": "x", "surprise": 1}, 400),
        ({"name": "x", "purpose": "evaluation", "order": "newest"}, 409),
        ({"name": "x", "gold_share": 0.9}, 409),
        ({"name": "x", "cell": {"run": 1, "against": "folds", "truth": "spam", "predicted": "personal"}}, 409),
        ({"name": "x", "alarm": 99}, 409),
        ({"name": "x", "search": {"asked": "prize", "ids": [10**9]}}, 409),
        ({"name": "x", "people": ["Nobody"]}, 409),
    ],
)
def test_a_queue_that_cannot_be_is_refused_with_a_sentence(
    here: tuple[Room, str, RunId], body: dict[str, Any], status: int
) -> None:
    content = str(body).replace("inf", "Infinity").replace("'", '"')
    answer = client(here, "Lea", Role.LEAD).post("queues/make", content=content)
    assert answer.status_code == status
    assert answer.json()["error"]["what"]
    with here[0].project.store.read() as connection:
        assert connection.execute(select(Queue.id).where(Queue.name == "x")).first() is None, "nothing is left behind"


def test_a_search_and_an_alarm_become_queues_that_know_where_they_come_from(here: tuple[Room, str, RunId]) -> None:
    lea, store = client(here, "Lea", Role.LEAD), here[0].project.store
    alarm_id = store.write(lambda c: open_alarm(c, "drift", "New words", {"message_ids": [3, 4]}))
    assert lea.get("queues.json").json()["alarms"][0]["title"] == "New words"
    for body in (
        {"name": "found", "search": {"asked": "prize", "ids": [5, 6, 7]}},
        {"name": "alarmed", "alarm": alarm_id, "purpose": "drift"},
    ):
        assert lea.post("queues/make", json=body).status_code == 200
    with store.read() as connection:
        sources = connection.execute(select(Queue.source, Queue.purpose).where(Queue.source.is_not(None))).all()
    assert {tuple(row) for row in sources} == {("search:prize", "search"), (f"alarm:{alarm_id}", "drift")}


def test_a_queues_own_guide_stands_beside_its_messages(here: tuple[Room, str, RunId]) -> None:
    store, dataset = here[0].project.store, the_dataset(here[0].project.store)
    spec = QueueSpec("guided", guide="# Only prizes", priority=900)
    queue_id = store.write(lambda c: create(c, dataset, spec))
    fill_by_order(store, queue_id, 5)
    ada = client(here, "Ada", Role.REVIEWER)
    assert ada.get("desk/panel.json").json()["guide"] == "# Only prizes"
    with store.read() as connection:
        assert len(connection.execute(select(Task.id).where(Task.queue_id == queue_id)).all()) == 5


def test_a_lead_asks_about_doubted_labels_and_a_reviewer_does_not(here: tuple[Room, str, RunId]) -> None:
    lea, ada, store = client(here, "Lea", Role.LEAD), client(here, "Ada", Role.REVIEWER), here[0].project.store
    assert lea.get("queues.json").json()["label_errors"] is None
    assert lea.post("queues/label-errors", json={}).status_code == 409
    ids = add_messages(store, ["doubted one", "doubted two"], source="doubted")
    for message_id in ids:
        store.write(lambda c, m=message_id: set_label(c, m, Origin.IMPORTED, "personal"))  # type: ignore[misc]
    doubted = pd.DataFrame(
        {"message_id": ids, "sure": 0.1, "given": "personal", "origin": "imported", "likely": "spam"}
    )
    store.write(lambda c: add_suspects(c, here[2], doubted))
    assert ada.post("queues/label-errors", json={}).status_code == 403
    made = lea.post("queues/label-errors", json={}).json()
    assert made["messages"] == 2
    assert lea.post("queues/label-errors", json={}).json()["queue_id"] == made["queue_id"]
    found = lea.get("queues.json").json()
    assert (found["label_errors"]["waiting"], found["label_errors"]["queue_id"]) == (2, made["queue_id"])
    assert row(found, "Probable label errors of char-svc v1")["blind_share"] == 1.0
