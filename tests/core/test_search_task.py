"""A search as part of the line: what it finds is tried, it goes on beside what comes, it begins again when due."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rooms import add_messages
from sms_room import CORPUS, SETTINGS, open_room, write_room
from sqlalchemy import func, select

import core.pipeline.search
from core import Project
from core.errors import SettingsError
from core.pipeline import run, watch
from core.pipeline.on_trial import on_trial
from core.pipeline.search import SearchOptions, search_room
from core.pipeline.search.material import made_from
from core.pipeline.training import choose_cutoff, origins, training_set
from core.settings import load_settings
from core.store.models import Fold, Origin, Prediction, Run, SearchState, TaskState, now_ms
from core.store.queries.tasks import graph
from core.store.queries.trials import SearchRow, search_row, searches
from core.store.records.asks import ask_cancel, ask_rerun
from core.store.records.labels import add_labels
from core.store.records.trials import NewSearch, begin_search, end_search
from dashboard.demo.room import drop

PIPELINE = """candidates = ["word-cnb"]
folds = 2
curve = [1.0]
split = "random"
retrain_after = 5
search = "{budget}"
search_share = 0.2
"""
BUDGET = "5m"  # what ends these searches is a number of trials, or somebody, on however busy a machine


@pytest.fixture
def project(tmp_path: Path, store_url: str) -> Iterator[Project]:
    pipeline = PIPELINE.format(budget=BUDGET)
    opened = open_room(write_room(tmp_path, pipeline, messages=120, labelled=100), store_url)
    yield opened
    opened.close()


def past(project: Project) -> list[SearchRow]:
    with project.store.read() as connection:
        return searches(connection, project.dataset_id)


def task_of(project: Project) -> tuple[str, str, int] | None:
    """The search's task: its fingerprint, its state, how far it is."""
    with project.store.read() as connection:
        rows = [task for task in graph(connection, project.dataset_id) if task.family == "Search"]
    return (rows[0].fingerprint, rows[0].state, rows[0].of) if rows else None


def count(project: Project, table: type) -> int:
    with project.store.read() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def nothing_found(project: Project, _options: SearchOptions, _told: object) -> SearchRow:
    """A search that is over at once."""
    store, cutoff = project.store, choose_cutoff(project)

    def work(connection: object) -> SearchRow:
        at = connection.execute(select(now_ms())).scalar_one()  # type: ignore[attr-defined]
        new = NewSearch(
            dataset_id=project.dataset_id,
            fingerprint=made_from(project, cutoff),
            label_cutoff=cutoff,
            train_size=len(training_set(project, cutoff)),
            folds_planned=2,
            budget_ms=1,
            params={},
            meta={},
        )
        search_id = begin_search(connection, new, at, at)  # type: ignore[arg-type]
        assert search_id is not None
        end_search(connection, search_id, SearchState.DONE, {}, None)  # type: ignore[arg-type]
        found = search_row(connection, search_id)  # type: ignore[arg-type]
        assert found is not None
        return found

    return store.write(work)


def until(is_so: Callable[[], bool], seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)


def test_a_run_searches_and_tries_what_it_found_and_a_second_one_does_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def short(room: Project, options: SearchOptions, told: Callable[[SearchRow], None]) -> SearchRow:
        assert options.seconds == 300
        return search_room(room, replace(options, trials=2), told)

    monkeypatch.setattr(core.pipeline.search, "search_room", short)
    summary = run(project)
    assert summary.stages.count("Search") == 1
    (search,) = past(project)
    assert search.state == SearchState.DONE
    tried = on_trial(project)
    assert len(tried) > 1, "what it found is on trial beside the room's candidate"
    with project.store.read() as connection:
        folds = select(Run.candidate, func.count(Fold.id)).join(Fold, Fold.run_id == Run.id).group_by(Run.candidate)
        assert dict(connection.execute(folds).all()) == dict.fromkeys(tried, 2)
    found = task_of(project)
    assert found is not None
    assert found[1:] == (TaskState.DONE, 300)
    assert run(project).nothing_to_do


def test_it_searches_again_once_a_share_of_the_labels_is_new_or_somebody_asks(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core.pipeline.search, "search_room", nothing_found)
    run(project)
    assert len(past(project)) == 1
    ids = add_messages(project.store, [f"another message {n}" for n in range(20)])

    def label(numbers: slice) -> None:
        import pandas as pd

        frame = pd.DataFrame({"message_id": ids[numbers], "klass": "spam", "origin_ref": "x"})
        project.store.write(lambda c: add_labels(c, Origin.IMPORTED, frame))

    label(slice(19))
    assert "Benchmark" in run(project).stages
    assert len(past(project)) == 1, "a new training, but fewer than a fifth of the labels are new"
    label(slice(19, 20))
    label(slice(15, 19))  # said again: five in all, which brings a training
    assert "Search" in run(project).stages
    assert len(past(project)) == 2
    search_room_by_hand = nothing_found(project, SearchOptions(seconds=300), None)
    assert run(project).nothing_to_do, "one that was asked for by hand counts"
    assert search_room_by_hand.label_cutoff == past(project)[0].label_cutoff
    found = task_of(project)
    assert found is not None
    project.store.write(lambda c: ask_rerun(c, project.dataset_id, found[0], by="Lea", person_id=None))
    assert run(project).stages == ("Search",)
    assert len(past(project)) == 4
    assert origins(project)


def test_a_watcher_judges_what_comes_while_the_search_goes_on_and_a_lead_ends_it(project: Project) -> None:
    stop = threading.Event()
    watching = threading.Thread(target=lambda: watch(project, stop=stop))
    watching.start()
    try:
        until(lambda: [row.state for row in past(project)] == [SearchState.RUNNING])
        until(lambda: (task_of(project) or ("", "", 0))[1:] == (TaskState.RUNNING, 300))
        drop(project.folder, "1.csv", CORPUS.messages(120, 130), labelled=0)
        until(lambda: count(project, Prediction) == 130)
        assert [row.state for row in past(project)] == [SearchState.RUNNING]
        found = task_of(project)
        assert found is not None
        project.store.write(lambda c: ask_cancel(c, project.dataset_id, found[0], by="Lea", person_id=None))
        until(lambda: (task_of(project) or ("", ""))[1] == TaskState.CANCELLED)
        (search,) = past(project)
        assert (search.state, search.error) == (SearchState.STOPPED, "It was cancelled by Lea.")
        assert search.result is not None, "what it has found so far is summed up"
    finally:
        stop.set()
        watching.join(60)
    assert not watching.is_alive()
    assert len(past(project)) == 1, "nobody takes it up again"


def test_a_budget_that_is_none_is_refused(tmp_path: Path) -> None:
    for budget, why in (("soon", "no budget"), ("2s", "so short a time")):
        (tmp_path / "tallyroom.toml").write_text(SETTINGS.format(store="", pipeline=PIPELINE.format(budget=budget)))
        with pytest.raises(SettingsError, match=why):
            load_settings(tmp_path)
