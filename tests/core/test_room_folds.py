"""A room's folds: made once, near-copies on one side or in order of time; what a naive split would say is on record."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sms_room import open_room, write_room
from sqlalchemy import func, select

from core import Project
from core.errors import PipelineError, SettingsError
from core.learning import near_copies, require_apart
from core.pipeline import run
from core.pipeline.splits import naive_splits, splits_of
from core.pipeline.training import training_set
from core.store.models import Fold, Run, RunState, Score
from core.store.queries.folds import naive_macro_f1
from core.store.queries.live import champion
from core.store.queries.models import fold_scores
from core.store.queries.training import newest_label, sent_times

PIPELINE = """candidates = ["word-cnb"]
folds = 3
curve = [1.0]
"""


def make(folder: Path, store_url: str, more: str = "") -> Project:
    return open_room(write_room(folder, PIPELINE + more, messages=400, labelled=400), store_url)


def test_near_copies_stay_on_one_side_and_what_naive_folds_would_say_is_on_record(
    tmp_path: Path, store_url: str
) -> None:
    project = make(tmp_path, store_url)
    assert run(project).stages == ("IngestPart", "Benchmark", "Fit", "NaiveSplit")
    training = training_set(project, newest_label(project.store))
    groups = near_copies(training.texts)
    require_apart(splits_of(project, training), groups)
    with pytest.raises(PipelineError, match="near-copies lie on both sides"):
        require_apart(naive_splits(project, training), groups)
    with project.store.read() as connection:
        current = champion(connection, project.dataset_id)
        assert current is not None
        naive = naive_macro_f1(connection, current.run_id)
    assert naive is not None
    assert naive > fold_scores(project.store, current.run_id).mean()


def test_in_order_of_time_a_model_is_tested_on_what_came_next(tmp_path: Path, store_url: str) -> None:
    project = make(tmp_path, store_url, 'split = "time"\n')
    run(project)
    training = training_set(project, newest_label(project.store))
    times = sent_times(project.store, training.message_ids)
    splits = splits_of(project, training)
    assert all(times[split.train].max() <= times[split.test].min() for split in splits)
    with project.store.read() as connection:
        sizes = connection.execute(select(Fold.train_size).order_by(Fold.fold)).scalars().all()
    assert sizes == [len(split.train) for split in splits] == [100, 200, 300]


def test_all_metrics_are_in_the_store_fold_by_fold_and_a_mistake_costs_what_was_said(
    tmp_path: Path, store_url: str
) -> None:
    project = make(tmp_path, store_url, "[pipeline.costs]\npersonal = {spam = 100, notification = 100}\n")
    run(project)
    with project.store.read() as connection:
        metrics = set(connection.execute(select(Score.metric)).scalars())
        current = champion(connection, project.dataset_id)
    assert metrics == {
        *("macro_f1", "accuracy", "mcc", "precision", "recall", "f1"),
        *("log_loss", "brier", "calibration_error", "roc_auc", "average_precision", "cost"),
    }
    assert current is not None
    cost, accuracy = (fold_scores(project.store, current.run_id, metric) for metric in ("cost", "accuracy"))
    assert (cost > 1 - accuracy).any()
    assert np.isfinite(cost).all()


def test_costs_that_name_no_class_are_told_with_the_nearest(tmp_path: Path) -> None:
    write_room(tmp_path, "[pipeline.costs]\npersonal = {spamm = 2}\n", messages=1, labelled=1)
    with pytest.raises(SettingsError, match=r"'spamm'.*Did you mean 'spam'"):
        _ = Project(tmp_path).settings


def test_a_race_stops_who_is_hopeless_and_keeps_the_reason(tmp_path: Path, store_url: str) -> None:
    make(tmp_path, store_url).close()
    text = (tmp_path / "tallyroom.toml").read_text().replace("folds = 3", "folds = 5\nrace = true")
    three = '["word-cnb", "char-sgd", "word-sgd"]'
    (tmp_path / "tallyroom.toml").write_text(text.replace('["word-cnb"]', three))
    project = Project(tmp_path, store_url=store_url)
    run(project)
    with project.store.read() as connection:
        runs = connection.execute(select(Run.candidate, Run.state, Run.error)).all()
        folds = connection.execute(select(func.count()).select_from(Fold).group_by(Fold.run_id)).scalars().all()
    assert ("char-sgd", RunState.DONE, None) in runs
    stopped = {name: error for name, state, error in runs if state == RunState.STOPPED}
    assert "behind char-sgd after" in stopped["word-cnb"]
    assert "of 5 folds" in stopped["word-cnb"]
    assert min(folds) < 5
    assert max(folds) == 5
    assert run(project).nothing_to_do
