"""What labels by rules weigh in training: the less, the less often their rule is right.

A label weighs `[pipeline] weak_weight` times how far its rule is better than guessing; people's and imported ones weigh
1. How often each rule was held to be right is kept with the cut-off when it is first trained on, so that the same
cut-off gives the same weights in any process, and later, whatever is known of the rules by then.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.fingerprint import fingerprint
from core.pipeline.rule_accuracies import accuracies_by_rule
from core.project import Project
from core.rules.label_model import USUAL
from core.store.models import Origin
from core.store.records.stages import done, keep_first

NAME = "WeakWeights"
LEAST = 0.01
"""A label by a rule that is no better than guessing weighs next to nothing, but a class stays where only it has one."""
WAY = "over chance"
"""How weights come about; another word here, and what they decide is made anew."""


def weighing(project: Project, origins: tuple[Origin, ...]) -> list[object]:
    """What weights are made from beside the labels, for a fingerprint; empty where all labels weigh the same."""
    settings = project.settings.pipeline
    if Origin.RULE not in origins or (settings.weak_weight == 1 and not settings.weak_by_accuracy):
        return []
    return ["weak weights", WAY if settings.weak_by_accuracy else "", settings.weak_weight]


def weights_of(project: Project, cutoff: int, labels: pd.DataFrame) -> np.ndarray | None:
    """(n,) weights of n labels with their `origin` and `origin_ref`; None where all weigh the same."""
    settings = project.settings.pipeline
    weak = (labels["origin"] == Origin.RULE).to_numpy()
    if not weak.any() or not weighing(project, (Origin.RULE,)):
        return None
    weights = np.where(weak, settings.weak_weight, 1.0)
    if settings.weak_by_accuracy:
        kept = _accuracies(project, cutoff)
        said = labels.loc[weak, "origin_ref"].map(lambda rule: kept.get(rule, USUAL)).to_numpy(np.float64)
        weights[weak] *= over_chance(said, len(project.classes))
    return weights


def over_chance(accuracies: np.ndarray, k: int) -> np.ndarray:
    """How far n rules are better than guessing among k classes: 1 for one that is always right."""
    return np.maximum(LEAST, (k * accuracies - 1.0) / (k - 1.0))


def _accuracies(project: Project, cutoff: int) -> dict[str, float]:
    """How often each rule was held to be right when this cut-off was first trained on."""
    key = fingerprint(NAME, int(project.dataset_id), cutoff)
    with project.store.read() as connection:
        kept = done(connection, key)
    if kept is None:
        now = {"accuracies": accuracies_by_rule(project)}
        kept = project.store.write(lambda connection: keep_first(connection, NAME, key, now))
    return dict(kept["accuracies"])
