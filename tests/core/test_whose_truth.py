"""Each run tells whose labels it learnt from, and how good it is on people's alone; on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from rooms import add_messages
from sqlalchemy import select

from core import Project
from core.learning.by_origin import LEAST, apart
from core.pipeline import run
from core.store import check
from core.store.models import Message, Origin, Run, RunId, Suspect
from core.store.queries.runs import runs
from core.store.queries.whose import whose
from core.store.records.labels import set_label

SETTINGS = """[room]
name = "Test"
classes = ["personal", "spam"]
[pipeline]
candidates = ["word-cnb"]
folds = 3
split = "random"
curve = [1.0]
retrain_after = 1
"""
DICTIONARY = """version: 1
dataset: messages
sources:
  - {name: phones, kind: csv, path: inbox/*.csv, columns: {key: id, body: text}}
"""
IMPORTED, JUDGED = 90, LEAST + 10
WRONG = 4


@pytest.fixture
def project(tmp_path: Path, store_url: str) -> Project:
    """Ninety imported labels, four of them wrong; people judged some of the rest, half of those against the imports."""
    (tmp_path / "tallyroom.toml").write_text(SETTINGS)
    (tmp_path / "dictionaries").mkdir()
    (tmp_path / "dictionaries" / "messages.yaml").write_text(DICTIONARY)
    project = Project(tmp_path, store_url=store_url)
    project.upgrade_store()
    words = ("see you at home", "win a free prize")
    ids = add_messages(project.store, [f"{words[n % 2]} {n}" for n in range(IMPORTED + JUDGED)])
    for n, message_id in enumerate(ids):
        klass = project.classes[n % 2 if n >= WRONG else 1 - n % 2]
        origin = Origin.IMPORTED if n < IMPORTED else Origin.VERDICT
        project.store.write(lambda c, m=message_id, o=origin, k=klass: set_label(c, m, o, k))  # type: ignore[misc]
    return project


def newest(project: Project) -> RunId:
    with project.store.read() as connection:
        return RunId(connection.execute(select(Run.id).order_by(Run.id.desc()).limit(1)).scalar_one())


def test_a_run_tells_whose_labels_it_learnt_from_and_how_good_it_is_on_peoples_alone(project: Project) -> None:
    run(project)
    with project.store.read() as connection:
        truth = whose(connection, newest(project))
        (listed,) = runs(connection, project.dataset_id)
        assert check.check(connection) == []
    assert truth.trained == f"trained on {IMPORTED + JUDGED}: {JUDGED} verdicts, {IMPORTED} imported"
    assert truth.judged == JUDGED
    assert truth.macro_f1 is not None
    assert truth.macro_f1[0] == 1.0, "what people said is right"
    assert listed.macro_f1 is not None
    assert listed.macro_f1 < 1.0, "of the imported labels four are wrong"
    assert (dict(listed.origins), listed.macro_f1_judged) == (dict(truth.origins), truth.macro_f1)


def test_the_wrong_labels_are_the_ones_that_are_doubted_and_verdicts_mend_the_next_run(project: Project) -> None:
    run(project)
    first = newest(project)
    with project.store.read() as connection:
        ids = connection.execute(select(Message.id).order_by(Message.id)).scalars().all()
        doubted = connection.execute(select(Suspect.message_id).where(Suspect.run_id == first)).scalars().all()
    assert sorted(doubted) == sorted(ids[:WRONG])
    for n, message_id in enumerate(ids[:WRONG]):
        klass = project.classes[n % 2]
        project.store.write(lambda c, m=message_id, k=klass: set_label(c, m, Origin.VERDICT, k))  # type: ignore[misc]
    run(project)
    with project.store.read() as connection:
        truth = whose(connection, newest(project))
        assert connection.execute(select(Suspect.run_id).where(Suspect.run_id > first)).all() == []
    assert truth.origins == {"verdict": JUDGED + WRONG, "imported": IMPORTED - WRONG}
    assert run(project).nothing_to_do


def test_too_few_verdicts_are_said_to_be_too_few() -> None:
    few = apart({("spam", "spam"): LEAST - 1})
    assert (few.messages, few.accuracy, few.macro_f1) == (LEAST - 1, None, None)


def test_the_interval_of_a_score_narrows_with_more_messages() -> None:
    cells = {("spam", "spam"): 40, ("spam", "personal"): 10, ("personal", "personal"): 50}
    few, many = apart(cells), apart({cell: 100 * n for cell, n in cells.items()})
    for found in (few, many):
        assert found.macro_f1 is not None
        assert found.accuracy is not None
        assert found.macro_f1[1] < found.macro_f1[0] < found.macro_f1[2]
        assert found.accuracy[0] == pytest.approx(0.9)
        assert found.macro_f1[0] == pytest.approx((2 * 40 / 90 + 2 * 50 / 110) / 2)
    assert many.macro_f1[2] - many.macro_f1[1] < 0.2 * (few.macro_f1[2] - few.macro_f1[1])  # type: ignore[index]
