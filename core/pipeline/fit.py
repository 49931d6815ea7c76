"""benchmark -> fit -> promote: the best candidate is trained on everything, and takes over where that is earned.

*Reigning* is whoever the newest promotion names, whoever promoted it: the pipeline, a lead in a comparison, a lead who
rolled back. Of a person's decision the pipeline makes two things. On the labels that had been tried when it was taken
it stands: whatever else changes (settings, candidates), the pipeline trains and keeps its own choice as a challenger,
and promotes nothing. On newer labels the candidate that the person chose reigns, so another takes over only when it is
better by a settled margin.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import luigi
from sqlalchemy import Connection

from core.errors import PipelineError
from core.fingerprint import fingerprint
from core.learning import Model, candidate_of, fit
from core.learning.champion import Choice, OnTrial, choose
from core.pipeline.benchmark import Benchmark, trial_fingerprint
from core.pipeline.made_with import Stopwatch, note_end
from core.pipeline.memory import Peak
from core.pipeline.stage import CODE_VERSION, StageTask
from core.pipeline.training import frozen, training_set
from core.pipeline.trial import Trial
from core.project import Project
from core.store.models import RunId
from core.store.queries.compare import compared_runs
from core.store.queries.models import finished_run, fold_scores, has_model, model_content
from core.store.queries.promotions import Promoted, labels_tried_by, reigning
from core.store.queries.tasks import Cost
from core.store.records.runs import add_model, promote

PIPELINE = "pipeline"
RULE = "linear first"
"""By which rule a champion is chosen; another word here, and the choice is made anew."""


class Fit(StageTask):
    """Train the chosen candidate on all labels up to the cut-off, and promote it."""

    cutoff: int = luigi.IntParameter(description="the last label id that counts")
    candidates: tuple[str, ...] = luigi.TupleParameter(description="who is on trial")

    def requires(self) -> Benchmark:
        """The benchmark on the same labels."""
        return Benchmark(room=self.room, cutoff=self.cutoff, candidates=self.candidates)

    def made_from(self) -> str:
        """What the benchmark is made from, and the rule by which it is read."""
        margin = self.project.settings.pipeline.settled_margin
        return fingerprint("fit", CODE_VERSION, RULE, margin, self.requires().made_from())

    def work(self) -> Mapping[str, Any]:
        """Choose, train, keep, promote."""
        project = self.project
        store = project.store
        trial = self.requires().result()
        runs = {name: RunId(run_id) for name, run_id in trial["runs"].items()}
        choice = self._choose(runs)
        run_id = runs[choice.candidate]
        watch = Stopwatch()
        model = _train(project, choice.candidate, self.cutoff, trial["temperatures"][choice.candidate])
        content = model.to_bytes()
        note_end(project, [run_id], Cost(watch.seconds, self.peak_memory()), part="fit")

        def keep(connection: Connection) -> str:
            add_model(connection, run_id, model.format, content)
            return self._promote(connection, run_id, choice)

        done = store.write(keep)
        return {
            "run": int(run_id),
            "candidate": choice.candidate,
            "reason": choice.reason,
            "bytes": len(content),
            "promoted": done == "",
            "not_promoted": done,
        }

    def _choose(self, runs: Mapping[str, RunId]) -> Choice:
        store, dataset = self.project.store, self.project.dataset_id
        with store.read() as connection:
            current = reigning(connection, dataset)
            (some, *_) = compared_runs(connection, dataset, list(runs.values()))
        on_trial = [OnTrial.of(name, fold_scores(store, run_id)) for name, run_id in runs.items()]
        margin = self.project.settings.pipeline.settled_margin
        return choose(on_trial, current.candidate if current else None, margin=margin, test_share=some.test_share)

    def _promote(self, connection: Connection, run_id: RunId, choice: Choice) -> str:
        """Promote the choice; gives why not, where it is not."""
        dataset = self.project.dataset_id
        current = reigning(connection, dataset)
        if current is not None and current.run_id == run_id:
            return f"{current.title} is the champion already"
        if current is not None and self._stands(connection, current):
            return f"on these labels it is a person's decision that stands: {current.sentence}"
        promote(connection, dataset, run_id, by=PIPELINE, reason=choice.reason)
        return ""

    def _stands(self, connection: Connection, current: Promoted) -> bool:
        """Whether a person made the champion what it is, and no newer labels have come since."""
        if current.person_id is None:
            return False
        labels = frozen(self.project)
        mine = (self.cutoff, None if labels is None else labels.fingerprint)
        return labels_tried_by(connection, self.project.dataset_id, current.at) == mine


def fit_run(project: Project, run_id: RunId) -> int:
    """Train a finished run's candidate on all the labels that it was tried on, and keep the model; gives its bytes.

    So that a challenger can be promoted. One that was trained already is left as it is.

    Raises:
        PipelineError: there is no such finished run, or what it was made from has changed since.
    """
    store = project.store
    with store.read() as connection:
        run = finished_run(connection, project.dataset_id, run_id)
    if run is None:
        raise PipelineError(f"there is no finished run {run_id}", fix="The Registry page lists them.")
    if has_model(store, run_id):
        return len(model_content(store, run_id))
    if fingerprint(trial_fingerprint(project, run.label_cutoff), run.candidate) != run.fingerprint:
        raise PipelineError(
            f"the settings, the dictionary or the cleaning have changed since run {run_id}",
            fix="'tallyroom run' tries the candidates anew.",
        )
    watch, peak = Stopwatch(), Peak()
    temperature = Trial.of(project, run.label_cutoff).whole_temperature(store, run_id)
    model = _train(project, run.candidate, run.label_cutoff, temperature)
    content = model.to_bytes()
    note_end(project, [run_id], Cost(watch.seconds, peak.most()), part="fit")
    store.write(lambda connection: add_model(connection, run_id, model.format, content))
    return len(content)


def _train(project: Project, candidate: str, cutoff: int, temperature: float) -> Model:
    """A candidate, trained on everything."""
    training = training_set(project, cutoff)
    return fit(
        candidate_of(candidate),
        training.texts,
        training.y,
        training.classes,
        seed=project.settings.pipeline.seed,
        temperature=temperature,
        weights=training.weights,
    )
