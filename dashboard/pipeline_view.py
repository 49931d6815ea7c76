"""What the pipeline page shows: the line's stages, the tasks as the store has them, who works, what ran of late."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from core.store.queries.lag import mark_of
from core.store.queries.live import champion, clock
from core.store.queries.tasks import graph, recent_runs, workers
from core.store.queries.walk import oldest_message
from core.store.records.stretches import stretch_of
from core.store.records.turns import turn_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from core import Project
    from core.store.models import DatasetId

NOT_YET = {"idle": "not yet", "note": ""}


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the line: its tasks' family, its name, its column, and the stage that it follows."""

    family: str
    title: str
    column: int
    after: str = ""


STAGES = (
    Stage("Sources", "source", 0),
    Stage("IngestPart", "ingest", 1, "Sources"),
    Stage("Tag", "rules", 2, "IngestPart"),
    Stage("TagShard", "rules, older", 2, "IngestPart"),
    Stage("Templates", "look-alikes", 2, "IngestPart"),
    Stage("Index", "index of words", 2, "IngestPart"),
    Stage("JudgeRules", "rules judged", 3, "Tag"),
    Stage("CrossValidate", "folds", 3, "Tag"),
    Stage("Search", "search", 3, "Tag"),
    Stage("Benchmark", "benchmark", 4, "CrossValidate"),
    Stage("Fit", "fit and promote", 5, "Benchmark"),
    Stage("Predict", "predict", 6, "Fit"),
    Stage("PredictShard", "predict, older", 6, "Fit"),
    Stage("LabelErrors", "doubted labels", 6, "Fit"),
    Stage("NaiveSplit", "naive split", 6, "Fit"),
    Stage("Export", "export", 6, "Fit"),
)


def pipeline_view(project: Project) -> dict[str, Any]:
    """The page's state, of one moment. Times are the database's, in ms."""
    with project.store.read() as connection:
        tasks = graph(connection, project.dataset_id)
        at = clock(connection)
        there = workers(connection)
        runs = recent_runs(connection, project.dataset_id)
        said = _said(project, connection)
    stages = _stages({task.family for task in tasks})
    return {
        "at": at,
        "stages": [{**asdict(stage), **NOT_YET, **said.get(stage.family, {})} for stage in stages],
        "tasks": {task.fingerprint: asdict(task) for task in tasks},
        "workers": [asdict(worker) for worker in there],
        "watched": any(worker.watches for worker in there),
        "command": f"tallyroom run --watch --room {project.folder}",
        "runs": [asdict(run) for run in runs],
    }


def _said(project: Project, connection: Connection) -> dict[str, dict[str, str]]:
    """What is said of a stage beside its tasks: why it may have none (`idle`), and what is still to come (`note`)."""
    dataset, settings = project.dataset_id, project.settings.pipeline
    current, turn = champion(connection, dataset), turn_of(connection, dataset)
    said = {
        "PredictShard": _older(connection, dataset, None if current is None else mark_of(current.run_id)),
        "TagShard": _older(connection, dataset, None if turn is None else turn.key),
    }
    if not (project.folder / settings.rules).is_file():
        said |= {family: {"idle": "the room has no rules"} for family in ("Tag", "TagShard", "JudgeRules")}
    if not settings.search:
        said["Search"] = {"idle": "only by hand: [pipeline] search is empty"}
    if not project.settings.export.formats:
        said["Export"] = {"idle": "only by hand: [export] formats is empty"}
    return said


def _older(connection: Connection, dataset: DatasetId, key: str | None) -> dict[str, str]:
    """How much is left of what was there before the champion, or before the rules had their turn."""
    stretch = None if key is None else stretch_of(connection, key)
    oldest = oldest_message(connection, dataset)
    if stretch is None or oldest is None:
        return {}
    if oldest >= stretch.low:
        return {"idle": "nothing older is left"}
    return {"note": f"down to message {stretch.low:,}; the oldest is {oldest:,}"}


def _stages(families: set[str]) -> list[Stage]:
    """The line's stages, and behind them those of tasks that only this store knows."""
    known = {stage.family for stage in STAGES}
    return [*STAGES, *(Stage(family, family, 7) for family in sorted(families - known))]


def change(before: dict[str, Any] | None, after: dict[str, Any]) -> dict[str, Any] | None:
    """What a page that has `before` needs to show `after`: tasks that changed, None for those gone; None: nothing."""
    if before is None:
        return {"kind": "pipeline", "whole": True, **after}
    old, new = before["tasks"], after["tasks"]
    tasks: dict[str, Any] = {key: row for key, row in new.items() if old.get(key) != row}
    tasks |= dict.fromkeys(old.keys() - new.keys())
    rest = {key: after[key] for key in after if key not in ("tasks", "at") and after[key] != before[key]}
    return {"kind": "pipeline", "at": after["at"], "tasks": tasks, **rest} if tasks or rest else None
