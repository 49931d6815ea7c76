"""Older messages are judged in shards, by one process or several: the predictions are the same, none is made twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from begun import Fork
from sms_room import CORPUS, open_room, write_room
from sqlalchemy import func, select

from core import Project
from core.pipeline import run
from core.store import check
from core.store.models import Message, Prediction, Stage
from core.store.queries.lag import mark_of
from core.store.queries.live import champion
from core.store.records import stretches
from core.store.records.stages import done
from core.store.records.stretches import down_to, grow_down, shard_of, stretch_of
from dashboard.demo.room import drop

PIPELINE = """candidates = ["word-cnb"]
folds = 2
curve = [1.0]
predict_batch = 100
"""
MESSAGES = 730
PROGRAM = """
from pathlib import Path
import core.store.records.stretches
core.store.records.stretches.SHARD = {shard}
from core import Project
from core.pipeline import run
print(run(Project(Path({folder!r}), store_url={url!r})).predicted)
"""


def make(folder: Path, store_url: str) -> Project:
    return open_room(write_room(folder, PIPELINE, messages=MESSAGES, labelled=300), store_url)


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("core.store.records.stretches.SHARD", 64)
    return 64


def said(project: Project) -> dict[str, tuple[str, float]]:
    with project.store.read() as connection:
        query = select(Message.key, Prediction.klass, Prediction.confidence).join(
            Message, Message.id == Prediction.message_id
        )
        return {key: (klass, confidence) for key, klass, confidence in connection.execute(query)}


def stretch_kept(project: Project) -> dict[str, int]:
    with project.store.read() as connection:
        current = champion(connection, project.dataset_id)
        assert current is not None
        found = done(connection, mark_of(current.run_id))
        marks = select(func.count()).select_from(Stage).where(Stage.name == "Shard")
        assert connection.execute(marks).scalar() == 0, "the marks of shards that the stretch took in are gone"
    assert found is not None
    return found


def test_twelve_shards_say_what_one_says(tmp_path: Path, store_url: str, request: pytest.FixtureRequest) -> None:
    whole = make(tmp_path / "whole", f"sqlite:///{tmp_path / 'whole.db'}")
    assert run(whole).predicted == MESSAGES
    request.getfixturevalue("small_shards")
    split = make(tmp_path / "split", store_url)
    assert run(split, predict_at_most=64).predicted == MESSAGES % 64, "the newest shard is not full"
    assert run(split).predicted == MESSAGES - MESSAGES % 64
    assert said(split) == said(whole)
    assert stretch_kept(split) == {"low": 1, "high": MESSAGES}
    with split.store.read() as connection:
        assert list(check.check(connection)) == []
    assert run(split).nothing_to_do
    drop(split.folder, "1.csv", CORPUS.messages(MESSAGES, MESSAGES + 20))
    assert run(split).predicted == 20
    whole.close()
    split.close()


def test_two_processes_share_the_shards_and_judge_no_message_twice(
    tmp_path: Path, store_url: str, small_shards: int
) -> None:
    one = make(tmp_path / "room", store_url)
    run(one, predict_at_most=1)
    program = PROGRAM.format(shard=small_shards, folder=str(one.folder), url=store_url)
    both = [Fork([], tmp_path / f"out-{n}", program=program) for n in range(2)]
    assert [process.wait(240) for process in both] == [0, 0]
    predicted = [int((tmp_path / f"out-{n}").read_text().split()[-1]) for n in range(2)]
    assert sum(predicted) == MESSAGES - MESSAGES % small_shards
    assert len(said(one)) == MESSAGES
    with one.store.read() as connection:
        assert list(check.check(connection)) == []
    assert run(one).nothing_to_do
    one.close()


def test_the_stretch_takes_in_a_shard_only_when_all_above_it_are_done(
    tmp_path: Path, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stretches, "SHARD", 10)
    project = make(tmp_path / "room", store_url)
    run(project, predict_at_most=1)
    with project.store.read() as connection:
        current = champion(connection, project.dataset_id)
    assert current is not None
    key = mark_of(current.run_id)
    project.store.write(lambda c: stretches._write(c, key, stretches.Stretch(36, 40)))
    assert [shard_of(each) for each in (1, 10, 11, 35)] == [1, 1, 11, 31]

    def down(first: int, message_id: int) -> tuple[int, int]:
        def work(connection: object) -> tuple[int, int]:
            grow_down(connection, key, first, message_id)  # type: ignore[arg-type]
            stretch = stretch_of(connection, key)  # type: ignore[arg-type]
            assert stretch is not None
            return stretch.low, down_to(connection, key, first)  # type: ignore[arg-type]

        return project.store.write(work)  # type: ignore[arg-type]

    assert down(21, 21) == (36, 21)
    assert down(31, 33) == (36, 33)
    assert down(11, 15) == (36, 15)
    assert down(31, 31)[0] == 21
    assert down(11, 11)[0] == 11
    assert down(1, 1)[0] == 1
    project.close()
