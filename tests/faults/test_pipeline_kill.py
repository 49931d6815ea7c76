"""kill -9 of the pipeline at any moment, and two machines at one benchmark: nothing twice, nothing missing."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from begun import Fork
from sms_room import write_room
from sqlalchemy import func, select

import labeling.check
from core import Project
from core.store import Store, check
from core.store.models import Fold, FoldPrediction, PipelineTask, Promotion, Run, TaskState

ROUNDS = int(os.environ.get("TALLYROOM_FAULTS_ROUNDS", "2"))
LABELLED, FOLDS, REPEATS, CANDIDATES, CURVE = 900, 4, 2, 3, 2
PIPELINE = f"""candidates = ["word-cnb", "word-logreg", "char-svc"]
folds = {FOLDS}
repeats = {REPEATS}
curve = [0.3, 1.0]
"""
RULES = r"""version: 1
rules:
  - {name: won, class: spam, pattern: '\bwon\b'}
"""


def make_room(folder: Path, url: str) -> Path:
    write_room(folder, PIPELINE, messages=1_100, labelled=LABELLED, rules=RULES, url=url)
    project = Project(folder)
    project.upgrade_store()
    project.close()
    return folder


class Running(Fork):
    """A run of the pipeline in another process."""

    def __init__(self, folder: Path) -> None:
        number = len(list(folder.glob("run-*.out")))
        self._out, self._errors = folder / f"run-{number}.out", folder / f"run-{number}.errors"
        super().__init__(["run", "--room", str(folder), "--json"], self._out, self._errors)
        self._out.touch()

    def finish(self) -> dict[str, Any]:
        """What it says when it is done."""
        assert self.wait(300) == 0, self._errors.read_text()[-2000:]
        return dict(json.loads(self._out.read_text()))


def count(store: Store, table: type) -> int:
    with store.read() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def marks(store: Store) -> tuple[int, int]:
    """What a run moves on as it goes."""
    return count(store, Fold), count(store, FoldPrediction)


def killed_at_random(folder: Path, store: Store, chance: random.Random) -> None:
    """Another process works for a while after it first stored something new, and is killed."""
    before, more = marks(store), chance.randrange(1, 8)
    process = Running(folder)
    deadline = time.monotonic() + 120
    while process.poll() is None and marks(store)[0] < before[0] + more and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(chance.random() * 0.4)
    process.send_signal(signal.SIGKILL)
    process.wait()


def is_whole(store: Store) -> None:
    """Every fold and every prediction is there once, and the counts agree with them."""
    with store.read() as connection:
        assert [*check.check(connection), *labeling.check.check(connection)] == []
        per_run = connection.execute(select(Fold.run_id, func.count()).group_by(Fold.run_id)).all()
        states = set(connection.execute(select(PipelineTask.state)).scalars())
        champions = connection.execute(select(func.count()).select_from(Promotion)).scalar_one()
    assert [n for _, n in per_run] == [FOLDS * REPEATS * CURVE] * CANDIDATES
    assert (count(store, Run), count(store, FoldPrediction)) == (CANDIDATES, LABELLED * REPEATS * CANDIDATES)
    assert states == {TaskState.DONE}
    assert champions == 1


@pytest.mark.faults
def test_a_run_that_is_killed_again_and_again_completes_with_no_fold_twice(store_url: str, tmp_path: Path) -> None:
    folder = make_room(tmp_path / "room", store_url)
    chance = random.Random()
    with Store.open(store_url) as store:
        for _ in range(ROUNDS):
            killed_at_random(folder, store, chance)
        Running(folder).finish()
        is_whole(store)
        assert Running(folder).finish()["nothing_to_do"]
        is_whole(store)


@pytest.mark.faults
def test_two_machines_share_a_run_and_one_goes_on_alone_when_the_other_dies(store_url: str, tmp_path: Path) -> None:
    here = make_room(tmp_path / "here", store_url)
    there = Path(shutil.copytree(here, tmp_path / "there", ignore=shutil.ignore_patterns("*.db*")))
    with Store.open(store_url) as store:
        one, other = Running(here), Running(there)
        done = [one.finish(), other.finish()]
        print("folds done:", [each["folds"] for each in done])
        assert sum(each["folds"] for each in done) == FOLDS * REPEATS
        assert all(each["folds"] > 0 for each in done), "both took part"
        is_whole(store)

    url = store_url.replace("tallyroom.db", "again.db")
    if url == store_url:
        return  # one database a test on PostgreSQL: SQLite has a file more
    here = make_room(tmp_path / "again", url)
    there = Path(shutil.copytree(here, tmp_path / "beside"))
    with Store.open(url) as store:
        one, other = Running(here), Running(there)
        while count(store, Fold) < 3:
            time.sleep(0.01)
        one.send_signal(signal.SIGKILL)
        one.wait()
        other.finish()
        is_whole(store)
