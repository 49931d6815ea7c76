"""truth -> benchmark: all candidates on the same folds, a task a fold; here they come together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import luigi

from core.errors import PipelineError
from core.fingerprint import fingerprint
from core.pipeline import trial as trials
from core.pipeline.fold import CrossValidate, trial_of
from core.pipeline.made_with import note_end
from core.pipeline.origins import keep_apart
from core.pipeline.stage import CODE_VERSION, StageTask
from core.pipeline.training import frozen, origins
from core.pipeline.weak_weights import weighing
from core.project import Project
from core.store.models import RunId, RunState
from core.store.queries.tasks import Cost, cost_of
from core.store.records.runs import finish_run

TRIAL = ("train_on", "train_limit", "folds", "repeats", "split", "curve", "seed", "costs", "race")
"""The settings of which one that changes makes another trial."""
PASSED = {RunState.FAILED: "passed over", RunState.STOPPED: "stopped"}
KEEPS = "margins of all classes, confidence calibrated, origins of labels"
"""What is kept of a prediction: a run that kept less is made again."""


def trial_fingerprint(project: Project, cutoff: int) -> str:
    """Of all that a candidate's run is made from, but for the candidate."""
    labels = frozen(project)
    return fingerprint(
        "trial",
        KEEPS,
        CODE_VERSION,
        project.dictionary().fingerprint,
        project.classes,
        cutoff,
        project.settings.pipeline.model_dump(mode="json", include={*TRIAL}),
        *([] if labels is None else [labels.fingerprint]),
        *weighing(project, origins(project)),
    )


class Benchmark(StageTask):
    """Cross-validate the room's candidates on the labels up to a label id: end their runs once all folds are there."""

    cutoff: int = luigi.IntParameter(description="the last label id that counts")
    candidates: tuple[str, ...] = luigi.TupleParameter(description="who is on trial")

    def requires(self) -> list[CrossValidate]:
        """A task a fold."""
        trial = self.trial()
        return [
            CrossValidate(
                room=self.room,
                cutoff=self.cutoff,
                trial=trial,
                candidates=self.candidates,
                repeat=repeat,
                fold=fold,
            )
            for repeat, fold in trials.places(self.project)
        ]

    def made_from(self) -> str:
        """The trial and who takes part: another candidate is tried on its own, and the others' runs stand."""
        return fingerprint("benchmark", self.trial(), self.candidates)

    def trial(self) -> str:
        """The labels, the cleaning, and all settings of the trial."""
        return trial_fingerprint(self.project, self.cutoff)

    def work(self) -> Mapping[str, Any]:
        """End the runs; gives each one's temperature, from messages that it had not seen.

        Raises:
            PipelineError: a fold is missing after all.
        """
        trial = trial_of(self.room, self.trial(), self.cutoff)
        found = trials.standing(self.project, self.trial(), self.candidates)
        planned = {(*place, fraction) for place in trial.splits for fraction in self.project.settings.pipeline.curve}
        runs: dict[str, RunId] = {}
        temperatures: dict[str, float] = {}
        for number, each in enumerate(found, start=1):
            if each.state in trials.GIVEN_UP:
                self.log(f"{each.candidate} was {PASSED[each.state]}: {each.error}")
                continue
            if missing := planned - each.points:
                raise PipelineError(f"{len(missing)} folds of {each.candidate} are missing")
            runs[each.candidate] = each.run_id
            temperatures[each.candidate] = trial.whole_temperature(self.project.store, each.run_id)
            if each.state == RunState.RUNNING:
                keep_apart(self.project.store, each.run_id)
                self.project.store.write(lambda c, run_id=each.run_id: finish_run(c, run_id))  # type: ignore[misc]
            self.tell(number, len(found))
        note_end(self.project, runs.values(), self._cost())
        failed = {each.candidate: each.error for each in found if each.state == RunState.FAILED}
        stopped = {each.candidate: each.error for each in found if each.state == RunState.STOPPED}
        return {
            "runs": {name: int(run_id) for name, run_id in runs.items()},
            "temperatures": temperatures,
            "messages": len(trial.training),
            "failed": failed,
            "stopped": stopped,
        }

    def _cost(self) -> Cost:
        """What the folds took, whoever tried them."""
        folds = [fold.made_from() for fold in self.requires()]
        with self.project.store.read() as connection:
            return cost_of(connection, folds)
