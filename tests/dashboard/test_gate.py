"""`tallyroom gate`, by the real command: green, red where a feature set has become worse, and where it cannot tell."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core import Project
from core.corpus import Corpus
from core.store.models import Audit, Base, Event
from dashboard.demo.room import drop

SETTINGS = """[room]
name = "Test"
classes = ["personal", "notification", "spam"]
[pipeline]
dataset = "sms"
candidates = ["word-svc", "word-cnb"]
folds = 5
curve = [1.0]
"""
DICTIONARY = """version: 1
dataset: sms
sources:
  - {name: phones, kind: csv, path: inbox/*.csv, columns: {key: id, body: text, label: kind}}
"""
LETTERS = '''"""A feature set from outside that sees single characters only."""

from sklearn.feature_extraction.text import TfidfVectorizer

from core.learning.features import FeatureSet


class Letters(FeatureSet):
    """A bad one."""

    name = "letters"
    title = "Single characters"

    def build(self):
        return TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 1))
'''


def plug_in(folder: Path) -> Mapping[str, str]:
    """An installed package with that feature set; gives the environment that has it."""
    site = folder / "site"
    about = site / "tallyroom_letters-1.0.dist-info"
    about.mkdir(parents=True)
    (site / "tallyroom_letters.py").write_text(LETTERS)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: tallyroom-letters\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[tallyroom.features]\nletters = tallyroom_letters:Letters\n")
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
    command = [sys.executable, "-m", "dashboard.command", *words]
    return subprocess.run(command, cwd=room[0], capture_output=True, text=True, check=False, env=room[1])


def everything(room: tuple[Path, Mapping[str, str]]) -> dict[str, int]:
    """How many rows each table has."""
    project = Project(room[0])
    with project.store.read() as connection:
        tables = Base.metadata.sorted_tables
        rows = {each.name: connection.execute(select(func.count()).select_from(each)).scalar_one() for each in tables}
    project.close()
    assert {Audit.__tablename__, Event.__tablename__} <= rows.keys()
    return rows


def test_the_room_as_it_was_is_let_through_and_nothing_is_written(room: tuple[Path, Mapping[str, str]]) -> None:
    before = everything(room)
    done = tallyroom(room, "gate")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "than the champion, word-" in done.stdout
    assert "not worse by more than the margin of 0.005" in done.stdout
    told = json.loads(tallyroom(room, "gate", "--json").stdout)
    assert (told["answer"], told["difference"], told["folds"]) == ("open", 0.0, 5)
    assert told["champion"].split()[0] == told["candidate"]
    assert everything(room) == before


def test_a_worse_feature_set_turns_the_gate_red(room: tuple[Path, Mapping[str, str]]) -> None:
    before, settings = everything(room), room[0] / "tallyroom.toml"
    settings.write_text(SETTINGS.replace('["word-svc", "word-cnb"]', '["letters-svc", "letters-cnb"]'))
    try:
        red = tallyroom(room, "gate")
        assert red.returncode == 1, red.stdout + red.stderr
        assert "is worse than the champion, word-" in red.stdout
        assert "worse by more than the margin of 0.005, and that is settled." in red.stdout
        told = json.loads(tallyroom(room, "gate", "--json").stdout)
        assert told["answer"] == "closed"
        assert told["high"] < -0.005
        assert tallyroom(room, "gate", "--margin", "1").returncode == 0, "within any margin"
        assert tallyroom(room, "gate", "--candidate", "word-svc").returncode == 0, "this one is as good as it was"
    finally:
        settings.write_text(SETTINGS)
    assert everything(room) == before, "whatever it says, it promotes nothing"
    assert tallyroom(room, "gate", "--candidate", "letters-svc").returncode == 1


def test_it_uses_the_champions_folds_whatever_the_settings_say(room: tuple[Path, Mapping[str, str]]) -> None:
    settings = room[0] / "tallyroom.toml"
    settings.write_text(SETTINGS.replace("folds = 5", "folds = 3\nseed = 99"))
    try:
        told = json.loads(tallyroom(room, "gate", "--json").stdout)
    finally:
        settings.write_text(SETTINGS)
    assert (told["answer"], told["difference"], told["folds"]) == ("open", 0.0, 5)


@pytest.mark.parametrize(
    ("old", "new", "words", "says"),
    [
        ("", "", ("--candidate", "word-svm"), "no estimator is called 'word-svm'"),
        ('train_on = ["verdict", "imported"]', 'train_on = ["verdict"]', (), "was tried on other labels than these"),
        ('dataset = "sms"', 'dataset = "other"', (), "there is no champion"),
        ('"spam"]', '"spam", "other"]', (), "the room has other classes"),
    ],
    ids=["no such candidate", "other labels", "no champion", "other classes"],
)
def test_where_it_cannot_tell_it_says_why(
    room: tuple[Path, Mapping[str, str]], old: str, new: str, words: tuple[str, ...], says: str
) -> None:
    settings = room[0] / "tallyroom.toml"
    whole = SETTINGS.replace("folds = 5", 'folds = 5\ntrain_on = ["verdict", "imported"]')
    settings.write_text(whole.replace(old, new, 1))
    try:
        done = tallyroom(room, "gate", *words)
        told = tallyroom(room, "gate", "--json", *words)
    finally:
        settings.write_text(SETTINGS)
    assert done.returncode == told.returncode == 2, done.stdout + done.stderr
    assert says.replace("word-svm", "svm") in done.stdout
    assert json.loads(told.stdout)["answer"] == "cannot tell"
