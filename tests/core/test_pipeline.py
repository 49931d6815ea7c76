"""The straight line, from files to a champion's predictions and back through verdicts; on both databases."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sms_room import CORPUS, DICTIONARY, SETTINGS, Copied, open_room, ran_once, write_room
from sqlalchemy import delete, func, select

import labeling.check
from core import Project, TallyroomError
from core.errors import PipelineError
from core.learning import Model as FittedModel
from core.learning import from_bytes
from core.learning.calibration import probabilities
from core.pipeline import RunSummary, fit_run, judge_rules, run, watch
from core.store import check
from core.store.models import Fold, FoldPrediction, Label, Model, Prediction, Run, RunId
from core.store.queries.live import champion, confusion, curves, tallies
from core.store.queries.models import model_content
from core.store.queries.runs import runs
from core.store.queries.training import labelled
from dashboard.demo.room import drop
from labeling.desk import Desk
from labeling.label_sets import freeze
from labeling.models import Role, VerdictKind
from labeling.people import add_person
from labeling.queues import refill
from labeling.verdicts import Given
from labeling.withdrawal import Scope, take_back, withdraw

PIPELINE = """candidates = ["word-cnb", "char-svc"]
folds = 3
curve = [0.3, 1.0]
retrain_after = 5
[desk]
queue_size = 20
"""
RULES = r"""version: 1
rules:
  - {name: won, class: spam, pattern: '\bwon\b'}
  - {name: code, class: notification, pattern: '\d{6}'}
"""


def written(folder: Path) -> Path:
    return write_room(folder, PIPELINE, messages=400, labelled=240, rules=RULES)


@pytest.fixture
def fresh(tmp_path: Path, store_url: str) -> Project:
    """A room that nothing was done in yet."""
    return open_room(written(tmp_path / "room"), store_url)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Copied:
    return ran_once(request.getfixturevalue(request.param), tmp_path_factory.mktemp("made"), written)


@pytest.fixture
def project(made: Copied, tmp_path: Path) -> Iterator[Project]:
    """A room whose pipeline has run."""
    project = made(tmp_path / "room")
    yield project
    project.close()


def count(project: Project, table: type) -> int:
    with project.store.read() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def differences(project: Project) -> list[object]:
    with project.store.read() as connection:
        return [*check.check(connection), *labeling.check.check(connection)]


def judge(project: Project, n: int, klass: str = "spam") -> None:
    refill(project.store, project.settings.desk, project.dataset_id)
    person, desk = add_person(project.store, "Ada"), Desk(project.store, project.classes)
    for _ in range(n):
        (message,) = desk.claim(person.id).result()
        desk.judge(person.id, Given(str(uuid.uuid4()), message.lease_id, VerdictKind.LABEL, klass)).result()


def test_a_run_goes_from_files_to_predictions_and_a_second_one_does_nothing(fresh: Project) -> None:
    first = run(fresh)
    assert first.stages == ("IngestPart", "Benchmark", "Fit", "NaiveSplit")
    assert (count(fresh, Run), count(fresh, Fold), count(fresh, FoldPrediction)) == (2, 12, 480)
    assert count(fresh, Prediction) == 400
    assert differences(fresh) == []
    second = run(fresh)
    assert second.nothing_to_do
    assert second.seconds < first.seconds


def test_a_file_that_comes_later_is_all_that_is_read_and_predicted(project: Project) -> None:
    drop(project.folder, "1.csv", CORPUS.messages(400, 430))
    later = run(project)
    assert (later.stages, later.predicted) == (("IngestPart",), 30)
    with project.store.read() as connection:
        assert tallies(connection)["messages"] == 430
    assert differences(project) == []


def test_changed_rules_change_the_labels_that_come_out_differently(project: Project) -> None:
    before = count(project, Label)
    (project.folder / "rules.yaml").write_text(RULES + "  - {name: free, class: spam, pattern: 'zzzz-never'}\n")
    assert run(project).tagged == 0
    assert count(project, Label) == before


def test_the_rules_are_judged_by_what_others_say(project: Project) -> None:
    won, code = judge_rules(project)
    assert (won.name, won.klass, won.engine) == ("won", "spam", "vectorscan")
    assert 0 < won.hits < 400
    assert won.judged <= won.hits
    assert won.precision is not None
    assert 0 < won.precision <= 1
    assert code.alone + code.overlaps == code.hits


def test_verdicts_bring_a_new_run_only_when_there_are_enough(project: Project) -> None:
    judge(project, 4)
    assert run(project).nothing_to_do
    judge(project, 1)
    again = run(project)
    assert again.stages == ("Benchmark", "Fit", "NaiveSplit")
    with project.store.read() as connection:
        current = champion(connection, project.dataset_id)
        assert current is not None
        assert current.version == 2
        assert sum(confusion(connection, current.run_id, "verdicts").values()) == 5
    assert differences(project) == []


def test_the_same_cutoff_gives_the_same_training_set_whatever_came_after(project: Project) -> None:
    from core.pipeline.training import origins
    from core.store.queries.training import newest_label

    cutoff = newest_label(project.store)
    before = [page.to_dict() for page in labelled(project.store, project.dataset_id, cutoff, origins(project))]
    judge(project, 6, "personal")
    later = [page.to_dict() for page in labelled(project.store, project.dataset_id, cutoff, origins(project))]
    assert before == later


def test_a_run_on_a_frozen_set_says_so_and_takes_nothing_that_came_later(project: Project) -> None:
    frozen = freeze(project.store, project.dataset_id, "spring", by="Lea")
    judge(project, 8)
    settings = (project.folder / "tallyroom.toml").read_text()
    (project.folder / "tallyroom.toml").write_text(settings.replace("[pipeline]", '[pipeline]\nlabel_set = "spring"'))
    later = Project(project.folder, store_url=str(project._store_url))
    assert run(later).stages == ("Benchmark", "Fit", "NaiveSplit")
    with later.store.read() as connection:
        newest = connection.execute(select(Run.label_set, Run.train_size).order_by(Run.id.desc()).limit(1)).one()
    assert (newest.label_set, newest.train_size) == (frozen.fingerprint, frozen.size)
    assert run(later).nothing_to_do
    (project.folder / "tallyroom.toml").write_text(settings.replace("[pipeline]", '[pipeline]\nlabel_set = "sprung"'))
    with pytest.raises(TallyroomError, match="Did you mean 'spring'"):
        run(Project(project.folder, store_url=str(project._store_url)))
    later.close()


def test_a_withdrawn_rule_does_not_vote_until_it_is_restored(project: Project) -> None:
    def by_rules() -> dict[int, str]:
        with project.store.read() as connection:
            last = select(func.max(Label.id)).where(Label.origin == "rule").group_by(Label.message_id)
            rows = connection.execute(select(Label.message_id, Label.origin_ref, Label.klass).where(Label.id.in_(last)))
            return {message_id: ref for message_id, ref, klass in rows if klass is not None}

    before = by_rules()
    assert "won" in before.values()
    lead = add_person(project.store, "Lea", Role.LEAD).id
    done = withdraw(project.store, project.dataset_id, Scope(rule="won"), reason="too wide", by=lead)
    run(project)
    assert set(by_rules().values()) == {"code"}
    take_back(project.store, project.dataset_id, done.id, reason="narrowed", by=lead)
    run(project)
    assert by_rules() == before
    assert run(project).nothing_to_do
    assert differences(project) == []


def test_a_challenger_is_trained_on_what_it_was_tried_on_and_not_once_that_has_changed(project: Project) -> None:
    with project.store.read() as connection:
        current = champion(connection, project.dataset_id)
        assert current is not None
        other = connection.execute(select(Run.id).where(Run.id != current.run_id)).scalar_one()
    fitted = model_content(project.store, current.run_id)
    assert fit_run(project, current.run_id) == len(fitted), "it was trained already"
    size = fit_run(project, RunId(other))
    assert FittedModel.from_bytes(model_content(project.store, RunId(other))).classes == project.classes
    assert size == len(model_content(project.store, RunId(other)))
    with pytest.raises(PipelineError, match="no finished run"):
        fit_run(project, RunId(10**6))
    project.store.write(lambda c: c.execute(delete(Model).where(Model.run_id == other)))
    dictionary = project.folder / "dictionaries" / "sms.yaml"
    dictionary.write_text(DICTIONARY.replace("cleaning: [nfc, whitespace]", "cleaning: [nfc]"))
    with pytest.raises(PipelineError, match="have changed since"):
        fit_run(Project(project.folder, store_url=str(project.store.url.render_as_string(False))), RunId(other))


def test_an_interrupted_benchmark_is_done_again_without_a_doubled_fold(
    fresh: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.pipeline.trial import Trial

    told = []

    def note(self: Trial, *_of_what: object) -> None:
        told.append(1)
        if len(told) == 3:
            raise RuntimeError("the machine went away")

    monkeypatch.setattr(Trial, "note", note)
    with pytest.raises(TallyroomError, match="the machine went away"):
        run(fresh)
    monkeypatch.undo()
    run(fresh)
    assert (count(fresh, Run), count(fresh, Fold), count(fresh, FoldPrediction)) == (2, 12, 480)
    assert differences(fresh) == []


def test_the_watcher_wakes_on_verdicts_and_retrains(fresh: Project) -> None:
    stop, summaries = threading.Event(), list[RunSummary]()
    watcher = threading.Thread(target=watch, args=(fresh,), kwargs={"stop": stop, "after_run": summaries.append})
    watcher.start()
    try:
        wait_until(lambda: any("Fit" in summary.stages for summary in summaries))
        judge(fresh, 6)
        wait_until(lambda: sum("Fit" in summary.stages for summary in summaries) == 2)
        drop(fresh.folder, "2.csv", CORPUS.messages(400, 410))
        wait_until(lambda: any("IngestPart" in summary.stages for summary in summaries[1:]))
    finally:
        stop.set()
        watcher.join(20)
    assert differences(fresh) == []


def wait_until(condition: object, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.1)


def test_loading_the_dataset_gives_the_frame_that_the_dictionary_describes(fresh: Project) -> None:
    frame = fresh.load_dataset("sms")
    assert len(frame) == 400
    assert frame.equals(fresh.load_dataset())
    assert frame["label"].notna().sum() == 240


def test_a_fold_keeps_how_probable_each_class_is_and_says_it_of_its_choice(project: Project) -> None:
    with project.store.read() as connection:
        rows = connection.execute(
            select(FoldPrediction.margins, FoldPrediction.klass, FoldPrediction.confidence, Run.params).join(
                Run, Run.id == FoldPrediction.run_id
            )
        ).all()
    assert len(rows) == 480
    for margins, klass, sure, params in rows:
        said = probabilities(from_bytes([margins], 3), 1.0)[0]
        assert params["classes"][said.argmax()] == klass
        assert said.max() == pytest.approx(sure, abs=1e-5)


def test_a_candidate_stopped_on_the_way_says_why_on_record_and_is_chosen_by_nobody(
    fresh: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    def one_is_hopeless(scores: Any, **how: Any) -> dict[str, str]:
        asked.append(how)
        return {"word-cnb": "far behind char-svc"} if how["planned"] > len(scores["char-svc"]) == 2 else {}

    monkeypatch.setattr("core.pipeline.fold.hopeless", one_is_hopeless)
    pipeline = PIPELINE.replace("folds = 3", "folds = 4\nrace = true")
    (fresh.folder / "tallyroom.toml").write_text(SETTINGS.format(store="", pipeline=pipeline))
    racing = Project(fresh.folder, store_url=fresh.store.url.render_as_string(hide_password=False))
    run(racing)
    with racing.store.read() as connection:
        found = {each.candidate: each for each in runs(connection, racing.dataset_id)}
        reigning = champion(connection, racing.dataset_id)
        curve = {each.candidate: each for each in curves(connection, racing.dataset_id)}
    assert (found["word-cnb"].state, found["word-cnb"].reason) == ("stopped", "far behind char-svc")
    assert found["word-cnb"].finished_at is not None
    assert (found["char-svc"].state, found["char-svc"].reason) == ("done", None)
    assert reigning is not None
    assert reigning.candidate == "char-svc"
    assert curve["word-cnb"].reason == "far behind char-svc"
    assert (len(curve["word-cnb"].folds), len(curve["char-svc"].folds)) == (2 * 2, 4 * 2)
    assert {(how["folds"], how["rivals"]) for how in asked} == {(4, 1)}
    assert differences(racing) == []
