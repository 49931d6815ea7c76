"""truth -> benchmark: all candidates on the same folds, each fold in the store as soon as it is finished."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import luigi
import numpy as np
import pandas as pd

from core.errors import TallyroomError
from core.fingerprint import fingerprint
from core.learning import (
    Candidate,
    FoldResult,
    Score,
    benchmark,
    confidence,
    fit_temperature,
    to_bytes,
)
from core.learning.calibration import probabilities
from core.learning.probability_metrics import cost_matrix, probability_scores
from core.pipeline.origins import counted, keep_apart
from core.pipeline.splits import folds_planned, splits_of
from core.pipeline.stage import CODE_VERSION, StageTask
from core.pipeline.training import TrainingSet, frozen, training_set
from core.store.models import RunId
from core.store.paced import write_paced
from core.store.records.runs import FoldRecord, NewRun, add_fold, add_fold_predictions, finish_run, start_run

KEEPS = "margins of all classes, confidence calibrated, origins of labels"
"""What is kept of a prediction: a run that kept less is made again."""
CALIBRATED_ON = 20_000
"""Messages at least, where there are as many, that say how sure a fold may be."""


class Benchmark(StageTask):
    """Cross-validate the room's candidates on the labels up to a label id."""

    cutoff: int = luigi.IntParameter(description="the last label id that counts")

    def made_from(self) -> str:
        """The labels, the cleaning, and all settings of the trial."""
        settings = self.project.settings.pipeline
        trial = settings.model_dump(
            mode="json",
            include={"train_on", "train_limit", "candidates", "folds", "repeats", "split", "curve", "seed", "costs"},
        )
        return fingerprint(
            "benchmark",
            KEEPS,
            CODE_VERSION,
            self.project.dictionary().fingerprint,
            self.project.classes,
            self.cutoff,
            trial,
            *filter(None, [self._label_set()]),
        )

    def _label_set(self) -> str | None:
        labels = frozen(self.project)
        return None if labels is None else labels.fingerprint

    def work(self) -> Mapping[str, Any]:
        """Run every candidate; a failure ends its runs with a sentence."""
        training = training_set(self.project, self.cutoff)
        runs = self._start_runs(training)
        try:
            temperatures = self._run(training, runs)
        except Exception as error:
            sentence = str(error) if isinstance(error, TallyroomError) else f"{type(error).__name__}: {error}"
            self._finish(runs, error=sentence)
            raise
        self._finish(runs)
        return {
            "runs": {name: int(run_id) for name, run_id in runs.items()},
            "temperatures": temperatures,
            "messages": len(training),
        }

    def _start_runs(self, training: TrainingSet) -> dict[str, RunId]:
        settings = self.project.settings.pipeline
        made_from = self.made_from()
        runs = {}
        for name in settings.candidates:
            new = NewRun(
                dataset_id=self.project.dataset_id,
                candidate=name,
                fingerprint=fingerprint(made_from, name),
                label_cutoff=self.cutoff,
                train_size=len(training),
                folds_planned=folds_planned(self.project),
                seed=settings.seed,
                label_set=self._label_set(),
                params={
                    "curve": list(settings.curve),
                    "folds": settings.folds,
                    "repeats": settings.repeats,
                    "split": settings.split,
                    "classes": list(training.classes),
                    "origins": counted(training),
                },
            )
            runs[name] = self.project.store.write(lambda connection, new=new: start_run(connection, new))  # type: ignore[misc]
        return runs

    def _run(self, training: TrainingSet, runs: Mapping[str, RunId]) -> dict[str, float]:
        """Run all folds; gives each candidate's temperature, from messages that it had not seen."""
        settings = self.project.settings.pipeline
        splits = splits_of(self.project, training)
        results = benchmark(
            training.texts,
            training.y,
            training.classes,
            [Candidate.parse(name) for name in settings.candidates],
            splits,
            curve=settings.curve,
            seed=settings.seed,
        )
        planned = len(settings.candidates) * len(splits) * len(settings.curve)
        unseen: dict[str, list[FoldResult]] = {name: [] for name in settings.candidates}
        for number, result in enumerate(results, start=1):
            if result.fraction == 1.0:
                unseen[result.candidate].append(result)
            self._store(training, runs[result.candidate], result, unseen[result.candidate])
            self.tell(number, planned)
        return {name: _temperature(folds, training.y) for name, folds in unseen.items()}

    def _store(self, training: TrainingSet, run_id: RunId, result: FoldResult, unseen: Sequence[FoldResult]) -> None:
        store = self.project.store
        found = list(result.scores)
        if result.fraction == 1.0:
            temperature = _temperature(_newest(unseen), training.y)
            found += self._probability_scores(training, result, temperature)
            said = _said(training, result, temperature)
            for _ in write_paced(store, said, lambda c, piece: add_fold_predictions(c, run_id, result.repeat, piece)):
                pass
        record = FoldRecord(
            repeat=result.repeat,
            fold=result.fold,
            fraction=result.fraction,
            train_size=result.train_size,
            test_size=len(result.test),
            fit_seconds=result.fit_seconds,
            predict_seconds=result.predict_seconds,
            scores=[(score.metric, score.klass or "", score.value) for score in found],
        )
        store.write(lambda connection: add_fold(connection, run_id, record))

    def _probability_scores(self, training: TrainingSet, result: FoldResult, temperature: float) -> Sequence[Score]:
        costs = cost_matrix(training.classes, self.project.settings.pipeline.costs)
        believed = probabilities(result.margins, temperature)
        return probability_scores(training.y[result.test], believed, training.classes, costs)

    def _finish(self, runs: Mapping[str, RunId], *, error: str | None = None) -> None:
        for run_id in runs.values():
            if error is None:
                keep_apart(self.project.store, run_id)
            self.project.store.write(lambda c, run_id=run_id: finish_run(c, run_id, error=error))  # type: ignore[misc]


def _said(training: TrainingSet, result: FoldResult, temperature: float) -> pd.DataFrame:
    """What a fold said of the messages it had not seen, as sure as it may be: rows as the store takes them."""
    classes = np.array(training.classes, dtype=object)
    margins = result.margins / temperature
    said = pd.DataFrame(
        {
            "message_id": training.message_ids[result.test],
            "truth": classes[training.y[result.test]],
            "klass": classes[result.predicted],
            "confidence": confidence(margins, result.predicted),
            "origin": training.origins[result.test],
        }
    )
    return said.assign(margins=to_bytes(margins)) if result.repeat == 0 else said


def _newest(folds: Sequence[FoldResult]) -> Sequence[FoldResult]:
    """The newest folds that have enough messages together: a fold alone may have too few mistakes to tell."""
    messages = 0
    for number, fold in enumerate(reversed(folds), start=1):
        messages += len(fold.test)
        if messages >= CALIBRATED_ON:
            return folds[-number:]
    return folds


def _temperature(folds: Sequence[FoldResult], y: np.ndarray) -> float:
    margins = np.concatenate([fold.margins for fold in folds])
    return fit_temperature(margins, np.concatenate([y[fold.test] for fold in folds]))
