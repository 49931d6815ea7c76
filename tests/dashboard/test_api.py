"""The API: what its document says it does; closed to who may not; pages that miss nothing."""

from __future__ import annotations

import json
import os
import re
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from here import on_a_port, opened_here
from rooms import CLASSES, add_champion, add_messages, add_queue, the_dataset
from servers import make_folder
from sqlalchemy import insert

from core.corpus import Corpus
from core.learning import Candidate, fit
from core.store import Store
from core.store.models import Origin
from core.store.records.labels import set_label
from core.store.records.runs import add_model
from dashboard.room import Room
from dashboard.routes.api import HANDLERS
from labeling.desk import Desk
from labeling.label_sets import freeze
from labeling.listing import verdicts
from labeling.models import Role, Verdict, VerdictKind
from labeling.people import add_person, issue_link
from labeling.verdicts import Given
from labeling.webhooks import signature

_corpus = list(Corpus(3, start_ms=1_790_000_000_000, every_ms=60_000).messages(0, 300))
MODEL = fit(
    Candidate("word", "svc"), [m.body for m in _corpus], [CLASSES.index(m.label) for m in _corpus], CLASSES, seed=1
)
PYTHON = os.environ.get("TALLYROOM_FOREIGN_PYTHON", "")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """A room with labels, a queue, verdicts, a champion and a set."""
    folder = tmp_path_factory.mktemp("room")
    url = f"sqlite:///{folder / 'tallyroom.db'}"
    make_folder(folder, url)
    with (folder / "tallyroom.toml").open("a") as file:
        file.write("[api]\nrequests_per_minute = 100000\n")
    with Store.open(url, create=True) as store:
        ids = add_messages(store, ["=1+1", *(f"message {n}" for n in range(30))])
        run_id = add_champion(store, ids)
        store.write(lambda c: add_model(c, run_id, MODEL.format, MODEL.to_bytes()))
        add_queue(store, ids[:10], blind_share=0.0)
        person, desk = add_person(store, "Ada"), Desk(store, CLASSES)
        for klass in ("spam", "personal", "spam"):
            (message,) = desk.claim(person.id).result()
            desk.judge(person.id, Given(str(uuid.uuid4()), message.lease_id, VerdictKind.LABEL, klass)).result()
        for message_id in ids[3:8]:
            store.write(lambda c, m=message_id: set_label(c, m, Origin.IMPORTED, "notification"))
        freeze(store, the_dataset(store), "spring", by="Lea")
    with opened_here(folder) as room:
        yield room


@pytest.fixture(scope="module")
def base(here: Room) -> Iterator[str]:
    """The routes on a port, on a loop of their own."""
    with on_a_port() as address:
        yield address


def enter(base: str, here: Room, name: str, role: Role) -> httpx.Client:
    client = httpx.Client(base_url=f"{base}api/v1/", headers={"X-Tallyroom": "1"}, timeout=20)
    store = here.project.store
    token = issue_link(store, add_person(store, name, role).id)
    assert client.get(f"{base}door", params={"token": token}).status_code == 302
    return client


@pytest.fixture
def lead(base: str, here: Room) -> httpx.Client:
    return enter(base, here, "Lea", Role.LEAD)


def test_labels_come_in_pages_that_lead_to_one_another(lead: httpx.Client) -> None:
    found, url = [], "labels?limit=3"
    while url:
        answer = lead.get(url)
        assert answer.status_code == 200
        page = answer.json()
        found += page["labels"]
        url = str(answer.url.join(answer.links["next"]["url"])) if "next" in answer.links else ""
        assert (page["after"] is None) == (url == "")
    assert [each["key"] for each in found] == [str(n) for n in range(8)]
    assert (found[0]["label"], found[0]["verdicts"], found[0]["shown_run"]) == ("spam", 1, "char-svc v1")
    assert (found[0]["judged_by"], found[7]["origin"]) == ("", "imported")
    assert lead.get("labels", params={"people": True, "limit": 1}).json()["labels"][0]["judged_by"] == "Ada"
    assert len(lead.get("labels", params={"origin": ["verdict", "rule"]}).json()["labels"]) == 3
    assert len(lead.get("labels", params={"set": "spring"}).json()["labels"]) == 8


def test_labels_come_as_the_reader_accepts_them(lead: httpx.Client) -> None:
    as_csv = lead.get("labels?limit=1", headers={"Accept": "text/csv"})
    assert as_csv.headers["content-type"].startswith("text/csv")
    assert as_csv.text.splitlines()[1].endswith(",'=1+1")
    lines = lead.get("labels", headers={"Accept": "application/x-ndjson"}).text.splitlines()
    assert [json.loads(line)["key"] for line in lines] == [str(n) for n in range(8)]
    refused = lead.get("labels", headers={"Accept": "application/xml"})
    assert refused.status_code == 406
    assert "text/csv" in refused.json()["detail"]


def test_labels_that_are_sent_are_taken_known_or_refused_by_their_row(lead: httpx.Client) -> None:
    rows = [
        {"source": "inbox", "key": "20", "label": "spam"},
        {"source": "inbox", "key": "21", "label": "spma"},
        {"source": "inbox", "key": "999", "label": "spam"},
    ]
    answer = lead.post("labels", json={"labels": rows}).json()
    assert (answer["rows"], answer["labels"], answer["unchanged"], answer["refused_rows"]) == (3, 1, 0, 2)
    assert [each["row"] for each in answer["refused"]] == [2, 3]
    assert "Did you mean 'spam'?" in answer["refused"][0]["reason"]
    assert lead.post("labels", json={"labels": rows[:1]}).json()["unchanged"] == 1


def test_a_script_fills_a_queue_by_ids_or_by_keys(lead: httpx.Client) -> None:
    asked = {"ids": [11, 12, 10**9], "messages": [{"source": "inbox", "key": "15"}, {"source": "no", "key": "15"}]}
    answer = lead.post("queues/review/messages", json=asked).json()
    assert answer == {"added": 3, "there": 0, "unknown_ids": [2], "unknown_messages": [1]}
    assert lead.post("queues/review/messages", json=asked).json()["there"] == 3
    assert lead.get("queues").json()["queues"][0]["total"] == 13
    refused = lead.post("queues/revue/messages", json={"ids": [1]})
    assert (refused.status_code, refused.json()["fix"]) == (404, "Did you mean 'review'?")


def test_verdicts_runs_champion_and_sets_are_told(lead: httpx.Client) -> None:
    first, second, third = lead.get("verdicts").json()["verdicts"]
    assert (first["klass"], first["person"], first["shown_klass"], first["withdrawn"]) == ("spam", "Ada", "spam", False)
    assert lead.get("verdicts", params={"after": second["id"]}).json()["verdicts"] == [third]
    assert lead.get("runs").json()["runs"][0]["candidate"] == "char-svc"
    assert lead.get("champion").json()["title"] == "char-svc v1"
    (frozen,) = lead.get("label-sets").json()["sets"]
    assert (frozen["name"], frozen["size"], frozen["origins"]) == ("spring", 8, ["imported", "verdict"])


def test_the_champion_scores_texts_as_it_scores_messages(lead: httpx.Client) -> None:
    bodies = [message.body for message in _corpus[:50]]
    answer = lead.post("score", json={"texts": bodies}).json()
    said = MODEL.predict(bodies)
    assert [each["klass"] for each in answer["predictions"]] == [MODEL.classes[code] for code in said.codes]
    assert answer["predictions"][0]["probabilities"] == pytest.approx(list(said.probabilities[0]))
    assert (answer["model"], answer["classes"]) == ("char-svc v1", list(CLASSES))
    assert lead.post("score", json={"texts": ["x"] * 1_001}).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "where"),
    [
        ("GET", "labels?limit=0", None, 400, "query.limit"),
        ("GET", "labels?limit=1&limit=2", None, 400, "query.limit"),
        ("GET", "labels?colour=red", None, 400, "query.colour"),
        ("GET", "labels?set=nothing", None, 409, ""),
        ("GET", f"verdicts?after={2**70}", None, 400, "query.after"),
        ("POST", "labels", b"[]", 400, "body"),
        ("POST", "labels", b"[" * 50_000, 400, "body"),
        ("POST", "labels", b'{"labels": [{"source": 1}]}', 400, "body.labels.0.source"),
        ("POST", "score", b'{"texts": ["\xff"]}', 400, "body"),
        ("DELETE", "labels", None, 405, ""),
    ],
)
def test_what_is_wrong_is_a_problem_with_its_place(
    lead: httpx.Client, method: str, path: str, body: bytes | None, status: int, where: str
) -> None:
    answer = lead.request(method, path, content=body, headers={"Content-Type": "application/json"})
    problem = answer.json()
    assert (answer.status_code, problem["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["where"] == where
    assert problem["detail"]


def test_each_route_is_closed_to_those_below_its_role(base: str, here: Room) -> None:
    below = {Role.LEAD: Role.REVIEWER, Role.REVIEWER: Role.VIEWER}
    for handler in HANDLERS:
        assert handler.role is not None
        for method in handler.operations:
            path = handler.path.strip("/").replace("{name}", "review")
            with httpx.Client(base_url=f"{base}api/v1/", headers={"X-Tallyroom": "1"}) as stranger:
                assert stranger.request(method, path, json={}).status_code == 401
            if handler.role in below:
                client = enter(base, here, f"{below[handler.role]}", below[handler.role])
                refused = client.request(method, path, json={})
                assert (refused.status_code, refused.json()["title"]) == (403, "Forbidden")


def test_who_asks_too_often_is_told_when_to_come_again(
    here: Room, lead: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = here.project.settings.api.model_copy(update={"requests_per_minute": 3})
    monkeypatch.setattr(here.project, "settings", here.project.settings.model_copy(update={"api": api}))
    answers = [lead.get("champion") for _ in range(5)]
    assert {answer.status_code for answer in answers[:3]} == {200}
    assert answers[-1].status_code == 429
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 21


def test_the_document_names_every_route_and_every_shape(lead: httpx.Client) -> None:
    document = lead.get("openapi.json").json()
    assert document["openapi"] == "3.1.0"
    said = {(path, method) for path, item in document["paths"].items() for method in item}
    assert said == {(f"/api/v1{handler.path}", method) for handler in HANDLERS for method in handler.operations}
    text = json.dumps(document)
    for reference in {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}:
        assert reference in document["components"]["schemas"]


def test_verdicts_that_commit_late_are_not_missed(store: Store) -> None:
    if store.dialect == "sqlite":
        pytest.skip("SQLite has one writer: ids commit in their order")
    add_queue(store, add_messages(store, ["a", "b", "c"]))
    person, desk = add_person(store, "Ada"), Desk(store, CLASSES)
    first, second, third = desk.claim(person.id, 3).result()

    def row(message: Any) -> dict[str, Any]:
        place = {"lease_id": message.lease_id, "task_id": message.task_id, "queue_id": message.queue_id}
        who = {"message_id": message.message_id, "person_id": person.id, "blind": False, "late": False}
        return {"uuid": str(uuid.uuid4()), "kind": "skip", **place, **who}

    store.write(lambda c: c.execute(insert(Verdict), row(first)))
    with store.engine.connect() as slow:
        slow.execute(insert(Verdict), row(second))
        store.write(lambda c: c.execute(insert(Verdict), row(third)))
        with store.read() as connection:
            assert len(verdicts(connection)) == 1
        slow.commit()
    with store.read() as connection:
        assert len(verdicts(connection)) == 3


def test_what_the_documentation_says_of_the_api_runs(lead: httpx.Client, capsys: pytest.CaptureFixture[str]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "api.md").read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.S)
    names: dict[str, Any] = {"api": lead, "token": "x"}
    for block in blocks:
        exec("\n".join(line for line in block.splitlines() if not line.startswith("api = ")), names)
    assert len(names["labels"]) >= 8
    assert names["said"]["predictions"]
    assert names["is_ours"](b"secret", b"{}", signature(b"secret", b"{}"))
    assert "char-svc v1" in capsys.readouterr().out


@pytest.mark.skipif(not PYTHON, reason="TALLYROOM_FOREIGN_PYTHON names no interpreter with schemathesis")
def test_a_machine_that_tries_everything_the_document_allows_finds_nothing(
    base: str, lead: httpx.Client, tmp_path: Path
) -> None:
    document = lead.get("openapi.json").json()
    document["servers"] = [{"url": base.rstrip("/")}]
    del document["security"], document["components"]["securitySchemes"]  # the cookie lets it in
    (tmp_path / "openapi.json").write_text(json.dumps(document))
    cookie = "; ".join(f"{name}={value}" for name, value in lead.cookies.items())
    command = [str(Path(PYTHON).with_name("schemathesis")), "run", str(tmp_path / "openapi.json"), "--url", base]
    command += ["-H", f"Cookie: {cookie}", "-H", "X-Tallyroom: 1", "--checks", "all", "--seed", "7", "--max-examples"]
    command += [os.environ.get("TALLYROOM_EXAMPLES", "40")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-6000:]
