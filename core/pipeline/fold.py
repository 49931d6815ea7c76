"""truth -> benchmark: one fold, all candidates and all points of their curves, each stored as soon as it is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import luigi
import numpy as np
import pandas as pd

from core.errors import PipelineError
from core.fingerprint import fingerprint
from core.learning import Candidate, FoldResult, Score, benchmark, confidence, to_bytes
from core.learning.calibration import probabilities
from core.learning.probability_metrics import cost_matrix, probability_scores
from core.pipeline import trial as trials
from core.pipeline.splits import folds_planned
from core.pipeline.stage import LineTask, workshop
from core.pipeline.telling import sentence_of, traceback_of
from core.pipeline.trial import Place, Trial
from core.store.models import RunId, RunState
from core.store.paced import write_paced
from core.store.queries.shared_folds import Standing, said_already
from core.store.records.runs import FoldRecord, add_fold, add_fold_predictions, finish_run, reopen_run


class FoldTarget(luigi.Target):
    """The points of all candidates that have not failed, of one fold. The data itself: there is no mark beside it."""

    def __init__(self, room: str, trial: str, place: Place) -> None:
        self._room, self._trial, self._place = room, trial, place

    def exists(self) -> bool:
        """Whether nothing of the fold is left to do."""
        project = workshop.project(self._room)
        settings = project.settings.pipeline
        found = trials.standing(project, self._trial, self._place)
        return trials.is_complete(found, len(settings.candidates), self._place, settings.curve)


class CrossValidate(LineTask):
    """Try every candidate on one fold. One that fails is put on record with its sentence, and passed over."""

    cutoff: int = luigi.IntParameter(description="the last label id that counts")
    trial: str = luigi.Parameter(description="the benchmark's fingerprint")
    repeat: int = luigi.IntParameter()
    fold: int = luigi.IntParameter()

    @property
    def priority(self) -> int:  # type: ignore[override]
        """The first folds first."""
        return -1000 * self.repeat - self.fold

    @property
    def place(self) -> Place:
        """Which fold."""
        return self.repeat, self.fold

    def made_from(self) -> str:
        """The benchmark's, and which fold."""
        return fingerprint("fold", self.trial, self.repeat, self.fold)

    def output(self) -> FoldTarget:
        """The fold's points in the store."""
        return FoldTarget(self.room, self.trial, self.place)

    def work(self) -> Mapping[str, Any]:
        """Compute what is not there yet, and store it piece by piece.

        Raises:
            PipelineError: there is no such fold, or every candidate has failed.
        """
        trial = trial_of(self.room, self.trial, self.cutoff)
        if self.place not in trial.splits:
            raise PipelineError(f"there is no fold {self.fold} of repeat {self.repeat} in these labels")
        runs = trials.begin_runs(self.project, self.trial, self.cutoff, trial.training)
        found = trials.standing(self.project, self.trial, self.place)
        if found and all(each.state == RunState.FAILED for each in found):
            for each in found:  # nobody is left: what was amiss may have been mended
                self.project.store.write(lambda c, run_id=each.run_id: reopen_run(c, run_id))  # type: ignore[misc]
            found = trials.standing(self.project, self.trial, self.place)
        return self._try_all(trial, runs, {each.candidate: each for each in found})

    def _try_all(self, trial: Trial, runs: Mapping[str, RunId], found: Mapping[str, Standing]) -> Mapping[str, Any]:
        settings = self.project.settings.pipeline
        stored = {name: set(each.points) for name, each in found.items()}
        wanted = {(*self.place, fraction) for fraction in settings.curve}
        alive = [name for name in settings.candidates if found[name].state != RunState.FAILED]
        failed = {name: str(found[name].error) for name in settings.candidates if name not in alive}
        left = [name for name in alive if not wanted <= stored[name]]
        done = len(wanted) * (len(alive) - len(left))
        for name, result in self._results(trial, left):
            if isinstance(result, Exception):
                failed[name] = self._fail(runs[name], name, result)
                continue
            point = (result.repeat, result.fold, result.fraction)
            if point not in stored[name]:
                self._store(trial, runs[name], result)
                stored[name].add(point)
            done += 1
            self._tell(done, len(wanted) * len(settings.candidates))
        if len(failed) == len(settings.candidates):
            raise PipelineError(f"no candidate could be tried: {next(iter(failed.values()))}")
        return {"failed": failed}

    def _results(self, trial: Trial, names: Sequence[str]) -> Iterator[tuple[str, FoldResult | Exception]]:
        """Results of these candidates, or of one the error that it ended with."""
        candidates: list[Candidate] = []
        for name in names:
            try:
                candidates.append(Candidate.parse(name))
            except Exception as error:
                yield name, error
        had = set[tuple[str, float]]()
        try:
            for result in self._benchmark(trial, candidates):
                had.add((result.candidate, result.fraction))
                yield result.candidate, result
        except _Raised:
            # Which one it was is not told: each by itself, and none twice.
            for candidate in candidates:
                yield from self._alone(trial, candidate, had)

    def _alone(
        self, trial: Trial, candidate: Candidate, had: set[tuple[str, float]]
    ) -> Iterator[tuple[str, FoldResult | Exception]]:
        curve = self.project.settings.pipeline.curve
        if all((candidate.name, fraction) in had for fraction in curve):
            return
        try:
            for result in self._benchmark(trial, [candidate]):
                if (candidate.name, result.fraction) not in had:
                    yield candidate.name, result
        except _Raised as raised:
            yield candidate.name, raised.error

    def _benchmark(self, trial: Trial, candidates: Sequence[Candidate]) -> Iterator[FoldResult]:
        """The benchmark's results; what it raises comes as `_Raised`, what the store raises does not."""
        settings = self.project.settings.pipeline
        if not candidates:
            return
        results = benchmark(
            trial.training.texts,
            trial.training.y,
            trial.training.classes,
            candidates,
            [trial.splits[self.place]],
            curve=settings.curve,
            seed=settings.seed,
            kept=trial.terms,
        )
        while True:
            try:
                result = next(results)
            except StopIteration:
                return
            except Exception as error:
                raise _Raised(error) from error
            yield result

    def _fail(self, run_id: RunId, name: str, error: Exception) -> str:
        sentence = sentence_of(error)
        self.log(f"{name} failed: {sentence}")
        for line in traceback_of(error):
            self.log(line)
        self.project.store.write(lambda connection: finish_run(connection, run_id, error=sentence))
        return sentence

    def _believed(self, trial: Trial, result: FoldResult, temperature: float) -> Sequence[Score]:
        """What the fold's probabilities are worth."""
        training = trial.training
        costs = cost_matrix(training.classes, self.project.settings.pipeline.costs)
        believed = probabilities(result.margins, temperature)
        return probability_scores(training.y[result.test], believed, training.classes, costs)

    def _tell(self, done: int, of: int) -> None:
        """The fold's progress to the store, the benchmark's to who looks on here."""
        settings = self.project.settings.pipeline
        before = (self.repeat * settings.folds + self.fold) * of
        workshop.progress(self.room)("Benchmark", before + done, folds_planned(self.project) * of)
        if self._hold is not None:
            self._hold.tell(done, of)

    def _store(self, trial: Trial, run_id: RunId, result: FoldResult) -> None:
        store = self.project.store
        temperature, found = None, list(result.scores)
        if result.fraction == 1.0:
            temperature = trial.temperature(store, run_id, result)
            found += self._believed(trial, result, temperature)
            said = _said(trial, result, temperature)
            with store.read() as connection:
                known = said_already(connection, run_id, result.repeat, said["message_id"].tolist())
            missing = said[~said["message_id"].isin(known)]  # all, unless somebody was stopped halfway
            for _ in write_paced(
                store, missing, lambda c, piece: add_fold_predictions(c, run_id, result.repeat, piece)
            ):
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
            temperature=temperature,
        )
        store.write(lambda connection: add_fold(connection, run_id, record))
        if temperature is not None:
            trial.note(run_id, result, temperature)
        self.log(
            f"{result.candidate} on {result.train_size} messages: {result.scores[0].metric} "
            f"{result.scores[0].value:.4f}, {result.fit_seconds + result.predict_seconds:.2f} s"
        )


class _Raised(Exception):  # noqa: N818 - wraps what a candidate raised
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


def trial_of(room: str, trial: str, cutoff: int) -> Trial:
    """What the folds of a benchmark share, read once a process."""
    kept: Trial = workshop.keep(room, trial, lambda: Trial.of(workshop.project(room), cutoff))
    return kept


def _said(trial: Trial, result: FoldResult, temperature: float) -> pd.DataFrame:
    """What a fold said of the messages it had not seen, as sure as it may be: rows as the store takes them."""
    training = trial.training
    classes = np.array(training.classes, dtype=object)
    margins = result.margins / temperature
    said = pd.DataFrame(
        {
            "message_id": training.message_ids[result.test],
            "truth": classes[training.y[result.test]],
            "klass": classes[result.predicted],
            "confidence": confidence(margins, result.predicted),
        }
    )
    return said.assign(margins=to_bytes(margins)) if result.repeat == 0 else said
