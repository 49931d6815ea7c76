"""Champion, challengers, history: what a run was made with, roll-back, and what the pipeline makes of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sms_room import CORPUS, SETTINGS, Copied, open_room, ran_once, write_room
from sqlalchemy import func, select

from core import Project
from core.errors import AccessError, DeskError
from core.pipeline import fit_run, run
from core.store.models import Audit, Event, Prediction, Promotion, Run, RunId
from core.store.queries.promotions import promotions, reigning
from dashboard.demo.room import drop
from labeling.models import Role
from labeling.people import add_person
from labeling.promoting import promote_run, roll_back

PIPELINE = """candidates = ["word-cnb", "word-svc"]
folds = 3
curve = [1.0]
retrain_after = 5
"""


def written(folder: Path) -> Path:
    return write_room(folder, PIPELINE, messages=300, labelled=240)


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


def runs_of(project: Project) -> dict[str, RunId]:
    with project.store.read() as connection:
        rows = connection.execute(select(Run.candidate, Run.version, Run.id))
        return {f"{row.candidate} v{row.version}": RunId(row.id) for row in rows}


def reigns(project: Project) -> str:
    with project.store.read() as connection:
        current = reigning(connection, project.dataset_id)
    assert current is not None
    return current.title


def others(project: Project, *, fitted: bool = True) -> RunId:
    """The run that was not chosen, trained on everything."""
    (run_id,) = [run_id for title, run_id in runs_of(project).items() if title != reigns(project)]
    if fitted:
        fit_run(project, run_id)
    return run_id


def lead(project: Project) -> object:
    return add_person(project.store, "Lea", Role.LEAD).id


def predicted(project: Project) -> dict[int, int]:
    with project.store.read() as connection:
        query = select(Prediction.run_id, func.count()).group_by(Prediction.run_id)
        return {row[0]: row[1] for row in connection.execute(query)}


def test_a_roll_back_is_on_record_and_predictions_follow(project: Project) -> None:
    first = runs_of(project)[reigns(project)]
    second, dataset, by = others(project), project.dataset_id, lead(project)
    project.store.write(lambda c: promote_run(c, dataset, second, "for the phones", by=by))  # type: ignore[arg-type]
    assert run(project).predicted == 300, "the new champion judges all"
    drop(project.folder, "1.csv", CORPUS.messages(300, 320))
    run(project)
    changed = project.store.write(lambda c: roll_back(c, dataset, None, "it calls codes spam", by=by))  # type: ignore[arg-type]
    assert (changed.champion.run_id, changed.former.run_id) == (first, second)  # type: ignore[union-attr]
    again = run(project)
    assert (again.stages, again.predicted) == ((), 20), "what it had judged before is not judged again"
    assert predicted(project) == {first: 320, second: 320}
    with project.store.read() as connection:
        history = promotions(connection, dataset)
        acts = connection.execute(select(Audit.action, Audit.person_id, Audit.detail).order_by(Audit.id.desc())).first()
        told = connection.execute(select(Event.payload).where(Event.kind == "promoted").order_by(Event.id)).scalars()
    assert [(each.act, each.by, each.run_id) for each in history] == [
        ("rolled back", "Lea", first),
        ("promoted", "Lea", second),
        ("promoted", "pipeline", first),
    ]
    assert acts is not None
    assert (acts.action, acts.person_id, acts.detail["reason"]) == ("rolled back", by, "it calls codes spam")
    assert [each["run_id"] for each in told] == [first, second, first]


def test_the_pipeline_does_not_undo_a_roll_back_on_the_same_labels(project: Project) -> None:
    chosen, second, dataset, by = reigns(project), others(project), project.dataset_id, lead(project)
    project.store.write(lambda c: promote_run(c, dataset, second, "for the phones", by=by))  # type: ignore[arg-type]
    kept = reigns(project)
    assert run(project).stages == ()
    settings = project.folder / "tallyroom.toml"
    settings.write_text(SETTINGS.format(store="", pipeline=PIPELINE.replace("folds = 3", "folds = 4")))
    changed = Project(project.folder, store_url=project.store.engine.url.render_as_string(hide_password=False))
    assert "Fit" in run(changed).stages
    assert reigns(changed) == kept != chosen
    assert reigns(changed).endswith("v1")


def test_on_newer_labels_the_candidate_that_a_person_chose_reigns(project: Project) -> None:
    second, dataset, by = others(project), project.dataset_id, lead(project)
    project.store.write(lambda c: promote_run(c, dataset, second, "for the phones", by=by))  # type: ignore[arg-type]
    chosen = reigns(project).split()[0]
    drop(project.folder, "1.csv", CORPUS.messages(300, 320), labelled=20)
    assert "Fit" in run(project).stages
    with project.store.read() as connection:
        newest = promotions(connection, dataset)[0]
    assert newest.by == "pipeline"
    assert newest.title == f"{chosen} v2", newest.reason
    assert f"{chosen} stays" in newest.reason


def test_a_promotion_takes_a_lead_a_reason_and_a_model(project: Project) -> None:
    second, dataset, by = others(project, fitted=False), project.dataset_id, lead(project)
    ada = add_person(project.store, "Ada", Role.REVIEWER).id
    first = runs_of(project)[reigns(project)]

    def refused(error: type[Exception], words: str, what: object, run_id: int | None, reason: str, who: object) -> None:
        with pytest.raises(error, match=words):
            project.store.write(lambda c: what(c, dataset, run_id, reason, by=who))  # type: ignore[operator]

    refused(AccessError, "takes a lead", promote_run, second, "mine", ada)
    refused(DeskError, "says why", promote_run, second, "  ", by)
    refused(DeskError, "never trained on everything", promote_run, second, "why not", by)
    refused(DeskError, "no finished run 99", promote_run, 99, "why not", by)
    refused(DeskError, "is the champion already", promote_run, first, "why not", by)
    refused(DeskError, "no earlier champion", roll_back, None, "why not", by)
    fit_run(project, second)
    refused(DeskError, "never was champion", roll_back, second, "why not", by)
    with project.store.read() as connection:
        assert connection.execute(select(func.count()).select_from(Promotion)).scalar_one() == 1


def test_a_run_keeps_what_it_was_made_with(fresh: Project) -> None:
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run([*git, "init", "-q"], cwd=fresh.folder, check=True)
    subprocess.run([*git, "add", "tallyroom.toml", "dictionaries"], cwd=fresh.folder, check=True)
    subprocess.run([*git, "commit", "-qm", "first"], cwd=fresh.folder, check=True)
    run(fresh)
    with fresh.store.read() as connection:
        made = {row.candidate: row.made_with for row in connection.execute(select(Run.candidate, Run.made_with))}
        cutoff = connection.execute(select(Run.label_cutoff)).scalars().first()
    one = made["word-svc"]
    assert one is not None
    assert len(one["commit"]["id"]) == 40
    assert one["commit"]["dirty"] is False
    assert one["dictionary"] == fresh.dictionary().fingerprint
    assert (one["labels"]["cutoff"], sum(one["labels"]["counts"].values())) == (cutoff, 240)
    assert one["python"] == sys.version.split()[0]
    assert {"scikit-learn", "numpy", "tallyroom"} <= one["packages"].keys()
    assert one["trial"]["peak_memory"] > 10_000_000
    assert one["trial"]["seconds"] > 0
    assert sum("fit" in each for each in made.values() if each) == 1, "the champion alone was trained on everything"
    (fresh.folder / "rules.yaml").write_text("version: 1\nrules:\n  - {name: won, class: spam, pattern: won}\n")
    settings = fresh.folder / "tallyroom.toml"
    settings.write_text(SETTINGS.format(store="", pipeline=PIPELINE.replace("folds = 3", "folds = 4")))
    changed = Project(fresh.folder, store_url=fresh.store.engine.url.render_as_string(hide_password=False))
    run(changed)
    with changed.store.read() as connection:
        two = connection.execute(select(Run.made_with).order_by(Run.id.desc())).scalars().first()
    assert two is not None
    assert two["commit"] == {"id": one["commit"]["id"], "dirty": True}
    assert two["snapshot"] == one["snapshot"]
