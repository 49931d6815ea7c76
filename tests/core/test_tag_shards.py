"""Rules vote in shards, in one process or several: labels, counts and report are those of one shard, none is twice."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from begun import Fork
from sms_room import CORPUS, open_room, write_room
from sqlalchemy import func, select

from core import Project
from core.pipeline import judge_rules, run
from core.pipeline.tag import tag
from core.store import check, rollups
from core.store.models import ClassCount, Label, Message, Origin, PipelineTask, Stage, TaskState, Truth
from core.store.records import stretches
from core.store.records.turns import OvertakenError, require_turn, take_turn, turn_of
from dashboard.demo.room import drop

WORDS = [("spam", "won"), ("spam", "free"), ("spam", "click"), ("notification", "code"), ("notification", "order"),
         ("notification", "[0-9]{4}"), ("personal", "you"), ("personal", "home"), ("personal", "e")]  # fmt: skip
PROGRAM = """
from pathlib import Path
import core.store.records.stretches
core.store.records.stretches.SHARD = {shard}
from core import Project
from core.pipeline import run
print(run(Project(Path({folder!r}), store_url={url!r})).tagged)
"""


def make(folder: Path, store_url: str) -> Project:
    return open_room(write_room(folder, 'train_on = ["verdict"]\n'), store_url)


def lay_down(project: Project, words: list[tuple[str, str]]) -> None:
    rules = [f"  - {{name: r{n}, class: {klass}, pattern: '{word}'}}" for n, (klass, word) in enumerate(words)]
    (project.folder / "rules.yaml").write_text("\n".join(["version: 1", "rules:", *rules, ""]))


def labels(project: Project) -> dict[str, list[tuple[str | None, str]]]:
    """All that the rules ever said of each message, in order."""
    query = select(Message.key, Label.klass, Label.origin_ref).join(Message, Message.id == Label.message_id)
    said: dict[str, list[tuple[str | None, str]]] = {}
    with project.store.read() as connection:
        for key, klass, rule in connection.execute(query.where(Label.origin == Origin.RULE).order_by(Label.id)):
            said.setdefault(key, []).append((klass, rule))
    return said


def counts(project: Project) -> dict[Any, int]:
    """Messages by hour and class, as the rules have them."""
    n = func.sum(ClassCount.n)
    query = select(ClassCount.hour, ClassCount.klass, n).where(ClassCount.series == rollups.RULE)
    with project.store.read() as connection:
        found = connection.execute(query.group_by(ClassCount.hour, ClassCount.klass).having(n != 0))
        return {(hour, klass): count for hour, klass, count in found}


def truth(project: Project) -> dict[str, tuple[str, str]]:
    with project.store.read() as connection:
        query = select(Message.key, Truth.klass, Truth.origin).join(Message, Message.id == Truth.message_id)
        return {key: (klass, origin) for key, klass, origin in connection.execute(query)}


def is_sound(project: Project) -> None:
    with project.store.read() as connection:
        assert list(check.check(connection)) == []


def left_over(project: Project) -> int:
    with project.store.read() as connection:
        marks = select(func.count()).select_from(Stage).where(Stage.name == "Shard")
        return connection.execute(marks).scalar_one()


def test_any_number_of_shards_gives_what_one_gives(
    tmp_path: Path, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(1)
    whole, split = make(tmp_path / "whole", f"sqlite:///{tmp_path / 'whole.db'}"), make(tmp_path / "split", store_url)
    came = 0
    for step in range(4):
        more, words = chance.randrange(1, 200), chance.sample(WORDS, chance.randrange(1, len(WORDS) + 1))
        shard = chance.choice([1 + more // 3, 7, 10, 64, 150])
        for project in (whole, split):
            if step != 2:  # the same messages once more, by other rules
                labelled = chance.randrange(more) if project is whole else labelled  # noqa: F821 - of the first
                drop(project.folder, f"{step}.csv", CORPUS.messages(came, came + more), labelled=labelled)
            lay_down(project, words)
        came += more if step != 2 else 0
        monkeypatch.setattr(stretches, "SHARD", 10_000)
        changed = run(whole).tagged
        monkeypatch.setattr(stretches, "SHARD", shard)
        assert run(split).tagged == changed
        assert labels(split) == labels(whole)
        assert counts(split) == counts(whole)
        assert truth(split) == truth(whole)
        assert judge_rules(split) == judge_rules(whole)
        assert run(split).nothing_to_do
        assert left_over(split) == 0, "the stretch took every shard in"
        is_sound(split)
    whole.close()
    split.close()


def test_rules_that_come_back_vote_again_and_only_what_differs_is_written(
    tmp_path: Path, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stretches, "SHARD", 10)
    project = make(tmp_path / "room", store_url)
    drop(project.folder, "0.csv", CORPUS.messages(0, 60), labelled=0)
    lay_down(project, [("spam", "e")])
    run(project)
    first = {key: said[-1] for key, said in labels(project).items()}
    lay_down(project, [("personal", "e")])
    assert run(project).tagged == len(first)
    lay_down(project, [("spam", "e")])
    assert tag(project) == len(first)
    assert {key: said[-1] for key, said in labels(project).items()} == first
    assert run(project).nothing_to_do
    is_sound(project)
    project.close()


def test_who_votes_in_an_older_turn_is_refused(tmp_path: Path, store_url: str) -> None:
    project = make(tmp_path / "room", store_url)
    dataset = project.dataset_id
    one = project.store.write(lambda c: take_turn(c, dataset, "one", 30))
    assert project.store.write(lambda c: take_turn(c, dataset, "one", 40)) == one
    project.store.write(lambda c: require_turn(c, one))
    other = project.store.write(lambda c: take_turn(c, dataset, "other", 40))
    with pytest.raises(OvertakenError):
        project.store.write(lambda c: require_turn(c, one))
    with project.store.read() as connection:
        assert turn_of(connection, dataset) == other
        assert stretches.stretch_of(connection, one.key) is None
        assert stretches.stretch_of(connection, other.key) == stretches.Stretch(41, 40)
    project.close()


def test_two_processes_share_the_shards_and_one_that_is_killed_loses_none(
    tmp_path: Path, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shard, n = 40, 800
    one = make(tmp_path / "room", store_url)
    drop(one.folder, "0.csv", CORPUS.messages(0, n), labelled=0)
    lay_down(one, WORDS)
    program = PROGRAM.format(shard=shard, folder=str(one.folder), url=store_url)
    at_work = [Fork([], tmp_path / f"out-{n}", program=program) for n in range(2)]
    deadline = time.monotonic() + 120
    done = select(func.count()).where(PipelineTask.family == "TagShard", PipelineTask.state == TaskState.DONE)
    while time.monotonic() < deadline:
        with one.store.read() as connection:
            if connection.execute(done).scalar_one() >= 3:
                break
        time.sleep(0.01)
    at_work[0].send_signal(signal.SIGKILL)
    assert [process.wait(240) for process in at_work] == [-signal.SIGKILL, 0]

    said = labels(one)
    assert all(len(each) == 1 for each in said.values()), "nothing was said twice"
    monkeypatch.setattr(stretches, "SHARD", shard)
    assert run(one).nothing_to_do
    assert left_over(one) == 0
    is_sound(one)
    alone = make(tmp_path / "alone", f"sqlite:///{tmp_path / 'alone.db'}")
    drop(alone.folder, "0.csv", CORPUS.messages(0, n), labelled=0)
    lay_down(alone, WORDS)
    run(alone)
    assert labels(alone) == said
    assert counts(alone) == counts(one)
    alone.close()
    one.close()
