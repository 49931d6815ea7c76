"""What the pipeline page shows: the line's stages, the tasks as the store has them, who works, what ran of late."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from core.store.queries.live import clock
from core.store.queries.tasks import graph, recent_runs, workers

if TYPE_CHECKING:
    from core import Project


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
    Stage("JudgeRules", "rules judged", 3, "Tag"),
    Stage("Templates", "look-alikes", 2, "IngestPart"),
    Stage("Index", "index of words", 2, "IngestPart"),
    Stage("CrossValidate", "folds", 3, "Tag"),
    Stage("Benchmark", "benchmark", 4, "CrossValidate"),
    Stage("Fit", "fit and promote", 5, "Benchmark"),
    Stage("Predict", "predict", 6, "Fit"),
    Stage("PredictShard", "predict, older", 6, "Fit"),
    Stage("LabelErrors", "doubted labels", 6, "Fit"),
    Stage("NaiveSplit", "naive split", 6, "Fit"),
)


def pipeline_view(project: Project) -> dict[str, Any]:
    """The page's state, of one moment. Times are the database's, in ms."""
    with project.store.read() as connection:
        tasks = graph(connection, project.dataset_id)
        at = clock(connection)
        there = workers(connection)
        runs = recent_runs(connection, project.dataset_id)
    return {
        "at": at,
        "stages": [asdict(stage) for stage in _stages({task.family for task in tasks})],
        "tasks": {task.fingerprint: asdict(task) for task in tasks},
        "workers": [asdict(worker) for worker in there],
        "watched": any(worker.watches for worker in there),
        "command": f"tallyroom run --watch --room {project.folder}",
        "runs": [asdict(run) for run in runs],
    }


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
