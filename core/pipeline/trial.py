"""A benchmark's candidates on trial: their runs in the store, and what all folds of it share in this process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import Connection

from core.fingerprint import fingerprint
from core.learning import FoldResult, fit_temperature, from_bytes, to_bytes
from core.pipeline.made_with import beginning
from core.pipeline.origins import counted, weighed
from core.pipeline.splits import folds_planned, splits_of
from core.pipeline.training import TrainingSet, frozen, training_set
from core.project import Project
from core.store import Store
from core.store.models import RunId, RunState
from core.store.queries.shared_folds import Standing, kept_margins, standing_of, temperatures
from core.store.records.runs import NewRun, note_made_with, start_run

if TYPE_CHECKING:
    from core.learning.splits import Split

CALIBRATED_ON = 20_000
"""Messages at least, where there are as many, that say how sure a fold may be."""
GIVEN_UP = frozenset({RunState.FAILED, RunState.STOPPED})
"""A run that needs no further fold."""
Place = tuple[int, int]
"""A fold: which repeat, which fold of it."""


@dataclass(slots=True)
class Trial:
    """What the folds of a benchmark share: the texts, the splits, the margins seen so far."""

    training: TrainingSet
    splits: Mapping[Place, Split]
    margins: dict[RunId, dict[Place, np.ndarray]] = field(default_factory=dict)

    @classmethod
    def of(cls, project: Project, cutoff: int) -> Trial:
        """Read the labelled messages up to a label id, and split them.

        Raises:
            PipelineError: there are too few of them.
        """
        training = training_set(project, cutoff)
        return cls(training, {(split.repeat, split.fold): split for split in splits_of(project, training)})

    def note(self, run_id: RunId, result: FoldResult, temperature: float) -> None:
        """Remember a fold's margins, to the digits that the store keeps."""
        kept = from_bytes(to_bytes(result.margins / temperature), result.margins.shape[1])
        self.margins.setdefault(run_id, {})[result.repeat, result.fold] = kept.astype(np.float64) * temperature

    def temperature(self, store: Store, run_id: RunId, result: FoldResult) -> float:
        """How sure a fold may be: by itself and other folds, since one alone may have too few mistakes to tell."""
        margins, truth = [result.margins], [self.training.y[result.test]]
        enough = len(result.test)
        for place in self._others(store, run_id, (result.repeat, result.fold)):
            if enough >= CALIBRATED_ON:
                break
            margins.append(self._of(store, run_id, place))
            truth.append(self._truth(place, margins[-1]))
            enough += len(margins[-1])
        return fit_temperature(np.concatenate(margins), np.concatenate(truth))

    def whole_temperature(self, store: Store, run_id: RunId) -> float:
        """A run's temperature, from what it said of every message of the first repeat before it had seen it.

        To six digits: margins are kept on the scale of their fold, which depends a little on which was tried first.
        """
        places = sorted(place for place in self.splits if place[0] == 0)
        margins = [self._of(store, run_id, place) for place in places]
        truth = [self._truth(place, each) for place, each in zip(places, margins, strict=True)]
        return float(f"{fit_temperature(np.concatenate(margins), np.concatenate(truth)):.6g}")

    def _others(self, store: Store, run_id: RunId, but: Place) -> list[Place]:
        """Folds of a run whose margins are there, here or in the store; the nearest of the same repeat first."""
        here = self.margins.get(run_id, {})
        with store.read() as connection:
            stored = [place for place in temperatures(connection, run_id) if place[0] == 0]
        found = {*here, *stored} - {but}
        return sorted(found, key=lambda place: (place[0] != but[0], -place[0], abs(place[1] - but[1]), place[1]))

    def _of(self, store: Store, run_id: RunId, place: Place) -> np.ndarray:
        """A fold's margins: kept here, or read from what another process stored."""
        here = self.margins.setdefault(run_id, {})
        if place not in here:
            ids = self.training.message_ids[self.splits[place].test].tolist()
            with store.read() as connection:
                kept = kept_margins(connection, run_id, ids)
                temperature = temperatures(connection, run_id).get(place, 1.0)
            rows = from_bytes([kept[each] for each in ids], len(self.training.classes))
            here[place] = rows.astype(np.float64) * temperature
        return here[place]

    def _truth(self, place: Place, margins: np.ndarray) -> np.ndarray:
        truth: np.ndarray = self.training.y[self.splits[place].test]
        assert len(truth) == len(margins)
        return truth


def places(project: Project) -> list[Place]:
    """The folds that there will be."""
    folds = project.settings.pipeline.folds
    return [divmod(number, folds) for number in range(folds_planned(project))]


def run_fingerprints(trial: str, candidates: Sequence[str]) -> list[str]:
    """The fingerprints of a benchmark's runs, in the order of the candidates."""
    return [fingerprint(trial, name) for name in candidates]


def standing(project: Project, trial: str, candidates: Sequence[str], place: Place | None = None) -> list[Standing]:
    """The runs of a benchmark that were begun; with the points of all folds, or of one."""
    with project.store.read() as connection:
        return standing_of(connection, run_fingerprints(trial, candidates), only=place)


def begin_runs(
    project: Project, trial: str, candidates: Sequence[str], cutoff: int, training: TrainingSet
) -> dict[str, RunId]:
    """The run of each candidate, begun where it was not; by the candidate's name."""
    settings = project.settings.pipeline
    labels = frozen(project)
    begun = {each.candidate: each.run_id for each in standing(project, trial, candidates, (0, 0))}
    if len(begun) == len(candidates):
        return begun
    facts = beginning(project, training, cutoff)
    runs = {}
    for name, made_from in zip(candidates, run_fingerprints(trial, candidates), strict=True):
        new = NewRun(
            dataset_id=project.dataset_id,
            candidate=name,
            fingerprint=made_from,
            label_cutoff=cutoff,
            train_size=len(training),
            folds_planned=folds_planned(project),
            seed=settings.seed,
            label_set=None if labels is None else labels.fingerprint,
            params={
                "benchmark": trial,
                "curve": list(settings.curve),
                "folds": settings.folds,
                "repeats": settings.repeats,
                "split": settings.split,
                "classes": list(training.classes),
                "origins": counted(training),
                **weighed(training),
            },
        )
        runs[name] = project.store.write(lambda connection, new=new: _begin(connection, new, facts))  # type: ignore[misc]
    return runs


def _begin(connection: Connection, new: NewRun, facts: Mapping[str, Any]) -> RunId:
    """Begin a run, and keep what it is made from."""
    run_id = start_run(connection, new)
    note_made_with(connection, run_id, facts)
    return run_id


def is_complete(found: Sequence[Standing], candidates: int, place: Place, curve: Sequence[float]) -> bool:
    """Whether every candidate that is not given up has all points of a fold; with none left, nothing is complete."""
    alive = [each for each in found if each.state not in GIVEN_UP]
    wanted = {(*place, fraction) for fraction in curve}
    return len(found) == candidates and bool(alive) and all(wanted <= each.points for each in alive)
