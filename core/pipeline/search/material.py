"""truth -> search: what all workers of a search share, each made by itself from the store, and equal everywhere."""

from __future__ import annotations

import numpy as np

from core.fingerprint import fingerprint
from core.learning.search import Material
from core.pipeline.splits import splits_of
from core.pipeline.stage import CODE_VERSION
from core.pipeline.training import TrainingSet, frozen, origins, training_set
from core.pipeline.weak_weights import weighing
from core.project import Project

VERSION = 1
"""Raise it when a trial would come out otherwise: trials of another version are not gone on from."""


def material(project: Project, cutoff: int) -> tuple[TrainingSet, Material]:
    """The training set up to a label id, and the folds that all trials share: the benchmark's of its first repeat."""
    training = training_set(project, cutoff)
    splits = [split for split in splits_of(project, training) if split.repeat == 0]
    documents = np.array(training.texts, dtype=object)
    seed = project.settings.pipeline.seed
    return training, Material(documents, training.y, training.classes, splits, seed, training.weights)


def made_from(project: Project, cutoff: int) -> str:
    """The fingerprint of the labels, the cleaning, the folds and the seed: searches of one go on from one another."""
    trial = {"train_on", "train_limit", "folds", "split", "seed"}
    settings = project.settings.pipeline.model_dump(mode="json", include=trial)
    labels = frozen(project)
    return fingerprint(
        "search",
        VERSION,
        CODE_VERSION,
        project.dictionary().fingerprint,
        project.classes,
        cutoff,
        settings,
        *([] if labels is None else [labels.fingerprint]),
        *weighing(project, origins(project)),
    )
