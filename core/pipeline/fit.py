"""benchmark -> fit -> promote: the best candidate is trained on everything, and takes over where that is earned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import luigi
import numpy as np
from sqlalchemy import Connection

from core.errors import PipelineError
from core.fingerprint import fingerprint
from core.learning import Candidate, Model, fit
from core.pipeline.benchmark import Benchmark
from core.pipeline.stage import CODE_VERSION, StageTask, workshop
from core.pipeline.training import training_set
from core.project import Project
from core.store import Store
from core.store.models import RunId
from core.store.queries.live import champion
from core.store.queries.models import candidate_of, finished_run, fold_scores, has_model, model_content
from core.store.records.runs import add_model, promote

PIPELINE = "pipeline"


@dataclass(frozen=True, slots=True)
class Choice:
    """Who is to be champion, and the sentence that says why."""

    candidate: str
    reason: str


def choose(scores: Mapping[str, np.ndarray], reigning: str | None) -> Choice:
    """Choose among candidates by their macro-F1 on the same folds.

    The reigning candidate stays unless another is better by more than one standard error of the paired differences:
    a champion that changes with every retraining teaches the office nothing.

    Args:
        scores: macro-F1 of each fold, the folds in the same order for all.
        reigning: the champion's candidate, None where there is none.
    """
    means = {name: float(values.mean()) for name, values in scores.items()}
    best = max(means, key=lambda name: means[name])
    if reigning is None or reigning not in scores:
        return Choice(best, f"best of {len(scores)} on the same folds: macro-F1 {means[best]:.4f}")
    if best == reigning:
        return Choice(best, f"still the best, trained on more labels: macro-F1 {means[best]:.4f}")
    gain = scores[best] - scores[reigning]
    error = float(gain.std(ddof=1)) / float(np.sqrt(len(gain))) if len(gain) > 1 else float("inf")
    if gain.mean() > error:
        return Choice(best, f"better than {reigning} by {gain.mean():.4f} macro-F1 on the same folds")
    return Choice(
        reigning, f"kept, trained on more labels: {best} is better by {gain.mean():.4f} only, within one standard error"
    )


class Fit(StageTask):
    """Train the chosen candidate on all labels up to the cut-off, and promote it."""

    cutoff: int = luigi.IntParameter(description="the last label id that counts")

    def requires(self) -> Benchmark:
        """The benchmark on the same labels."""
        return Benchmark(room=self.room, cutoff=self.cutoff)

    def made_from(self) -> str:
        """What the benchmark is made from."""
        return fingerprint("fit", CODE_VERSION, self.requires().made_from())

    def work(self) -> Mapping[str, Any]:
        """Choose, train, keep, promote."""
        project = self.project
        store = project.store
        trial = self.requires().result()
        runs = {name: RunId(run_id) for name, run_id in trial["runs"].items()}
        choice = choose({name: fold_scores(store, run_id) for name, run_id in runs.items()}, _reigning(store, project))
        model = _train(project, choice.candidate, self.cutoff, trial["temperatures"][choice.candidate])
        run_id = runs[choice.candidate]
        content = model.to_bytes()

        def keep(connection: Connection) -> None:
            add_model(connection, run_id, model.format, content)
            promote(connection, project.dataset_id, run_id, by=PIPELINE, reason=choice.reason)

        store.write(keep)
        return {"run": int(run_id), "candidate": choice.candidate, "reason": choice.reason, "bytes": len(content)}


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
        raise PipelineError(f"there is no finished run {run_id}", fix="The Compare page lists them.")
    if has_model(store, run_id):
        return len(model_content(store, run_id))
    trial = Benchmark(room=workshop.enter(project), cutoff=run.label_cutoff)
    if fingerprint(trial.made_from(), run.candidate) != run.fingerprint:
        raise PipelineError(
            f"the settings, the dictionary or the cleaning have changed since run {run_id}",
            fix="'tallyroom run' tries the candidates anew.",
        )
    model = _train(project, run.candidate, run.label_cutoff, trial.result()["temperatures"][run.candidate])
    content = model.to_bytes()
    store.write(lambda connection: add_model(connection, run_id, model.format, content))
    return len(content)


def _train(project: Project, candidate: str, cutoff: int, temperature: float) -> Model:
    """A candidate, trained on everything."""
    training = training_set(project, cutoff)
    return fit(
        Candidate.parse(candidate),
        training.texts,
        training.y,
        training.classes,
        seed=project.settings.pipeline.seed,
        temperature=temperature,
    )


def _reigning(store: Store, project: Any) -> str | None:
    with store.read() as connection:
        current = champion(connection, project.dataset_id)
    return None if current is None else candidate_of(store, current.run_id)
