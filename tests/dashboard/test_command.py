"""The command tells in one sentence what is wrong, and ends with a code that means something."""

from __future__ import annotations

import json
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from begun import tallyroom


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("room")
    assert tallyroom("init", ".", "--classes", "personal,notification,spam", folder=folder).returncode == 0
    return folder


def refused(room: Path, code: int, *words: str, command: tuple[str, ...] = ("run",)) -> None:
    done = tallyroom(*command, folder=room)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.strip().count("\n") == 0, "one sentence"
    for word in words:
        assert word in done.stderr


def test_a_room_is_made_once_and_never_overwritten(room: Path) -> None:
    (room / "guide.md").write_text("mine")
    assert json.loads(tallyroom("init", ".", "--json", folder=room).stdout)["made"] == []
    assert (room / "guide.md").read_text() == "mine"
    assert json.loads(tallyroom("doctor", "--json", folder=room).stdout)["store"]["ok"]


def test_an_empty_room_runs_and_has_nothing_to_do(room: Path) -> None:
    done = tallyroom("run", "--json", folder=room)
    assert done.returncode == 0
    assert json.loads(done.stdout)["nothing_to_do"]


def test_truth_is_derived_anew_by_the_rooms_consensus(room: Path) -> None:
    settings = room / "tallyroom.toml"
    good = settings.read_text()
    for way, code in (("dawid_skene", 0), ("dawid_skeen", 2)):
        table = "[desk]\n" if "[desk]" in good else "\n[desk]\n"
        line = f'{table}consensus = "{way}"\n'
        settings.write_text(good.replace("[desk]\n", line, 1) if "[desk]" in good else good + line)
        if code:
            refused(room, code, "Did you mean 'dawid_skene'")
        else:
            done = tallyroom("labels", "rebuild", "--json", folder=room)
            assert json.loads(done.stdout) == {"method": way, "by": way, "verdicts": 0, "messages": 0, "changed": 0}
    settings.write_text(good)


def test_faults_are_told_in_one_sentence_with_a_code_that_means_something(room: Path, tmp_path: Path) -> None:
    refused(tmp_path, 2, "there is no room", "tallyroom init")
    settings, dictionary = room / "tallyroom.toml", room / "dictionaries" / "messages.yaml"
    good, good_dictionary = settings.read_text(), dictionary.read_text()
    settings.write_text(good + "\n[serber]\nport = 1\n")
    refused(room, 2, "tallyroom.toml", "Did you mean 'server'")
    settings.write_text(good)
    dictionary.write_text(good_dictionary.replace("kind: csv", "kind: cvs"))
    refused(room, 2, "messages.yaml", "Did you mean 'csv'")
    dictionary.write_text(good_dictionary.replace("data/*.csv", "nowhere.csv"))
    refused(room, 3, "nowhere.csv")
    dictionary.write_text(good_dictionary)
    settings.write_text(good.replace("sqlite:///tallyroom.db", "postgresql://me:secret@127.0.0.1:1/x"))
    refused(room, 4, "127.0.0.1:1", "Start the database")
    settings.write_text(good)
    refused(room, 7, "accounts", command=("serve", "--address", "0.0.0.0"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused(room, 7, "is taken", "--port", command=("serve", "--port", str(taken.getsockname()[1])))
    for change, words in (
        ("UPDATE tallyroom_schema SET version_num = '9999'", "newer version"),
        ("DELETE FROM tallyroom_schema", "tallyroom store upgrade"),
    ):
        with closing(sqlite3.connect(room / "tallyroom.db")) as connection, connection:
            connection.execute(change)
        refused(room, 4, words)
