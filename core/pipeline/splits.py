"""training set -> folds: made once for a state of the labels, and shared by all that is tried on it."""

from __future__ import annotations

import numpy as np

from core.learning import Split, by_time, grouped_stratified, near_copies, repeated_stratified
from core.pipeline.training import TrainingSet
from core.project import Project
from core.settings import PipelineSettings
from core.store.queries.training import sent_times


def folds_planned(project: Project) -> int:
    """How many folds a candidate is tried on."""
    settings = project.settings.pipeline
    return settings.folds if settings.split == "time" else settings.folds * settings.repeats


def splits_of(project: Project, training: TrainingSet, asked: PipelineSettings | None = None) -> list[Split]:
    """The folds of a training set, as `[pipeline] split` wants them; the same set gives the same folds anywhere.

    `asked`: settings instead of the room's own.

    Raises:
        PipelineError: there are too few messages of a class, or too few that differ.
    """
    settings, classes = asked or project.settings.pipeline, training.classes
    if settings.split == "time":
        times = sent_times(project.store, training.message_ids)
        return by_time(times, training.y, folds=settings.folds, classes=classes)
    if settings.split == "random":
        return naive_splits(project, training, settings)
    return grouped_stratified(
        training.y,
        near_copies(training.texts),
        folds=settings.folds,
        repeats=settings.repeats,
        seed=settings.seed,
        classes=classes,
    )


def naive_splits(project: Project, training: TrainingSet, asked: PipelineSettings | None = None) -> list[Split]:
    """Folds that look at classes only, so that copies of a message may lie on both sides."""
    settings = asked or project.settings.pipeline
    return repeated_stratified(
        np.asarray(training.y),
        folds=settings.folds,
        repeats=settings.repeats,
        seed=settings.seed,
        classes=training.classes,
    )
