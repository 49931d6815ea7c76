"""The rules' routes: what everybody may see, what is told of a file that cannot be read, what a drawer may tell."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from here import enter, on_a_port, opened_here
from rooms import add_messages
from servers import make_folder

from core import Project
from core.pipeline import judge_rules
from core.pipeline.tag import tag
from core.store import Store
from core.store.models import Origin
from core.store.records.labels import set_label
from dashboard.room import Room
from labeling.models import Role

RULES = """version: 1
rules:
  - {name: won, class: spam, pattern: won, weight: 2}
  - {name: "<i>mum", class: personal, pattern: mum, note: 'of <b>ours</b>'}
  - {name: never, class: notification, pattern: zzz}
"""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Room, str]]:
    folder: Path = tmp_path_factory.mktemp("room")
    url = f"sqlite:///{folder / 'tallyroom.db'}"
    make_folder(folder, url)
    (folder / "rules.yaml").write_text(RULES)
    with Store.open(url, create=True) as store:
        ids = add_messages(store, [f"mum won {n}" for n in range(30)] + [f"won {n}" for n in range(30)])
        for message_id in ids[:12]:
            store.write(lambda c, m=message_id: set_label(c, m, Origin.VERDICT, "personal"))  # type: ignore[misc]
    project = Project(folder)
    tag(project)
    judge_rules(project)
    project.close()
    with opened_here(folder) as room, on_a_port() as base:
        yield room, base


@pytest.fixture
def vera(here: tuple[Room, str]) -> httpx.Client:
    return enter(here[0], here[1], "Vera", Role.VIEWER)


def change(room: Room, text: str) -> None:
    """Another rule file, that looks like another one to whoever kept the answer."""
    path = room.project.folder / "rules.yaml"
    path.write_text(text)
    os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + 1_000_000))


def test_everybody_sees_what_each_rule_is_worth_and_what_that_is_told_from(vera: httpx.Client) -> None:
    found = vera.get("rules.json").json()
    won, mum, never = found["rules"]
    assert (found["trouble"], found["look"]["messages"], found["look"]["hit"], found["may_draft"]) == (
        None,
        60,
        60,
        False,
    )
    assert (won["worth"]["hits"], won["worth"]["conflicts"], won["worth"]["unjudged"]) == (60, 30, 48)
    assert (won["worth"]["right"], won["worth"]["wrong"], won["worth"]["told_by"]) == (0, 12, "verdicts")
    assert mum["worth"]["meets"] == [{"rule": "won", "n": 30, "against": True}]
    assert (never["worth"]["hits"], never["worth"]["told_by"]) == (0, "nothing")
    assert (mum["name"], mum["note"], won["weight"]) == ("<i>mum", "of <b>ours</b>", 2)
    api = vera.get("api/v1/rules").json()
    assert api == {name: value for name, value in found.items() if name != "may_draft"} | {"rules": api["rules"]}
    assert [each["worth"]["hits"] for each in api["rules"]] == [60, 30, 0]


def test_the_messages_behind_a_count_are_listed_without_a_prediction_being_needed(vera: httpx.Client) -> None:
    wrong = vera.get("messages.json", params={"rule": "won", "hit": "wrong"}).json()
    assert (wrong["title"], len(wrong["messages"])) == ("messages, wrongly hit by won", 12)
    both = vera.get("messages.json", params={"rule": "won", "other": "<i>mum", "q": "won 29"}).json()
    assert [each["body"] for each in both["messages"]] == ["mum won 29"]
    gone = vera.get("messages.json", params={"rule": "gone"})
    assert (gone.status_code, "no rule 'gone'" in gone.json()["error"]["what"]) == (400, True)


def test_a_rule_that_has_changed_has_no_worth_yet_and_a_broken_file_says_where(
    here: tuple[Room, str], vera: httpx.Client
) -> None:
    change(here[0], RULES.replace("pattern: zzz", "pattern: yyy"))
    assert [each["worth"] is None for each in vera.get("rules.json").json()["rules"]] == [False, False, True]
    change(here[0], RULES.replace("pattern: zzz", "pattern: '('"))
    found = vera.get("rules.json").json()
    assert found["trouble"]["where"] == "rules.yaml:5"
    assert "no regular expression" in found["trouble"]["what"]
    assert [each["worth"]["hits"] for each in found["rules"]] == [60, 30, 0], "as it was found the last time"
    (here[0].project.folder / "rules.yaml").unlink()
    found = vera.get("rules.json").json()
    assert (found["rules"], found["trouble"]) == ([], None)
    change(here[0], RULES)
