"""Labels by rules weigh less in training, as their rules are held to be right; on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from rooms import add_messages
from rules_room import SETTINGS as ROOM
from rules_room import open_rules_room
from sqlalchemy import select

from core import Project
from core.pipeline import run
from core.pipeline.benchmark import trial_fingerprint
from core.pipeline.tag import tag
from core.pipeline.training import choose_cutoff, training_set
from core.pipeline.weak_weights import LEAST
from core.store.models import Origin, Run
from core.store.queries.runs import runs
from core.store.records.labels import set_label

PIPELINE = """candidates = ["word-cnb"]
folds = 3
split = "random"
curve = [1.0]
retrain_after = 10
train_on = ["verdict", "imported", "rule"]
"""
SETTINGS = ROOM.format(pipeline=PIPELINE)
RULES = """version: 1
rules:
  - {name: good, class: spam, pattern: won}
  - {name: poor, class: personal, pattern: see}
"""


@pytest.fixture
def project(tmp_path: Path, store_url: str) -> Iterator[Project]:
    """People have found one rule right in all of thirty cases, the other one in none of thirty."""
    project = open_rules_room(tmp_path, store_url, RULES, PIPELINE)
    ids = add_messages(project.store, [f"{('won', 'see')[n % 2]} {n}" for n in range(160)])
    mum = add_messages(project.store, [f"mum {n}" for n in range(10)], source="mum")
    for message_id in ids[:60]:
        project.store.write(lambda c, m=message_id: set_label(c, m, Origin.VERDICT, "spam"))  # type: ignore[misc]
    for message_id in mum:
        project.store.write(lambda c, m=message_id: set_label(c, m, Origin.VERDICT, "personal"))  # type: ignore[misc]
    yield project
    project.close()


def test_a_label_by_a_rule_weighs_as_its_rule_is_right_and_a_persons_is_one(project: Project) -> None:
    tag(project)
    training = training_set(project, choose_cutoff(project))
    assert training.weights is not None
    by_rule = training.origins == Origin.RULE
    assert (training.weights[~by_rule] == 1.0).all()
    good, poor = (training.weights[by_rule & (training.y == code)] for code in (1, 0))
    assert len(good) == 50
    assert 0.3 < good.min() == good.max() < 0.5
    assert (poor == 0.5 * LEAST).all(), "of a rule that is no better than guessing only so much is left"


def test_a_run_says_what_rules_weighed_and_the_same_cutoff_gives_the_same_weights_for_good(project: Project) -> None:
    run(project)
    with project.store.read() as connection:
        (done,) = runs(connection, project.dataset_id)
        cutoff, params = connection.execute(select(Run.label_cutoff, Run.params)).one()
    before = training_set(project, cutoff)
    assert before.weights is not None
    weak = before.weights[before.origins == Origin.RULE]
    assert params["weak_weight"] == pytest.approx(weak.mean(), abs=1e-4)
    assert done.origins["rule"] == len(weak)
    assert run(project).nothing_to_do
    new = add_messages(project.store, [f"won {n}" for n in range(60)], source="more")
    for message_id in new[:40]:
        project.store.write(lambda c, m=message_id: set_label(c, m, Origin.VERDICT, "personal"))  # type: ignore[misc]
    run(project)
    after = training_set(project, cutoff)
    assert np.array_equal(before.weights, after.weights)  # type: ignore[arg-type]
    now = training_set(project, choose_cutoff(project))
    assert not np.isin(now.weights, before.weights).all(), "what is known of the rules by now counts for new labels"


def test_weights_count_in_the_fingerprint_only_where_rules_labels_train(project: Project) -> None:
    people = 'train_on = ["verdict"]'
    alone = SETTINGS.replace('train_on = ["verdict", "imported", "rule"]', people)

    def fingerprint(settings: str) -> str:
        (project.folder / "tallyroom.toml").write_text(settings)
        with closing(Project(project.folder, store_url=project._store_url)) as other:
            return trial_fingerprint(other, 7)

    assert fingerprint(alone) == fingerprint(alone + "weak_weight = 0.1")
    assert fingerprint(SETTINGS) != fingerprint(SETTINGS + "weak_weight = 0.1")
    assert fingerprint(SETTINGS) != fingerprint(SETTINGS + "weak_by_accuracy = false")


def test_all_labels_may_weigh_the_same(project: Project) -> None:
    tag(project)
    (project.folder / "tallyroom.toml").write_text(SETTINGS + "weak_weight = 1\nweak_by_accuracy = false")
    with closing(Project(project.folder, store_url=project._store_url)) as same:
        assert training_set(same, choose_cutoff(same)).weights is None
