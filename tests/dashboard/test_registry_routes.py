"""The registry's routes and command: what everybody may see, what takes a lead, what a viewer sees of texts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from here import enter, on_a_port, opened_here
from rooms import CLASSES, add_messages
from runs import add_run, promoted
from servers import make_folder
from sqlalchemy import select
from typer.testing import CliRunner

from core.export.scorers.tallyroom import Scorer
from core.learning import Candidate, fit
from core.store import Store
from core.store.models import Audit
from core.store.records.runs import NewRun, finish_run, note_made_with, start_run
from dashboard.command import build
from dashboard.room import Room
from labeling.models import Role

MADE = {"commit": {"id": "a" * 40, "dirty": True}, "python": "3.11.7"}


def model() -> bytes:
    texts = ["dinner mum"] * 9 + ["code 493822"] * 9 + ["prize <b>won</b>"] * 9
    return fit(Candidate.parse("word-svc"), texts, np.repeat([0, 1, 2], 9), CLASSES, seed=1).to_bytes()


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Room, str]]:
    """A champion, a fitted challenger, one that was never trained on everything, one that failed."""
    folder: Path = tmp_path_factory.mktemp("room")
    url = f"sqlite:///{folder / 'tallyroom.db'}"
    make_folder(folder, url)
    with Store.open(url, create=True) as store:
        ids = add_messages(store, [f"call 493822 m{n}" for n in range(120)])
        first = promoted(store, add_run(store, ids, "word-cnb", ["personal"] * 12 + ["spam"] * 108, model=model()))
        store.write(lambda c: note_made_with(c, first, MADE))
        add_run(store, ids, "word-svc", ["spam"] * 120, model=model())
        add_run(store, ids, "char-svc", ["personal"] * 60 + ["spam"] * 60)
        new = NewRun(1, "char-gone", "broken", 0, 9, 2, 7, {})  # type: ignore[arg-type]
        failed = store.write(lambda c: start_run(c, new))
        store.write(lambda c: finish_run(c, failed, error="<b>it broke</b>"))
    with opened_here(folder) as room, on_a_port() as base:
        yield room, base


def client(here: tuple[Room, str], name: str, role: Role) -> httpx.Client:
    return enter(here[0], here[1], name, role)


def test_everybody_sees_the_champion_and_how_far_the_challengers_are(here: tuple[Room, str]) -> None:
    found = client(here, "Vera", Role.VIEWER).get("registry.json").json()
    champion, challengers = found["champion"], found["challengers"]
    assert (champion["title"], champion["linear"], champion["reason"]) == ("word-cnb v1", True, "a test")
    assert champion["made_with"] == MADE
    assert found["may_promote"] is False
    assert [each["title"] for each in challengers] == ["word-svc v1", "char-svc v1", "char-gone v1"]
    better, worse, failed = challengers
    assert (better["against"]["settled"], worse["against"]["settled"]) == ("better", "worse")
    assert better["against"]["difference"] == pytest.approx(0.1)
    assert (worse["size"], better["size"] is not None) == (None, True)
    assert (failed["state"], failed["linear"], failed["not_paired"]) == ("failed", None, "not tried to the end")
    assert [each["sentence"] for each in found["history"]] == ["promoted word-cnb v1 by test"]


def test_a_model_from_near_has_terms_and_a_viewer_sees_no_numbers(here: tuple[Room, str]) -> None:
    terms: dict[Role, Any] = {}
    for role in (Role.VIEWER, Role.REVIEWER):
        found = client(here, f"a {role}", role).get("registry/model.json", params={"run": 1}).json()
        assert (found["judged"], found["wrong"]) == (120, 12)
        terms[role] = {each["klass"]: [term["term"] for term in each["terms"]] for each in found["terms"]}
    assert "<b>won</b>" in terms[Role.REVIEWER]["spam"]
    assert any("493822" in term for term in terms[Role.REVIEWER]["notification"])
    assert any("••••••" in term for term in terms[Role.VIEWER]["notification"])
    assert "493822" not in json.dumps(terms[Role.VIEWER])
    vera = client(here, "Vera", Role.VIEWER)
    assert vera.get("registry/model.json", params={"run": 3}).json()["terms"] is None
    assert vera.get("registry/model.json", params={"run": 99}).status_code == 409
    assert vera.get("registry/model.json", params={"run": "٣"}).status_code == 400


def test_a_lead_downloads_a_linear_model_on_record(here: tuple[Room, str]) -> None:
    lea = client(here, "Lea", Role.LEAD)
    assert client(here, "Rita", Role.REVIEWER).get("registry/download", params={"run": 1}).status_code == 403
    answer = lea.get("registry/download", params={"run": 1})
    assert answer.headers["Content-Disposition"] == 'attachment; filename="word-cnb-v1.json"'
    Scorer(answer.json()).check()
    with here[0].project.store.read() as connection:
        asked = select(Audit.subject).where(Audit.action == "exported").order_by(Audit.id.desc()).limit(1)
        assert connection.execute(asked).scalar_one() == "model word-cnb v1 as linear_json"
    assert "never trained on everything" in lea.get("registry/download", params={"run": 3}).text
    assert "no exporter is called 'x'" in lea.get("registry/download", params={"run": 1, "format": "x"}).text
    strange = lea.get("registry/download", params={"run": 1}, headers={"Origin": "https://elsewhere.example"})
    assert strange.status_code == 403


def test_promoting_and_rolling_back_take_a_lead_and_a_reason(here: tuple[Room, str]) -> None:
    why = {"reason": "better on links"}
    for name, role in (("Vera", Role.VIEWER), ("Rita", Role.REVIEWER)):
        someone = client(here, name, role)
        assert someone.post("registry/promote", json={"run": 2, **why}).status_code == 403
        assert someone.post("registry/roll-back", json=why).status_code == 403
    lea = client(here, "Lea", Role.LEAD)
    assert lea.post("registry/promote", json={"run": 2, "reason": ""}).status_code == 400
    assert "never trained on everything" in lea.post("registry/promote", json={"run": 3, **why}).text
    done = lea.post("registry/promote", json={"run": 2, **why}).json()
    assert done == {"run": 2, "champion": "word-svc v1", "former": "word-cnb v1"}
    found = lea.get("registry.json").json()
    assert (found["champion"]["run"], found["champion"]["by"], found["may_promote"]) == (2, "Lea", True)
    assert lea.post("registry/roll-back", json={"run": None, "reason": "complaints"}).json()["run"] == 1
    history = lea.get("registry.json").json()["history"]
    assert [(each["act"], each["by"]) for each in history] == [
        ("rolled back", "Lea"),
        ("promoted", "Lea"),
        ("promoted", "test"),
    ]
    older = lea.get("registry/history.json", params={"before": history[0]["id"]}).json()
    assert [each["act"] for each in older["history"]] == ["promoted", "promoted"]


def test_the_command_lists_shows_promotes_and_rolls_back(here: tuple[Room, str]) -> None:
    room = ["--room", str(here[0].project.folder)]

    def tallyroom(*words: str) -> str:
        done = CliRunner().invoke(build(["models"]), ["models", *words, *room])
        assert done.exit_code == 0, done.output
        return done.output

    assert "Champion: word-cnb v1" in tallyroom("list")
    assert "not tried to the end; a candidate that nobody knows any more, failed" in tallyroom("list")
    assert "python: 3.11.7" in tallyroom("show", "1")
    told = json.loads(tallyroom("promote", "2", "--reason", "tried by hand", "--json"))
    assert told == {"champion": "word-svc v1", "run": 2, "former": "word-cnb v1"}
    assert "word-cnb v1 is the champion now, word-svc v1 was it before" in tallyroom("roll-back", "--reason", "no")
    assert json.loads(tallyroom("list", "--json"))["history"][0]["act"] == "rolled back"


def test_a_run_and_the_champion_tell_scripts_what_they_were_made_with(here: tuple[Room, str]) -> None:
    ada = client(here, "Ada", Role.REVIEWER)
    runs = {each["run_id"]: each for each in ada.get("api/v1/runs").json()["runs"]}
    assert (runs[1]["made_with"], runs[2]["made_with"]) == (MADE, None)
    champion = ada.get("api/v1/champion").json()
    assert (champion["run_id"], champion["act"], champion["promoted_by"]) == (1, "rolled back", "you")
