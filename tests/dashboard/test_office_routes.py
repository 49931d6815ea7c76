"""The office's routes: for leads; a decision is stored once, and nothing out of range is."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from here import enter, on_a_port, opened_here
from rooms import CLASSES, add_champion, add_messages, add_queue
from servers import make_folder
from sqlalchemy import func, select

from core.store import Store
from dashboard.room import Room
from labeling.desk import Desk
from labeling.models import Decision, Role, VerdictKind
from labeling.people import add_person
from labeling.verdicts import Given


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Room, str]]:
    """A room in which Ada and Bela are at odds over one message in four, open in this process, its routes on a port."""
    folder: Path = tmp_path_factory.mktemp("room")
    url = f"sqlite:///{folder / 'tallyroom.db'}"
    make_folder(folder, url)
    with Store.open(url, create=True) as store:
        ids = add_messages(store, [f"m{n}" for n in range(40)])
        add_champion(store, ids)
        add_queue(store, ids, overlap=2, blind_share=0.5)
        desk = Desk(store, CLASSES)
        for name in ("Ada", "Bela"):
            person = add_person(store, name).id
            for number in range(40):
                message = desk.claim(person, 1).result()[0]
                klass = "spam" if name == "Ada" or number % 4 else "personal"
                given = Given(str(uuid.uuid4()), message.lease_id, VerdictKind.LABEL, klass, seconds=1.0)
                desk.judge(person, given).result()
    with opened_here(folder) as room, on_a_port() as base:
        yield room, base


def client(here: tuple[Room, str], name: str, role: Role) -> httpx.Client:
    return enter(here[0], here[1], name, role)


def decision(message_id: int, klass: str | None = "spam", **more: Any) -> dict[str, Any]:
    return {"uuid": str(uuid.uuid4()), "message_id": message_id, "klass": klass, **more}


def test_a_lead_sees_the_office_and_decides_once_and_a_reviewer_does_not(here: tuple[Room, str]) -> None:
    lea, ada = client(here, "Lea", Role.LEAD), client(here, "Ada", Role.REVIEWER)
    assert ada.get("office.json").status_code == 403
    assert ada.post("office/decide", json=decision(1)).status_code == 403
    state = lea.get("office.json").json()
    assert state["waiting"] == 10
    assert {each["klass"] for each in state["disputes"][0]["arguments"]} == {"spam", "personal"}
    assert state["agreement"]["alpha"]["messages"] == 40
    assert [person["name"] for person in state["agreement"]["pairs"]["people"]] == ["Ada", "Bela"]
    assert [each["name"] for each in state["agreement"]["reviewers"]] == ["Ada", "Bela"]
    assert {each["klass"] for each in state["agreement"]["reviewers"][0]["classes"]} == {"spam"}
    assert state["sway"]["shown"] + state["sway"]["blind"] == 80
    given = decision(state["disputes"][0]["message_id"], note="a shop")
    answers = [lea.post("office/decide", json=given).json() for _ in range(2)]
    assert answers[0] == answers[1]
    after = lea.get("office.json").json()
    assert (after["waiting"], after["rulings"][0]["note"], after["rulings"][0]["by"]) == (9, "a shop", "Lea")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (decision(1, "eggs"), 409),
        (decision(10**9), 409),
        (decision(-1), 400),
        (decision(1, note="x" * 2_001), 400),
        ({"uuid": "x", "message_id": 1, "klass": "spam"}, 409),
        ({"uuid": str(uuid.uuid4()), "message_id": 1}, 400),
    ],
)
def test_a_decision_that_cannot_be_is_refused_with_a_sentence(
    here: tuple[Room, str], body: dict[str, Any], status: int
) -> None:
    with here[0].project.store.read() as connection:
        before = connection.execute(select(func.count()).select_from(Decision)).scalar_one()
    answer = client(here, "Lea", Role.LEAD).post("office/decide", json=body)
    assert answer.status_code == status
    assert answer.json()["error"]["what"]
    with here[0].project.store.read() as connection:
        assert connection.execute(select(func.count()).select_from(Decision)).scalar_one() == before
