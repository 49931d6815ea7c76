"""The champion's trial laid out again: the same labelled messages, the same folds, and its scores of them.

Two candidates can be paired fold by fold only on the very same folds. Those of a run are not kept message by message;
they follow from its labels, its texts, its settings and its seed, all of which are on record, and are made again here.
Where they cannot be, it says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import PipelineError
from core.learning import Split
from core.pipeline.made_with import snapshot_of
from core.pipeline.splits import splits_of
from core.pipeline.training import TrainingSet, training_set
from core.project import Project
from core.settings import PipelineSettings
from core.store.queries.models import fold_scores
from core.store.queries.promotions import Promoted, reigning
from core.store.queries.tried_before import KeptRun, kept_run

_ANEW = "'tallyroom run' tries the candidates anew."


class UnsureError(PipelineError):
    """It cannot be told which is better."""

    exit_code = 2


@dataclass(frozen=True, eq=False)
class TriedBefore:
    """The champion's run: its labelled messages, its folds, its macro-F1 of each."""

    champion: Promoted
    training: TrainingSet
    splits: Sequence[Split]
    scores: NDArray[np.float64]
    seed: int
    test_share: float


def champions_trial(project: Project) -> TriedBefore:
    """The champion's trial.

    Raises:
        UnsureError: there is no champion, or its folds cannot be made again; says why.
    """
    with project.store.read() as connection:
        champion = reigning(connection, project.dataset_id)
        if champion is None:
            raise UnsureError("there is no champion to hold the room against", fix="'tallyroom run' trains one.")
        kept = kept_run(connection, champion.run_id)
    training = training_set(project, kept.cutoff)
    _same_labels(champion, training, kept)
    splits = _same_folds(project, champion, training, kept)
    scores = fold_scores(project.store, champion.run_id)
    trained, tested = (sum(sizes) for sizes in zip(*kept.shapes, strict=True))
    return TriedBefore(champion, training, splits, scores, kept.seed, tested / trained)


def _same_labels(champion: Promoted, training: TrainingSet, kept: KeptRun) -> None:
    if list(kept.params.get("classes", training.classes)) != list(training.classes):
        raise UnsureError(f"the room has other classes than when {champion.title} was tried", fix=_ANEW)
    classes = [training.classes[code] for code in training.y.tolist()]
    now = dict(zip(training.message_ids.tolist(), classes, strict=True))
    known = kept.train_size == len(now) and all(now.get(one) == truth for one, truth in kept.said.items())
    labels = kept.snapshot.get("labels")
    if not kept.said or not known or labels not in (None, snapshot_of(training)["labels"]):
        raise UnsureError(
            f"{champion.title} was tried on other labels than these: some were withdrawn, or other ones are trained on",
            fix=_ANEW,
        )


def _same_folds(project: Project, champion: Promoted, training: TrainingSet, kept: KeptRun) -> Sequence[Split]:
    """As the run's own settings had them, whatever the room's are now."""
    folds, split = int(kept.params.get("folds", 0)), str(kept.params.get("split", "random"))
    if folds < 2:
        raise UnsureError(f"{champion.title} was tried on {folds} folds: a test needs two at least")
    if split == "grouped" and kept.snapshot.get("texts") not in (None, snapshot_of(training)["texts"]):
        raise UnsureError(
            f"the texts have been cleaned otherwise since {champion.title} was tried, so other ones are near-copies",
            fix=_ANEW,
        )
    was = {"folds": folds, "repeats": int(kept.params.get("repeats", 1)), "split": split, "seed": kept.seed}
    asked: PipelineSettings = project.settings.pipeline.model_copy(update=was)
    splits = splits_of(project, training, asked)
    if [(len(each.train), len(each.test)) for each in splits] != list(kept.shapes):
        raise UnsureError(f"the folds of {champion.title} cannot be made again", fix=_ANEW)
    return splits
