"""Tasks of the pipeline: who may run one, what its fence refuses, what people ask of it, what fails alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rooms import add_messages, the_dataset
from sqlalchemy import func, select, update

from core import Project
from core.corpus import Corpus
from core.errors import AccessError, PipelineError, SettingsError
from core.learning import matrices
from core.pipeline import run
from core.pipeline.build import require_near
from core.pipeline.hold import Fenced
from core.pipeline.schedule import Cron
from core.pipeline.telling import sentence_of
from core.pipeline.training import choose_cutoff
from core.settings import load_settings
from core.store import Store
from core.store.models import Fold, Label, Origin, PipelineTask, Run, TaskAsk, TaskState, now_ms
from core.store.queries.tasks import graph, log_of, recent_runs
from core.store.records.asks import asked_to_cancel
from core.store.records.claims import Claim, LeaseLostError, Process, Refusal, claim, end, extend
from core.store.records.labels import add_labels
from core.store.records.tasks import Listed, list_tasks
from dashboard.demo.room import drop
from labeling.models import Role
from labeling.people import add_person
from labeling.pipeline_acts import ask_of_task

ONE, OTHER = (Process(name, "host", number, "ada", watches=False) for number, name in enumerate(("one", "other")))
TASK = Listed("f00d", "Fit", {"cutoff": 3}, [], complete=False)
SETTINGS = """[room]
name = "Test"
classes = ["personal", "notification", "spam"]
[pipeline]
dataset = "sms"
candidates = {candidates}
folds = 3
curve = [1.0]
retrain_after = 5
{more}
"""
DICTIONARY = """version: 1
dataset: sms
sources:
  - {name: phones, kind: csv, path: inbox/*.csv, columns: {key: id, body: text, sender: from, label: kind,
     sent_at: {from: sent_ms, dtype: epoch_ms}}}
"""


def room(folder: Path, url: str, *, candidates: str = '["word-cnb"]', more: str = "") -> Project:
    (folder / "tallyroom.toml").write_text(SETTINGS.format(candidates=candidates, more=more))
    (folder / "dictionaries").mkdir(exist_ok=True)
    (folder / "dictionaries" / "sms.yaml").write_text(DICTIONARY)
    (folder / "inbox").mkdir(exist_ok=True)
    drop(folder, "0.csv", Corpus(11, start_ms=1_790_000_000_000, every_ms=60_000).messages(0, 150), labelled=120)
    project = Project(folder, store_url=url)
    project.upgrade_store()
    return project


def taken(store: Store, by: Process, retries: int = 0) -> Claim | Refusal:
    return store.write(lambda c: claim(c, TASK.fingerprint, by, retries))


def listed(store: Store) -> None:
    dataset = the_dataset(store)
    store.write(lambda c: list_tasks(c, dataset, 1, [TASK], revive=()))


def state(store: Store) -> str:
    with store.read() as connection:
        return connection.execute(select(PipelineTask.state)).scalar_one()


def dies(store: Store) -> None:
    """Whoever holds the task has not been heard of for long."""
    store.write(lambda c: c.execute(update(PipelineTask).values(lease_until=1)))


def test_a_task_is_held_by_one_and_what_one_taken_for_dead_writes_is_refused(store: Store) -> None:
    listed(store)
    held = taken(store, ONE)
    assert isinstance(held, Claim)
    assert taken(store, OTHER) is Refusal.HELD
    store.write(lambda c: extend(c, held))
    fenced = Fenced(store, held)
    fenced.write(lambda c: None)
    dies(store)
    fenced.write(lambda c: None)  # late, but nobody has taken it over
    taken_over = taken(store, OTHER)
    assert isinstance(taken_over, Claim)
    assert (taken_over.token, taken_over.attempt) == (held.token + 1, 2)
    written = list[int]()
    with pytest.raises(LeaseLostError):
        fenced.write(lambda c: written.append(1))
    with pytest.raises(LeaseLostError):
        store.write(lambda c: end(c, held, TaskState.DONE, seconds=1.0))
    assert not store.write(lambda c: extend(c, held))
    assert written == []
    store.write(lambda c: end(c, taken_over, TaskState.DONE, seconds=1.0))
    assert state(store) == TaskState.DONE


def test_a_failed_task_rests_and_is_given_up_after_its_retries(store: Store) -> None:
    listed(store)
    for attempt in (1, 2):
        held = taken(store, ONE, retries=1)
        assert isinstance(held, Claim)
        assert held.attempt == attempt
        store.write(lambda c, held=held: end(c, held, TaskState.FAILED, seconds=0.1, error="no", rest_ms=60_000))
        assert taken(store, ONE, retries=1) is (Refusal.RESTING if attempt == 1 else Refusal.GIVEN_UP)
        store.write(lambda c: c.execute(update(PipelineTask).values(due_at=0)))


def test_a_task_whose_process_was_killed_between_its_last_write_and_its_mark_is_done_by_the_end_of_the_next_run(
    store_url: str, tmp_path: Path
) -> None:
    project = room(tmp_path, store_url)
    run(project)
    last = update(PipelineTask).where(PipelineTask.family == "Fit")
    for left_ms in (-1, 1_000):  # it is known by now that nobody has it in hand; it is known in a second
        held = {"state": TaskState.RUNNING, "holder": "dead", "lease_until": now_ms() + left_ms}
        project.store.write(lambda c, held=held: c.execute(last.values(**held)))
        assert run(project).nothing_to_do
        with project.store.read() as connection:
            assert {task.state for task in graph(connection, project.dataset_id)} == {TaskState.DONE}
    project.close()


def test_a_lead_cancels_and_reruns_a_task_and_nobody_else_does(store: Store) -> None:
    listed(store)
    dataset = the_dataset(store)
    lead, reviewer = add_person(store, "Lea", Role.LEAD).id, add_person(store, "Ada").id

    def asked(what: TaskAsk, by: int = lead) -> None:
        store.write(lambda c: ask_of_task(c, dataset, TASK.fingerprint, what, by=by))  # type: ignore[arg-type]

    with pytest.raises(AccessError, match="takes a lead"):
        asked(TaskAsk.CANCEL, reviewer)
    held = taken(store, ONE)
    assert isinstance(held, Claim)
    asked(TaskAsk.CANCEL)
    with store.read() as connection:
        assert asked_to_cancel(connection, [TASK.fingerprint]) == {TASK.fingerprint: "Lea"}
    dies(store)
    assert taken(store, OTHER) is Refusal.CANCELLED, "who takes over obeys"
    assert state(store) == TaskState.CANCELLED
    asked(TaskAsk.RERUN)
    with pytest.raises(PipelineError, match="waiting"):
        asked(TaskAsk.RERUN)
    assert isinstance(taken(store, OTHER), Claim)


def test_a_candidate_that_cannot_be_tried_is_a_failed_run_and_the_others_go_on(store_url: str, tmp_path: Path) -> None:
    project = room(tmp_path, store_url, candidates='["word-nothing", "word-cnb"]')
    run(project)
    with project.store.read() as connection:
        runs = {
            row.candidate: (row.state, row.error, row.folds)
            for row in connection.execute(
                select(Run.candidate, Run.state, Run.error, func.count(Fold.id).label("folds"))
                .outerjoin(Fold, Fold.run_id == Run.id)
                .group_by(Run.id)
            )
        }
        tasks = graph(connection, project.dataset_id)
        benchmark = next(task for task in tasks if task.family == "Benchmark")
        said = [line.line for line in log_of(connection, project.dataset_id, benchmark.fingerprint)]
        (went,) = recent_runs(connection, project.dataset_id)
    assert runs["word-cnb"] == ("done", None, 3)
    assert runs["word-nothing"][::2] == ("failed", 0)
    assert "nothing" in runs["word-nothing"][1]
    assert any("word-nothing was passed over" in line for line in said)
    assert {task.state for task in tasks} == {TaskState.DONE}
    assert len(benchmark.waits_for) == 3
    assert went.finished_at is not None
    assert run(project).nothing_to_do
    project.close()


def test_the_folds_of_one_process_cut_the_texts_into_terms_once(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, count = [], matrices.count
    monkeypatch.setattr(matrices, "count", lambda *given: made.append(1) or count(*given))
    project = room(tmp_path, store_url, candidates='["word-cnb", "word-logreg"]', more='split = "random"')
    assert run(project).folds == 3
    assert made == [1], "one set of features, three folds"
    project.close()


def test_a_source_that_cannot_be_read_is_told_and_what_does_not_need_it_goes_on(store_url: str, tmp_path: Path) -> None:
    project = room(tmp_path, store_url)
    run(project)
    drop(tmp_path, "1.csv", Corpus(12, start_ms=1_790_000_000_000, every_ms=60_000).messages(0, 10))
    (tmp_path / "inbox" / "2.csv").write_text("nothing,of,this\n1,2,3\n")
    with pytest.raises(Exception, match=r"2\.csv"):
        run(project)
    with project.store.read() as connection:
        tasks = {task.params.get("part", task.family): task for task in graph(connection, project.dataset_id)}
    assert tasks["inbox/2.csv"].state == TaskState.FAILED
    assert "2.csv" in str(tasks["inbox/2.csv"].error)
    assert tasks["inbox/1.csv"].state == tasks["Predict"].state == TaskState.DONE
    (tmp_path / "inbox" / "2.csv").unlink()
    assert run(project).nothing_to_do
    project.close()


def test_a_share_of_the_labels_or_the_clock_bring_a_new_training(store_url: str, tmp_path: Path) -> None:
    project = room(tmp_path, store_url, more="retrain_share = 0.1")  # of 120: 12, more than 5
    run(project)
    ids = add_messages(project.store, [f"another message {n}" for n in range(12)])
    before = choose_cutoff(project)

    def label(numbers: slice) -> None:
        import pandas as pd

        frame = pd.DataFrame({"message_id": ids[numbers], "klass": "spam", "origin_ref": "x"})
        project.store.write(lambda c: add_labels(c, Origin.IMPORTED, frame))

    label(slice(11))
    assert choose_cutoff(project) == before
    assert choose_cutoff(project, due=True) > before
    label(slice(11, 12))
    with project.store.read() as connection:
        newest = connection.execute(select(func.max(Label.id))).scalar_one()
    assert choose_cutoff(project) == newest
    project.close()


def test_a_cron_expression_is_due_once_a_moment_by_the_rooms_clock(tmp_path: Path) -> None:
    more = 'cron = "0 3 * * *"\n[quiet_hours]\ntime_zone = "Asia/Kolkata"'
    (tmp_path / "tallyroom.toml").write_text(SETTINGS.format(candidates='["word-cnb"]', more=more))
    now = datetime(2026, 11, 26, 21, 0, tzinfo=UTC)  # 02:30 there
    cron = Cron(load_settings(tmp_path), lambda: now)
    assert not cron.take()
    now += timedelta(minutes=31)
    assert cron.take()
    assert not cron.take()
    now += timedelta(days=1)
    assert cron.is_due
    (tmp_path / "tallyroom.toml").write_text(SETTINGS.format(candidates='["word-cnb"]', more='cron = "at three"'))
    with pytest.raises(SettingsError, match="no cron expression"):
        load_settings(tmp_path)


def test_a_scheduler_on_another_machine_is_refused() -> None:
    require_near("http://127.0.0.1:8082")
    for elsewhere in ("http://luigi.example.org:8082", "http://127.0.0.1.example.org", "https://127.0.0.1", "x"):
        with pytest.raises(PipelineError, match="not on this machine"):
            require_near(elsewhere)


def test_an_error_of_somebody_elses_library_is_told_without_what_it_quotes() -> None:
    said = sentence_of(ValueError("could not convert string to float: 'call me at 07700 900123'"))
    assert said == "ValueError: could not convert string to float: …"
