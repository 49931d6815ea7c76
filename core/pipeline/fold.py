"""truth -> benchmark: one fold, all candidates and all points of their curves, each stored as soon as it is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

import luigi
import numpy as np
import pandas as pd

from core.errors import PipelineError
from core.fingerprint import fingerprint
from core.learning import (
    AnyCandidate,
    FailedFold,
    FoldResult,
    Score,
    candidate_of,
    confidence,
    hopeless,
    to_bytes,
    trials,
)
from core.learning.calibration import probabilities
from core.learning.probability_metrics import cost_matrix, probability_scores
from core.pipeline import trial as trial_runs
from core.pipeline.on_trial import matrix_cache
from core.pipeline.splits import folds_planned
from core.pipeline.stage import LineTask
from core.pipeline.telling import sentence_of, traceback_of
from core.pipeline.trial import GIVEN_UP, Place, Trial
from core.pipeline.workshop import workshop
from core.store.models import RunId, RunState
from core.store.paced import write_paced
from core.store.queries.shared_folds import Standing, said_already, scores_so_far
from core.store.records.runs import FoldRecord, add_fold, add_fold_predictions, finish_run, reopen_run, stop_run


class FoldTarget(luigi.Target):
    """The points of all candidates that have not failed, of one fold. The data itself: there is no mark beside it."""

    def __init__(self, room: str, trial: str, candidates: Sequence[str], place: Place) -> None:
        self._room, self._trial, self._candidates, self._place = room, trial, candidates, place

    def exists(self) -> bool:
        """Whether nothing of the fold is left to do."""
        project = workshop.project(self._room)
        settings = project.settings.pipeline
        found = trial_runs.standing(project, self._trial, self._candidates, self._place)
        return trial_runs.is_complete(found, len(self._candidates), self._place, settings.curve)


class CrossValidate(LineTask):
    """Try every candidate on one fold. One that fails is put on record with its sentence, and passed over."""

    cutoff: int = luigi.IntParameter(description="the last label id that counts")
    trial: str = luigi.Parameter(description="the fingerprint of the folds and all that is done on them")
    candidates: tuple[str, ...] = luigi.TupleParameter(description="who is on trial")
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
        return fingerprint("fold", self.trial, self.candidates, self.repeat, self.fold)

    def output(self) -> FoldTarget:
        """The fold's points in the store."""
        return FoldTarget(self.room, self.trial, self.candidates, self.place)

    def work(self) -> Mapping[str, Any]:
        """Compute what is not there yet, and store it piece by piece.

        Raises:
            PipelineError: there is no such fold, or every candidate has failed.
        """
        trial = trial_of(self.room, self.trial, self.cutoff)
        if self.place not in trial.splits:
            raise PipelineError(f"there is no fold {self.fold} of repeat {self.repeat} in these labels")
        runs = trial_runs.begin_runs(self.project, self.trial, self.candidates, self.cutoff, trial.training)
        found = trial_runs.standing(self.project, self.trial, self.candidates, self.place)
        if found and all(each.state == RunState.FAILED for each in found):
            for each in found:  # nobody is left: what was amiss may have been mended
                self.project.store.write(lambda c, run_id=each.run_id: reopen_run(c, run_id))  # type: ignore[misc]
            found = trial_runs.standing(self.project, self.trial, self.candidates, self.place)
        if self.project.settings.pipeline.race and self._stop_hopeless(trial, runs, found):
            found = trial_runs.standing(self.project, self.trial, self.candidates, self.place)
        return self._try_all(trial, runs, {each.candidate: each for each in found})

    def _try_all(self, trial: Trial, runs: Mapping[str, RunId], found: Mapping[str, Standing]) -> Mapping[str, Any]:
        settings = self.project.settings.pipeline
        stored = {name: set(each.points) for name, each in found.items()}
        wanted = {(*self.place, fraction) for fraction in settings.curve}
        alive = [name for name in self.candidates if found[name].state not in GIVEN_UP]
        failed = {name: str(each.error) for name, each in found.items() if each.state == RunState.FAILED}
        left = [name for name in alive if not wanted <= stored[name]]
        done = len(wanted) * (len(alive) - len(left))
        for name, result in self._results(trial, left):
            self.check()  # what is stored would make a fold that was cancelled in its last fit a fold that is done
            if isinstance(result, Exception):
                if name not in failed:  # once, however many points of the curve it would have had
                    failed[name] = self._fail(runs[name], name, result)
                continue
            point = (result.repeat, result.fold, result.fraction)
            if point not in stored[name]:
                self._store(trial, runs[name], result)
                stored[name].add(point)
            done += 1
            self._tell(done, len(wanted) * len(self.candidates))
        if len(failed) == len(self.candidates):
            raise PipelineError(f"no candidate could be tried: {next(iter(failed.values()))}")
        return {"failed": failed}

    def _results(self, trial: Trial, names: Sequence[str]) -> Iterator[tuple[str, FoldResult | Exception]]:
        """Results of these candidates, or of one the error that it ended with."""
        settings, training = self.project.settings.pipeline, trial.training
        called: dict[AnyCandidate, list[str]] = {}  # the settings may name one twice, with and without its usual values
        for name in names:
            try:
                called.setdefault(candidate_of(name), []).append(name)
            except Exception as error:
                yield name, error
        if not called:
            return
        outcomes = trials(
            training.texts,
            training.y,
            training.classes,
            list(called),
            [trial.splits[self.place]],
            curve=settings.curve,
            seed=settings.seed,
            cache=matrix_cache(self.project),
            weights=training.weights,
            pool=workshop.worker(self.room).pool(),
            look=self.check,
        )
        names_of = {candidate.name: of_it for candidate, of_it in called.items()}
        with closing(outcomes):
            for outcome in outcomes:
                for name in names_of[outcome.candidate]:
                    if isinstance(outcome, FailedFold):
                        yield name, outcome.error
                    elif isinstance(outcome, FoldResult):
                        yield name, outcome

    def _stop_hopeless(self, trial: Trial, runs: Mapping[str, RunId], found: Sequence[Standing]) -> bool:
        """End the runs that need no further fold, by the folds that all have so far; whether there were any."""
        settings = self.project.settings.pipeline
        alive = [each.candidate for each in found if each.state not in GIVEN_UP]
        with self.project.store.read() as connection:
            scores = {name: scores_so_far(connection, runs[name]) for name in alive}
        common = sorted(set.intersection(*(set(of) for of in scores.values()))) if scores else []
        reasons = hopeless(
            {name: [of[place] for place in common] for name, of in scores.items()},
            planned=len(trial.splits),
            folds=settings.folds,
            rivals=len(self.candidates) - 1,
        )
        for name, reason in reasons.items():
            self.log(f"{name} is stopped: {reason}")
            self.project.store.write(lambda c, run_id=runs[name], why=reason: stop_run(c, run_id, why))  # type: ignore[misc]
        return bool(reasons)

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
            "origin": training.origins[result.test],
        }
    )
    return said.assign(margins=to_bytes(margins)) if result.repeat == 0 else said
