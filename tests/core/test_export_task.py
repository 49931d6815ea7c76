"""The champion leaves by itself: as a file in the room's folder, once, and again where it is gone."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sms_room import Copied, ran_once, write_room
from sqlalchemy import Connection, Table, delete, func, insert, select
from typer.testing import CliRunner

from core import Project
from core.errors import PipelineError
from core.export.golden import TEXTS
from core.export.linear_json import LinearJson
from core.export.scorers.tallyroom import Scorer
from core.pipeline import fit_run, run, watch
from core.pipeline.leaving import meant, write_file
from core.store.models import Audit, Model, PipelineTask, Prediction, Run, RunId
from core.store.records.runs import promote
from core.store.records.stages import newest_of
from dashboard.command import build

PIPELINE = """candidates = ["word-cnb", "word-mlp(units=4)"]
folds = 3
curve = [1.0]
retries = 0
[export]
formats = []
"""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Copied:
    def written(folder: Path) -> Path:
        return write_room(folder, PIPELINE, messages=120, labelled=120)

    return ran_once(request.getfixturevalue(request.param), tmp_path_factory.mktemp("made"), written)


@pytest.fixture
def project(made: Copied, tmp_path: Path) -> Iterator[Project]:
    """A room whose pipeline has run before it was told to export anything."""
    copied = made(tmp_path / "room")
    copied.close()
    project = told(copied, '["linear_json"]')
    yield project
    project.close()


def told(project: Project, formats: str) -> Project:
    """The room, told to export in these formats."""
    settings = project.folder / "tallyroom.toml"
    settings.write_text(settings.read_text().replace("formats = []", f"formats = {formats}"))
    return Project(project.folder, store_url=project.store_url)


def crown(project: Project, candidate: str) -> None:
    """Make this candidate the champion, trained on everything."""
    with project.store.read() as connection:
        run_id = RunId(connection.execute(select(Run.id).where(Run.candidate == candidate)).scalar_one())
    fit_run(project, run_id)
    project.store.write(lambda c: promote(c, project.dataset_id, run_id, by="Ada", reason="a test"))


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)


def test_a_champion_is_written_once_and_again_where_its_file_is_gone(project: Project) -> None:
    crown(project, "word-cnb")
    assert "Export" in run(project).stages
    path = project.folder / "exports" / "linear_json" / "word-cnb-v1.json"
    Scorer.read(path).check()
    about = json.loads(path.read_text("utf-8"))["about"]
    assert (about["title"], about["trained_on"], about["made_with"]["seed"]) == ("word-cnb v1", 120, 7)
    assert "host" not in about["made_with"]
    with project.store.read() as connection:
        (kept,) = newest_of(connection, "Export")
        (line,) = connection.execute(select(Audit.subject, Audit.detail).where(Audit.action == "exported"))
    assert (kept["file"], kept["bytes"]) == ("exports/linear_json/word-cnb-v1.json", path.stat().st_size)
    assert kept["checked"] == len(TEXTS) + 120
    assert (line.subject, line.detail["by"]) == ("model word-cnb v1 as linear_json", "pipeline")
    assert run(project).nothing_to_do
    path.unlink()
    assert run(project).stages == ("Export",)
    assert path.is_file()
    assert run(project).nothing_to_do


def test_a_file_that_was_written_anew_with_other_bytes_is_not_written_for_ever(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    crown(project, "word-cnb")
    run(project)
    path = project.folder / "exports" / "linear_json" / "word-cnb-v1.json"
    path.unlink()
    monkeypatch.setattr("core.export.linear_json.TEXTS", TEXTS[:-1])
    assert run(project).stages == ("Export",)
    assert run(project).nothing_to_do
    with project.store.read() as connection:
        (kept,) = newest_of(connection, "Export")
    assert (kept["checked"], kept["bytes"]) == (len(TEXTS) - 1 + 120, path.stat().st_size)
    path.write_bytes(path.read_bytes().replace(b"word-cnb v1", b"word-cnb v2"))  # as many bytes, others
    assert run(project).stages == ("Export",)
    assert run(project).nothing_to_do


def test_a_model_that_is_promoted_in_a_quiet_room_judges_and_leaves_at_once(project: Project) -> None:
    crown(project, "word-cnb")
    crown(project, "word-mlp(units=4)")
    stop, troubles = threading.Event(), list[BaseException]()
    watcher = threading.Thread(target=lambda: watch(project, stop=stop, on_trouble=troubles.append))
    watcher.start()
    try:
        until(lambda: bool(troubles))  # it went over everything: this one is not linear
        crown(project, "word-cnb")
        until((project.folder / "exports" / "linear_json" / "word-cnb-v1.json").is_file)
    finally:
        stop.set()
        watcher.join(60)
    assert not watcher.is_alive()
    with project.store.read() as connection:
        judged = select(func.count()).select_from(Prediction).join(Run, Run.id == Prediction.run_id)
        assert connection.execute(judged.where(Run.candidate == "word-cnb")).scalar_one() == 120


def test_a_file_that_disagrees_with_the_room_fails_the_task_and_is_not_offered(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    crown(project, "word-cnb")
    monkeypatch.setattr(LinearJson, "scorer", lambda _self, _content: lambda _text: [0.2, 0.2, 0.6])
    with pytest.raises(PipelineError, match="does not agree with the room"):
        run(project)
    assert not (project.folder / "exports").exists()
    with project.store.read() as connection:
        where = PipelineTask.family == "Export"
        task = connection.execute(select(PipelineTask.state, PipelineTask.error).where(where)).one()
    assert (task.state, "does not agree with the room" in task.error) == ("failed", True)
    monkeypatch.undo()
    assert run(project).stages == ("Export",)


def test_a_champion_that_is_not_linear_stays_and_the_best_linear_model_is_named(project: Project) -> None:
    crown(project, "word-mlp(units=4)")
    with pytest.raises(PipelineError, match=r"not linear, and linear_json carries linear models only") as raised:
        run(project)
    assert "The best linear one is word-cnb v1: " in raised.value.fix


def test_a_model_is_found_by_its_name_however_old_it_is_and_a_name_of_several_is_told(project: Project) -> None:
    with project.store.read() as connection:
        ids = {run.candidate: run.id for run in connection.execute(select(Run.candidate, Run.id))}
    first, other = RunId(ids["word-cnb"]), RunId(ids["word-mlp(units=4)"])
    project.store.write(lambda c: c.execute(delete(Model)))
    with pytest.raises(PipelineError, match=r"^word-cnb v1 \(run \d+\) was never trained on everything"):
        meant(project, "word-cnb v1")
    with pytest.raises(PipelineError, match=r"^each of word.* v1 .*, word.* v1 .* was never trained on everything"):
        meant(project, "v1")
    fit_run(project, first)
    project.store.write(lambda c: later_runs(c, first, 60))
    assert {meant(project, called).run_id for called in ("v1", "word-cnb v1", str(first))} == {first}
    with pytest.raises(PipelineError, match=r"^word-cnb v61 .* was never trained on everything"):
        meant(project, "word-cnb v61")
    for called in ("v62", "word-cnb", "char v1", "v", "9" * 30):
        with pytest.raises(PipelineError, match=f"there is no model '{called}'"):
            meant(project, called)
    fit_run(project, other)
    project.store.write(lambda c: promote(c, project.dataset_id, first, by="Ada", reason="a test"))
    with pytest.raises(PipelineError, match=r"'v1' may be word-mlp\(units=4\) v1 \(run \d+\), word-cnb v1 \(run \d+\)"):
        meant(project, "v1")
    assert meant(project, "word-mlp(units=4) v1").run_id == other
    assert meant(project).run_id == first


def later_runs(connection: Connection, run_id: RunId, n: int) -> None:
    """The runs of many trainings since, each trained on everything but the last."""
    table: Table = Run.__table__  # type: ignore[assignment]
    row = dict(connection.execute(select(table).where(Run.id == run_id)).mappings().one())
    row.pop("id")
    for version in range(2, n + 2):
        more = {**row, "version": version, "fingerprint": f"later {version}"}
        later = connection.execute(insert(Run).returning(Run.id), more).scalar_one()
        if version < n + 1:
            connection.execute(insert(Model), {"run_id": later, "format": "linear-2", "content": b""})


def test_two_who_write_the_same_file_at_once_both_write_it_whole(tmp_path: Path) -> None:
    path, start = tmp_path / "exports" / "model.json", threading.Barrier(2)

    def write(content: bytes) -> None:
        for _ in range(40):
            start.wait(20)
            write_file(path, content)
            assert path.read_bytes() in whole

    whole = [letter * 300_000 for letter in (b"a", b"b")]
    with ThreadPoolExecutor(2) as both:
        list(both.map(write, whole))
    assert [each.name for each in path.parent.iterdir()] == ["model.json"]
    (tmp_path / "plain").write_bytes(b"")
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_file_that_cannot_take_its_place_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "model.json").mkdir()
    with pytest.raises(PipelineError, match="cannot be written"):
        write_file(tmp_path / "model.json", b"{}")
    assert [each.name for each in tmp_path.iterdir()] == ["model.json"]


def test_the_command_writes_a_model_by_what_people_call_it(project: Project, tmp_path: Path) -> None:
    crown(project, "word-cnb")

    def export(*words: str) -> Any:
        room, env = ["--room", str(project.folder)], {"TALLYROOM_STORE__URL": project.store_url}
        return CliRunner().invoke(build(["export"]), ["export", *room, *words], env=env)

    with project.store.read() as connection:
        run_id = connection.execute(select(Run.id).where(Run.candidate == "word-cnb")).scalar_one()
    for called in ([], ["--model", "word-cnb v1"], ["--model", str(run_id)]):
        done = json.loads(export(*called, "--to", str(tmp_path / "m.json"), "--json").output)
        assert (done["title"], done["bytes"]) == ("word-cnb v1", (tmp_path / "m.json").stat().st_size)
    scorers = tmp_path / "scorers"
    assert "It agrees with the room on" in export("--scorers", str(scorers)).output
    assert {path.name for path in scorers.iterdir()} == {"Tallyroom.kt", "tallyroom.js", "tallyroom.py"}
    assert "there is no model 'v9'" in str(export("--model", "v9").exception)
    assert "no exporter is called 'onnx'" in str(export("--format", "onnx").exception)
