"""The desk's routes, in this process: what they refuse, what they never tell, what a slow store does not hold up."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from here import enter, on_a_port, opened_here
from hypothesis import given
from hypothesis import strategies as st
from rooms import add_champion, add_messages, add_queue
from servers import make_folder
from sqlalchemy import select, update

from core.corpus import CLASSES, Corpus
from core.errors import PipelineError
from core.learning import Candidate, fit
from core.learning.terms import split_words
from core.store import Store
from core.store.records.runs import add_model
from dashboard import explanations
from dashboard.explanations import Explainer
from dashboard.room import Room
from labeling import claims
from labeling.models import Queue, Role, Verdict

RULES = "version: 1\nrules:\n  - {name: shouts_number, class: spam, pattern: 'number'}\n"
_corpus = list(Corpus(3, start_ms=1_790_000_000_000, every_ms=60_000).messages(0, 400))
MODEL = fit(
    Candidate("char", "svc"), [m.body for m in _corpus], [CLASSES.index(m.label) for m in _corpus], CLASSES, seed=1
)
BODIES = [f"message number {n}" for n in range(80)]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """A room that is open in this process, with a champion whose model is kept."""
    folder = tmp_path_factory.mktemp("room")
    url = f"sqlite:///{folder / 'tallyroom.db'}"
    make_folder(folder, url)
    with Store.open(url, create=True) as store:
        ids = add_messages(store, BODIES)
        run_id = add_champion(store, ids)
        store.write(lambda c: add_model(c, run_id, MODEL.format, MODEL.to_bytes()))
        add_queue(store, ids, blind_share=0.0)
    (folder / "rules.yaml").write_text(RULES)
    with opened_here(folder) as room:
        yield room


@pytest.fixture(scope="module")
def base(here: Room) -> Iterator[str]:
    """The routes on a port, on a loop of their own."""
    with on_a_port() as address:
        yield address


def verdict(lease_id: int, **more: Any) -> dict[str, Any]:
    return {"uuid": str(uuid.uuid4()), "lease_id": lease_id, "kind": "label", "klass": "personal", **more}


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("desk/heartbeat", json.dumps({"lease_ids": [2**70]}), "lease_ids.0"),
        ("desk/heartbeat", json.dumps({"lease_ids": [-1]}), "lease_ids.0"),
        ("desk/heartbeat", json.dumps({"lease_ids": list(range(21))}), "lease_ids"),
        ("desk/claim", json.dumps({"count": 0}), "count"),
        ("desk/claim", json.dumps({"count": 5, "person": 1}), "person"),
        ("desk/verdict", json.dumps(verdict(2**63)), "lease_id"),
        ("desk/verdict", json.dumps(verdict(1, seconds=-1)), "seconds"),
        ("desk/verdict", json.dumps(verdict(1)).replace("}", ', "seconds": NaN}'), "seconds"),
        ("desk/verdict", json.dumps(verdict(1, claim=21)), "claim"),
        ("desk/verdict", "[" * 30_000, "body"),
        ("desk/undo", "\ud800".encode("utf-8", "surrogatepass"), "body"),
    ],
)
def test_what_the_desk_cannot_read_is_refused_by_name(
    here: Room, base: str, path: str, body: str | bytes, says: str
) -> None:
    answer = enter(here, base, "Ada").post(path, content=body)
    assert answer.status_code == 400
    assert says in answer.json()["error"]["what"]


def test_a_viewer_is_told_and_given_nothing(here: Room, base: str) -> None:
    vera = enter(here, base, "Vera", Role.VIEWER)
    for path, body in {
        "desk/claim": {"count": 1}, "desk/verdict": verdict(1), "desk/undo": {"uuid": str(uuid.uuid4())},
        "desk/heartbeat": {"lease_ids": [1]}, "desk/translation": {"lease_id": 1},
    }.items():  # fmt: skip
        answer = vera.post(path, json=body)
        assert answer.status_code == 403
        assert "takes a reviewer" in answer.json()["error"]["what"]
    assert vera.get("desk/history.json").status_code == 403
    assert vera.get("desk/panel.json").json()["may_judge"] is False


def test_a_person_sees_their_own_verdicts_and_changes_one(here: Room, base: str) -> None:
    nora, oleg = enter(here, base, "Nora"), enter(here, base, "Oleg")
    (message,) = nora.post("desk/claim", json={"count": 1}).json()["messages"]
    nora.post("desk/verdict", json=verdict(message["lease_id"]))
    (said,) = nora.get("desk/history.json").json()["verdicts"]
    assert (said["body"], said["klass"]) == (message["body"], "personal")
    assert oleg.get("desk/history.json").json()["verdicts"] == []
    change = {**verdict(said["lease_id"]), "klass": "spam", "changes": said["verdict_id"]}
    assert oleg.post("desk/verdict", json={**change, "uuid": str(uuid.uuid4())}).status_code == 409
    assert nora.post("desk/verdict", json=change).json()["saved"]
    assert [each["klass"] for each in nora.get("desk/history.json?klass=spam").json()["verdicts"]] == ["spam"]
    assert nora.get("desk/history.json?before=x").status_code == 400


def test_a_verdicts_answer_brings_the_next_messages_when_asked(here: Room, base: str) -> None:
    bela = enter(here, base, "Bela")
    (message,) = bela.post("desk/claim", json={"count": 1}).json()["messages"]
    plain = bela.post("desk/verdict", json=verdict(message["lease_id"])).json()
    assert "messages" not in plain
    (message,) = bela.post("desk/claim", json={"count": 1}).json()["messages"]
    asked = bela.post("desk/verdict", json=verdict(message["lease_id"], claim=4)).json()
    assert asked["saved"]
    assert len(asked["messages"]) == 4
    assert message["lease_id"] not in [each["lease_id"] for each in asked["messages"]]


def test_a_verdict_counts_as_saved_when_the_next_messages_cannot_be_had(
    here: Room, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    carla = enter(here, base, "Carla")
    (message,) = carla.post("desk/claim", json={"count": 1}).json()["messages"]

    def broken(*_args: object) -> None:
        raise RuntimeError("nothing can be claimed")

    monkeypatch.setattr(claims, "claim_next", broken)
    given_one = verdict(message["lease_id"], claim=4)
    answer = carla.post("desk/verdict", json=given_one)
    assert (answer.status_code, answer.json()["saved"]) == (200, True)
    assert "messages" not in answer.json()
    with here.project.store.read() as connection:
        assert connection.execute(select(Verdict.klass).where(Verdict.uuid == given_one["uuid"])).scalar() == "personal"


def test_a_message_comes_with_what_the_model_and_the_rules_say(here: Room, base: str) -> None:
    dora = enter(here, base, "Dora")
    (message,) = dora.post("desk/claim", json={"count": 1}).json()["messages"]
    assert message["predicted"] == {"klass": "spam", "confidence": 0.9}
    assert message["says"] == [
        {"who": "char-svc v1", "klass": "spam", "confidence": 0.9},
        {"who": "rule shouts_number", "klass": "spam", "confidence": None},
    ]
    assert message["marks"]


def test_many_threads_may_ask_what_the_rules_say_at_once(here: Room) -> None:
    texts = [f"number {n} " * 500 for n in range(400)]
    with ThreadPoolExecutor(8) as threads:
        hits = list(threads.map(Explainer(here.project).rules, texts))
    assert hits == [[("shouts_number", "spam")]] * len(texts)


def test_what_explains_is_waited_for_by_no_message(here: Room) -> None:
    explainer = Explainer(here.project)
    explainer.warm(after=60)
    assert (explainer.marks(1, "win a prize", "spam"), explainer.rules("number")) == ([], [])


def test_a_model_that_cannot_be_read_takes_the_explanation_and_not_the_desk(
    here: Room, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(*_args: object) -> None:
        raise PipelineError("this is no model of ours")

    monkeypatch.setattr(here.explainer, "marks", unreadable)
    answer = enter(here, base, "Emil").post("desk/claim", json={"count": 1})
    assert answer.status_code == 200
    (message,) = answer.json()["messages"]
    assert (message["predicted"]["klass"], message["marks"]) == ("spam", [])


def test_a_model_of_another_version_is_read_once_and_not_for_every_message(
    here: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    explainer, tries = Explainer(here.project), []
    monkeypatch.setattr(explanations, "model_content", lambda *_: tries.append(1) or b"of another version")
    assert [explainer.marks(1, "win a prize", "spam") for _ in range(3)] == [[], [], []]
    assert len(tries) == 1


def test_a_blind_message_brings_nothing_that_was_said_of_it(here: Room, base: str) -> None:
    store = here.project.store
    store.write(lambda c: c.execute(update(Queue).values(blind_share=1.0)))
    fred = enter(here, base, "Fred")
    answer = fred.post("desk/claim", json={"count": 3})
    lease = answer.json()["messages"][0]["lease_id"]
    more = fred.post("desk/verdict", json=verdict(lease, claim=3))
    again = fred.post("desk/undo", json={"uuid": str(uuid.uuid4())})
    for text in (answer.text, more.text, again.text):
        assert '"blind":true' in text
        assert not any(word in text for word in ("spam", "char-svc", "shouts_number", "0.9"))
    store.write(lambda c: c.execute(update(Queue).values(blind_share=0.0)))


def test_a_verdict_that_waits_for_the_store_holds_up_nobody_else(here: Room, base: str) -> None:
    gita = enter(here, base, "Gita")
    (message,) = gita.post("desk/claim", json={"count": 1}).json()["messages"]
    given_one = verdict(message["lease_id"])
    busy = threading.Event()
    blocked = here.project.store.submit(lambda _connection: busy.wait(60))
    answers: list[httpx.Response] = []
    waiting = threading.Thread(target=lambda: answers.append(gita.post("desk/verdict", json=given_one)))
    waiting.start()
    time.sleep(0.2)
    try:
        assert "ok" in httpx.get(f"{base}healthz", timeout=30).json()
        assert answers == [], "it is not acknowledged before COMMIT"
    finally:
        busy.set()
    waiting.join(60)
    blocked.result(60)
    assert answers[0].json()["saved"]


def test_what_nobody_waits_for_any_more_is_not_begun(here: Room, base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hugo = enter(here, base, "Hugo")
    (message,) = hugo.post("desk/claim", json={"count": 1}).json()["messages"]
    given_one = verdict(message["lease_id"])
    busy = threading.Event()
    blocked = here.project.store.submit(lambda _connection: busy.wait(60))
    under_way: list[Future[Any]] = []
    submit = here.project.store.submit
    with monkeypatch.context() as watched:
        watched.setattr(here.project.store, "submit", lambda work: under_way.append(submit(work)) or under_way[-1])
        with pytest.raises(httpx.ReadTimeout):
            hugo.post("desk/verdict", json=given_one, timeout=2)
        end = time.monotonic() + 30
        while not any(each.cancelled() for each in under_way):  # the server hears that the line is closed
            assert time.monotonic() < end, "it was not taken back"
            time.sleep(0.02)
    busy.set()
    blocked.result(10)
    here.project.store.write(lambda _connection: None)
    with here.project.store.read() as connection:
        assert connection.execute(select(Verdict.id).where(Verdict.uuid == given_one["uuid"])).all() == []
    again = hugo.post("desk/verdict", json=given_one).json()
    assert (again["saved"], again["duplicate"]) == (True, False)


words = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=60)


@given(st.lists(st.one_of(words, st.sampled_from(["win", "Prize!!", "नमस्ते", "مرحبا", "\u200b", "😀"]))).map(" ".join))
def test_marks_are_words_of_the_body_in_their_order(here: Room, body: str) -> None:
    marks = here.explainer.marks(1, body, "spam")
    assert len(marks) <= 6
    places = [(mark.start, mark.end) for mark in marks]
    assert places == sorted(set(places))
    assert set(places) <= set(split_words(body))
