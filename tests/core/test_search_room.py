"""A search of a room: what it finds is kept, it goes on from what is known, its workers may be killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from begun import Fork
from sms_room import CORPUS, open_room, write_room
from sqlalchemy import Connection

from core import Project
from core.errors import PipelineError
from core.learning import Candidate, Ensemble, Model, candidate_of
from core.learning.search import Space
from core.pipeline import fit_run, ingest_sources, run
from core.pipeline.hold import StoppedError
from core.pipeline.on_trial import on_trial
from core.pipeline.search import SearchOptions, conductor, join_search, search_room
from core.pipeline.search.begin import begin
from core.pipeline.search.lost import close_lost
from core.pipeline.search.material import made_from, material
from core.pipeline.search.storage import address, open_storage
from core.pipeline.search.study import study_name
from core.pipeline.search.summary import sum_up
from core.pipeline.training import choose_cutoff
from core.store.models import RunId, RunState, SearchState, TrialState
from core.store.queries.models import fold_scores, model_content
from core.store.queries.runs import runs
from core.store.queries.trials import SearchRow, TrialRow, found_candidates, out_of_fold, searches, trials
from core.store.records.trials import (
    NewSearch,
    NewTrial,
    beat,
    begin_search,
    begin_trial,
    end_search,
    end_trial,
    note_fold,
)
from dashboard.demo.room import drop

LONG = 300.0  # seconds: what ends these searches is a number of trials, on however busy a machine
SHORT = SearchOptions(seconds=LONG, workers=1, trials=4)


@pytest.fixture
def project(tmp_path: Path, store_url: str) -> Iterator[Project]:
    opened = open_room(write_room(tmp_path, "folds = 3\n", messages=300, labelled=300), store_url)
    ingest_sources(opened)
    yield opened
    opened.close()


def newest(project: Project) -> SearchRow:
    with project.store.read() as connection:
        return searches(connection, project.dataset_id)[0]


def tried(project: Project, search: SearchRow | None = None) -> list[TrialRow]:
    of = search or newest(project)
    with project.store.read() as connection:
        return trials(connection, of.fingerprint, search_id=of.id)


def test_a_search_finds_candidates_and_a_second_one_goes_on_from_them(project: Project) -> None:
    first = search_room(project, SHORT)
    assert first.state == SearchState.DONE
    assert first.finished_at is not None
    assert first.result is not None
    rows = tried(project, first)
    done = [row for row in rows if row.state == TrialState.DONE]
    assert done
    assert all(row.why for row in rows if row.state in (TrialState.STOPPED, TrialState.FAILED))
    assert not [row for row in rows if row.state == TrialState.RUNNING]
    assert rows[0].warm, "what won on public collections is tried first"
    assert first.result["best"]["macro_f1"] == pytest.approx(max(row.macro_f1 or 0 for row in done), abs=1e-3)
    found = found_candidates(project.store, project.dataset_id)
    assert found
    assert all(candidate_of(name).linear for name in found)
    assert found[0] == max(done, key=lambda row: row.macro_f1 or 0).candidate, "all are linear unless asked otherwise"
    assert set(found) <= set(on_trial(project)), "the next run tries them"
    with project.store.read() as connection:
        kept = out_of_fold(connection, [done[0].id])[done[0].id]
    said = np.frombuffer(kept, dtype="<f2").reshape(-1, 3)
    assert said.shape == (first.train_size, 3)
    assert np.allclose(said.astype(float).sum(axis=1), 1, atol=5e-3)

    second = search_room(project, SHORT)
    assert second.fingerprint == first.fingerprint
    again = {row.candidate for row in tried(project, second)} & {row.candidate for row in done}
    assert not again, "what was tried to the end is not tried again"


def summed_up(project: Project, names: list[str]) -> dict[str, Any]:
    """A search, its trials to the end: each is right of its own part of the messages, a cascade of all; the result."""
    cutoff = choose_cutoff(project)
    training, _ = material(project, cutoff)
    space = Space.whole(len(training.classes))
    params = {"features": list(space.features), "estimators": list(space.estimators)}
    new = NewSearch(project.dataset_id, made_from(project, cutoff), cutoff, len(training), 3, 1, params, {})
    optuna.create_study(study_name=study_name(new.fingerprint, space, None), storage=open_storage(project.store))
    part = np.arange(len(training)) % 3

    def write(connection: Connection) -> int:
        search = begin_search(connection, new, 0, 1)
        assert search is not None
        for number, name in enumerate(names):
            cascade = name.startswith("cascade:")
            right = np.eye(3)[training.y] * 0.9 + 0.05
            wrong = np.eye(3)[(training.y + 1) % 3] * 0.1 + 0.3
            said = np.where(cascade | (part == number)[:, None], right, wrong).astype("<f2")
            trial = begin_trial(connection, NewTrial(search, number, name, "here:1", warm=False, linear=True))
            note_fold(connection, trial, [1.0 if cascade else 0.3] * 3, 1.0)
            kept = {"model_bytes": 1_000, "out_of_fold": said.tobytes(), "temperature": 2.0 if number else 0.5}
            end_trial(connection, trial, TrialState.DONE, None, **kept)
        return search

    search = project.store.write(write)
    with project.store.read() as connection:
        (row,) = searches(connection, project.dataset_id)
    result = sum_up(project, row)
    project.store.write(lambda connection: end_search(connection, search, SearchState.DONE, result, None))
    return result


def test_the_ensemble_of_a_search_is_on_trial_in_the_next_run(project: Project) -> None:
    result = summed_up(project, ["word-cnb", "word-logreg", "char-svc", "cascade:word-svc"])
    assert (result["best"]["candidate"], result["best"]["macro_f1"]) == ("cascade:word-svc", 1.0)
    said = result["ensemble"]
    assert {name for name, _ in said["members"]} == {"word-cnb", "word-logreg", "char-svc"}, "flat ones only"
    assert said["macro_f1"] == pytest.approx(1.0)
    assert (said["features"], said["bytes"]) == (2, 2_000), "members with the same features share their weights"
    ensemble = candidate_of(said["candidate"])
    assert isinstance(ensemble, Ensemble)
    shares, weights = dict(said["members"]), {each.name: weight for weight, each in ensemble.members}
    surer = shares["word-cnb"] / shares["char-svc"] * 2.0 / 0.5
    assert weights["word-cnb"] / weights["char-svc"] == pytest.approx(surer, rel=0.02), (
        "margins are on their own scales"
    )
    assert on_trial(project)[-1] == ensemble.name


def test_a_run_tries_an_ensemble_on_the_same_folds_and_a_person_can_have_it_trained(project: Project) -> None:
    name = "ensemble:0.5*word-cnb+0.5*word(longest=1)-logreg+0.25*char(shortest=4,longest=4)-svc(classes=balanced)"
    name += "+0.125*char(shortest=2,longest=4,case=kept)-svc(C=0.5,classes=balanced)+0.1*word(signs=apart)-svc(C=2.0)"
    assert len(name) > 200, "as a search makes them"
    text = (project.folder / "tallyroom.toml").read_text()
    (project.folder / "tallyroom.toml").write_text(f'{text}candidates = ["word-cnb", "{name}"]\n')
    opened = Project(project.folder, store_url=project.store.url.render_as_string(hide_password=False))
    run(opened)
    with opened.store.read() as connection:
        found = {each.candidate: each for each in runs(connection, opened.dataset_id)}
    ensemble = found[name]
    run_id = RunId(ensemble.run_id)
    assert (ensemble.state, len(fold_scores(opened.store, run_id))) == (RunState.DONE, 3)
    fit_run(opened, run_id)
    kept = Model.from_bytes(model_content(opened.store, run_id))
    assert (kept.candidate, kept.linear) == (name, True)
    assert {span.weight != 0 for span in kept.explain("your code is 493822", 1)} >= {True}
    opened.close()


def test_a_trial_whose_worker_is_killed_is_marked_as_lost_and_tried_again(
    project: Project,
) -> None:
    drop(project.folder, "1.csv", CORPUS.messages(300, 3_300), labelled=3_000)
    ingest_sources(project)  # enough that a trial takes longer than a look at it
    killed: set[str] = set()

    def told(_row: SearchRow) -> None:
        rows = tried(project)
        lost = next((row for row in rows if row.state == TrialState.LOST), None)
        if lost is not None:
            if any(row.candidate == lost.candidate and row.folds for row in rows if row.id > lost.id):
                raise StoppedError("this process is to end")  # what was to be seen is there
            return
        for row in rows:  # one that ends between the look and the kill is not lost: the next one is killed, too
            if row.state == TrialState.RUNNING and row.folds and row.worker not in killed:
                os.kill(int(row.worker.rpartition(":")[2]), signal.SIGKILL)
                killed.add(row.worker)

    with pytest.raises(StoppedError):
        search_room(project, SearchOptions(seconds=LONG, workers=1, warm=False), told)
    over = newest(project)
    assert (over.state, over.error) == (SearchState.STOPPED, "The watcher that it belonged to was ended.")
    assert over.result is not None
    rows = {row.id: row for row in tried(project, over)}
    lost = next(row for row in rows.values() if row.state == TrialState.LOST)
    assert lost.why == "its worker died (-9); it is tried again"
    later = [row for row in rows.values() if row.id > lost.id]
    assert lost.candidate in [row.candidate for row in later]
    assert not {row.worker for row in later} & killed, "another worker went on"
    numbers = [row.number for row in rows.values()]
    assert len(numbers) == len(set(numbers))


def has_found(project: Project) -> bool:
    with project.store.read() as connection:
        begun = searches(connection, project.dataset_id)
    return bool(begun) and any(row.state == TrialState.DONE for row in tried(project))


def is_gone(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z"


def until(is_so: Callable[[], Any]) -> None:
    deadline = time.monotonic() + LONG
    while not is_so():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)


@pytest.mark.faults
def test_a_search_whose_process_is_killed_is_closed_by_one_of_two_and_the_next_goes_on_from_it(
    project: Project, store_url: str
) -> None:
    words = ("search", "--room", str(project.folder), "--workers", "1")
    environment = {**os.environ, "TALLYROOM_STORE__URL": store_url}
    conductor = Fork(words, project.folder / "search.log", environment=environment)
    until(lambda: has_found(project) or conductor.poll() is not None)
    conductor.send_signal(signal.SIGKILL)
    conductor.wait()
    until(lambda: is_gone(int(tried(project)[0].worker.rpartition(":")[2])))
    project.store.write(lambda c: beat(c, newest(project).id))  # it told of late that it lives, however long this took
    killed = newest(project)
    assert killed.alive, "so nobody takes it for dead yet"
    with pytest.raises(PipelineError, match="Was it killed"):
        begin(project, SHORT)
    done = {row.candidate for row in tried(project) if row.state == TrialState.DONE}
    project.store.write(lambda c: beat(c, killed.id, -1))  # what happens by itself after some seconds

    closed: list[int] = []
    elsewhere = Project(project.folder, store_url=store_url)
    both = [threading.Thread(target=lambda room=room: closed.extend(close_lost(room))) for room in (project, elsewhere)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    elsewhere.close()
    assert closed == [killed.id]
    lost = newest(project)
    assert lost.state == SearchState.LOST
    assert "has said nothing for 20 s" in str(lost.error)
    assert lost.result is not None
    assert lost.result["best"]["candidate"] in done
    assert set(found_candidates(project.store, project.dataset_id)) & done, "the next run tries what it found"
    assert not project.store.write(lambda c: end_search(c, killed.id, SearchState.DONE, None, None)), (
        "it wakes too late"
    )
    begin(project, SHORT)
    assert newest(project).fingerprint == lost.fingerprint


def test_workers_join_from_elsewhere_and_a_search_that_is_interrupted_sums_up_what_it_has(
    project: Project, store_url: str
) -> None:
    with pytest.raises(PipelineError, match="no search is running"):
        join_search(project, 1)
    elsewhere = Project(project.folder, store_url=store_url)
    joined: list[SearchRow] = []

    def join() -> None:
        deadline = time.monotonic() + LONG
        while time.monotonic() < deadline and not joined:
            try:
                joined.append(join_search(elsewhere, 1))
            except PipelineError:
                time.sleep(0.2)

    def told(_row: SearchRow) -> None:
        done = [row for row in tried(project) if row.state == TrialState.DONE]
        flat = any(not Candidate.parse(row.candidate).cascade for row in done)
        if flat and len({row.worker for row in done}) == 2:
            raise KeyboardInterrupt

    helper = threading.Thread(target=join)
    helper.start()
    over = search_room(project, SearchOptions(seconds=LONG, workers=1, max_bytes=400_000), told)
    helper.join()
    elsewhere.close()
    assert (over.state, over.error) == (SearchState.STOPPED, "It was ended by Ctrl+C.")
    assert over.result is not None
    assert over.result["best"]["candidate"]
    assert found_candidates(project.store, project.dataset_id)
    assert not multiprocessing.active_children()
    assert [row.id for row in joined] == [over.id]
    rows = tried(project, over)
    assert len({row.number for row in rows}) == len(rows), "none took the other's trial"
    assert all((row.model_bytes or 0) <= 400_000 for row in rows if row.state == TrialState.DONE)


@pytest.mark.parametrize(
    ("trouble", "state", "said"),
    [
        (ValueError("odd"), SearchState.FAILED, "ValueError: odd"),
        (KeyboardInterrupt(), SearchState.STOPPED, "It was ended by Ctrl+C."),
    ],
)
def test_what_goes_amiss_while_a_search_sums_up_is_on_record_as_what_it_was(
    project: Project, monkeypatch: pytest.MonkeyPatch, trouble: BaseException, state: SearchState, said: str
) -> None:
    def sums_up(*_: object) -> None:
        raise trouble

    monkeypatch.setattr(conductor, "_conduct", lambda *_, **__: None)
    monkeypatch.setattr(conductor, "sum_up", sums_up)
    with suppress(ValueError):
        search_room(project, SearchOptions(seconds=LONG, workers=0, warm=False))
    over = newest(project)
    assert (over.state, over.error) == (state, said)
    late = NewTrial(over.id, 7, "word-cnb", "elsewhere:1", warm=False, linear=True)
    with pytest.raises(PipelineError, match="is over"):
        project.store.write(lambda connection: begin_trial(connection, late))


def test_a_lost_search_is_not_summed_up_by_other_classes_than_it_had(project: Project, store_url: str) -> None:
    lost = begin(project, SHORT)
    project.store.write(lambda c: beat(c, lost, -1))
    settings = project.folder / "tallyroom.toml"
    settings.write_text(settings.read_text().replace('"personal", "notification"', '"notification", "personal"'))
    changed = Project(project.folder, store_url=store_url)
    assert close_lost(changed) == [lost]
    changed.close()
    assert (newest(project).state, newest(project).result) == (SearchState.LOST, None)


def test_optunas_tables_do_not_meet_ours(project: Project) -> None:
    url, connect = address(project.store.url)
    assert (url.database != project.store.url.database) or connect["options"] == "-c search_path=optuna"


def test_nothing_to_learn_from_is_told_before_anything_begins(project: Project) -> None:
    with pytest.raises(PipelineError, match="short a time"):
        search_room(project, SearchOptions(seconds=1))
    with project.store.read() as connection:
        assert searches(connection, project.dataset_id) == []
