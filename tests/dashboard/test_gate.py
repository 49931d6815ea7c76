"""`tallyroom gate`, by the real command: green, red where a feature set has become worse, and where it cannot tell."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import begun
import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from core import Project
from core.corpus import Corpus
from core.pipeline.gate import Answer, Judged
from core.store.models import Audit, Base, Event
from dashboard.command import build
from dashboard.commands.gate import _tell
from dashboard.demo.room import drop

SETTINGS = """[room]
name = "Test"
classes = ["personal", "notification", "spam"]
[pipeline]
dataset = "sms"
candidates = ["char-svc", "word-cnb"]
folds = 5
curve = [1.0]
"""
DICTIONARY = """version: 1
dataset: sms
sources:
  - {name: phones, kind: csv, path: inbox/*.csv, columns: {key: id, body: text, label: kind}}
"""
INITIALS = '''"""A feature set from outside that sees the first character of a message, and no more."""

from sklearn.feature_extraction.text import TfidfVectorizer

from core.learning.features import FeatureSet


class Initials(FeatureSet):
    """A bad one."""

    name = "initials"
    title = "The first character"

    def build(self):
        return TfidfVectorizer(analyzer="word", token_pattern=r"\\A.")
'''


def plug_in(folder: Path) -> Mapping[str, str]:
    """An installed package with that feature set; gives the environment that has it."""
    site = folder / "site"
    about = site / "tallyroom_initials-1.0.dist-info"
    about.mkdir(parents=True)
    (site / "tallyroom_initials.py").write_text(INITIALS)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: tallyroom-initials\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[tallyroom.features]\ninitials = tallyroom_initials:Initials\n")
    return {**os.environ, "PYTHONPATH": str(site), "OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Mapping[str, str]]:
    """A room with a champion."""
    folder = tmp_path_factory.mktemp("room")
    (folder / "tallyroom.toml").write_text(SETTINGS)
    (folder / "dictionaries").mkdir()
    (folder / "dictionaries" / "sms.yaml").write_text(DICTIONARY)
    (folder / "inbox").mkdir()
    corpus = Corpus(11, start_ms=1_790_000_000_000, every_ms=60_000)
    drop(folder, "0.csv", corpus.messages(0, 300), labelled=300)
    environment = plug_in(folder)
    for words in (["store", "upgrade"], ["run"]):
        done = tallyroom((folder, environment), *words)
        assert done.returncode == 0, done.stderr
    return folder, environment


def tallyroom(room: tuple[Path, Mapping[str, str]], *words: str) -> subprocess.CompletedProcess[str]:
    return begun.tallyroom(*words, folder=room[0], environment=room[1])


def everything(room: tuple[Path, Mapping[str, str]]) -> dict[str, int]:
    """How many rows each table has."""
    project = Project(room[0])
    with project.store.read() as connection:
        tables = Base.metadata.sorted_tables
        rows = {each.name: connection.execute(select(func.count()).select_from(each)).scalar_one() for each in tables}
    project.close()
    assert {Audit.__tablename__, Event.__tablename__} <= rows.keys()
    return rows


def here(room: tuple[Path, Mapping[str, str]], *words: str) -> tuple[int, str]:
    """The command in this process: its code, and what it says."""
    done = CliRunner().invoke(build(["gate"]), ["gate", "--room", str(room[0]), *words])
    return done.exit_code, done.stdout


def test_the_room_as_it_was_is_let_through_and_nothing_is_written(room: tuple[Path, Mapping[str, str]]) -> None:
    before = everything(room)
    done = tallyroom(room, "gate")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "than the champion, char-svc" in done.stdout
    assert "not worse by more than the margin of 0.005" in done.stdout
    code, said = here(room, "--json")
    told = json.loads(said)
    assert (code, told["answer"], told["difference"], told["folds"]) == (0, "open", 0.0, 5)
    assert told["champion"].split()[0] == told["candidate"]
    assert everything(room) == before


def test_a_worse_feature_set_turns_the_gate_red(room: tuple[Path, Mapping[str, str]]) -> None:
    before, settings = everything(room), room[0] / "tallyroom.toml"
    settings.write_text(SETTINGS.replace('["char-svc", "word-cnb"]', '["initials-svc", "initials-cnb"]'))
    try:
        red = tallyroom(room, "gate")
        told = json.loads(tallyroom(room, "gate", "--json", "--candidate", "initials-svc").stdout)
        assert here(room, "--candidate", "char-svc")[0] == 0, "this one is as good as it was"
    finally:
        settings.write_text(SETTINGS)
    assert red.returncode == 1, red.stdout + red.stderr
    assert "is worse than the champion, char-svc" in red.stdout
    assert "worse by more than the margin of 0.005, and that is settled." in red.stdout
    assert told["answer"] == "closed"
    assert told["high"] < -0.005
    assert everything(room) == before, "whatever it says, it promotes nothing"


def test_what_it_says_is_green_red_or_yellow(monkeypatch: pytest.MonkeyPatch) -> None:
    colors: list[str] = []
    monkeypatch.setattr("typer.secho", lambda _words, fg: colors.append(fg))
    for said in Answer:
        _tell(Judged(said, "a sentence", 0.005), as_json=False)
    assert colors == ["green", "red", "yellow"]


def test_it_uses_the_champions_folds_whatever_the_settings_say(room: tuple[Path, Mapping[str, str]]) -> None:
    settings = room[0] / "tallyroom.toml"
    settings.write_text(SETTINGS.replace("folds = 5", 'folds = 3\nseed = 99\nsplit = "random"'))
    try:
        told = json.loads(here(room, "--json")[1])
    finally:
        settings.write_text(SETTINGS)
    assert (told["answer"], told["difference"], told["folds"]) == ("open", 0.0, 5)


@pytest.mark.parametrize(
    ("old", "new", "words", "says"),
    [
        ("", "", ("--candidate", "word-svm"), "no estimator is called 'svm'"),
        ('train_on = ["verdict", "imported"]', 'train_on = ["verdict"]', (), "was tried on other labels than these"),
        ('dataset = "sms"', 'dataset = "other"', (), "there is no champion"),
        ('"spam"]', '"spam", "other"]', (), "the room has other classes"),
        ('name = "Test"', "name = 1", (), "room.name"),
    ],
    ids=["no such candidate", "other labels", "no champion", "other classes", "broken settings"],
)
def test_where_it_cannot_tell_it_says_why(
    room: tuple[Path, Mapping[str, str]], old: str, new: str, words: tuple[str, ...], says: str
) -> None:
    settings = room[0] / "tallyroom.toml"
    whole = SETTINGS.replace("folds = 5", 'folds = 5\ntrain_on = ["verdict", "imported"]')
    settings.write_text(whole.replace(old, new, 1))
    try:
        code, said = here(room, "--json", *words)
    finally:
        settings.write_text(SETTINGS)
    told = json.loads(said)
    assert (code, told["answer"]) == (2, "cannot tell")
    assert says in told["sentence"]
