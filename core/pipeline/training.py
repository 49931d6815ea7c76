"""truth -> training set: which labels, up to where, and when there are enough new ones to begin again."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.errors import PipelineError
from core.pipeline.weak_weights import weights_of
from core.project import Project
from core.store.models import Origin
from core.store.queries.training import (
    FrozenLabels,
    frozen_labels,
    labelled,
    labels_since,
    last_cutoff,
    last_train_size,
    newest_label,
)


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Labelled messages in order of their ids: n texts, n class codes into `classes`, n origins of the labels.

    `weights`: what each weighs in training; None where all weigh the same.
    """

    message_ids: np.ndarray
    texts: list[str]
    y: np.ndarray
    classes: tuple[str, ...]
    origins: np.ndarray
    weights: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.texts)


def frozen(project: Project) -> FrozenLabels | None:
    """The frozen set that the room trains on, or None where it trains on the labels of now.

    Raises:
        UnknownNameError: the settings name a set that is not there.
    """
    name = project.settings.pipeline.label_set
    return frozen_labels(project.store, project.dataset_id, name) if name else None


def origins(project: Project) -> tuple[Origin, ...]:
    """Whose labels train this room's models."""
    if (labels := frozen(project)) is not None:
        return labels.origins
    return tuple(Origin(name) for name in project.settings.pipeline.train_on)


def choose_cutoff(project: Project, *, due: bool = False) -> int:
    """The label id up to which models are trained now.

    It stays where the last benchmark had it until `retrain_after` new labels have come, or `retrain_share` of those
    there were, or where it is `due`, a single one; so a run with nothing new has nothing to do. 0 where there are no
    labels at all. A frozen set's stays for good.
    """
    if (labels := frozen(project)) is not None:
        return labels.label_cutoff
    store = project.store
    last = last_cutoff(store, project.dataset_id)
    enough = 1 if last == 0 or due else _enough(project)
    if labels_since(store, last, origins(project), enough) < enough:
        return last
    return newest_label(store)


def _enough(project: Project) -> int:
    """How many new labels bring a new training."""
    settings = project.settings.pipeline
    share = settings.retrain_share and settings.retrain_share * last_train_size(project.store, project.dataset_id)
    return max(settings.retrain_after, math.ceil(share))


def training_set(project: Project, cutoff: int) -> TrainingSet:
    """The labelled messages up to a label id, `train_limit` at most: people's first, then a fixed sample of the rest.

    Raises:
        PipelineError: a label names a class that the room does not have.
    """
    pages = list(labelled(project.store, project.dataset_id, cutoff, origins(project)))
    if not pages:
        return TrainingSet(
            np.array([], dtype=np.int64), [], np.array([], dtype=np.int64), project.classes, np.array([], object)
        )
    rows = _limited(pd.concat(pages, ignore_index=True), project.settings.pipeline.train_limit)
    codes = {klass: code for code, klass in enumerate(project.classes)}
    unknown = sorted(set(rows["klass"]) - set(codes))
    if unknown:
        raise PipelineError(
            f"labels in the store name {', '.join(map(repr, unknown))}",
            where="[room] classes",
            fix="Add the class to the room's classes, or withdraw those labels.",
        )
    return TrainingSet(
        rows["message_id"].to_numpy(np.int64),
        rows["text"].tolist(),
        rows["klass"].map(codes).to_numpy(np.int64),
        project.classes,
        rows["origin"].to_numpy(object),
        weights_of(project, cutoff, rows),
    )


def _limited(rows: pd.DataFrame, limit: int) -> pd.DataFrame:
    """The rows that fit: verdicts before all others, and of the others those with the smallest scrambled id."""
    if len(rows) <= limit:
        return rows
    ids = rows["message_id"].to_numpy(np.uint64)
    # Multiplying by an odd number permutes the 64-bit integers: a sample that a new message does not change.
    scrambled = ids * np.uint64(0x9E3779B97F4A7C15)
    others = (rows["origin"] != Origin.VERDICT).to_numpy()
    chosen = np.lexsort((scrambled, others))[:limit]
    return rows.iloc[np.sort(chosen)].reset_index(drop=True)
