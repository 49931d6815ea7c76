"""How much of a training set's truth came from whom, and how good a run is on what each of them said."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict

import numpy as np

from core.learning.by_origin import apart
from core.pipeline.training import TrainingSet
from core.store import Store
from core.store.models import PRECEDENCE, Origin, RunId
from core.store.queries.live import confusion
from core.store.records.runs import add_params
from core.store.rollups import FOLDS_OF


def counted(training: TrainingSet) -> dict[str, dict[str, int]]:
    """Messages by the origin of their label, people first, and class; what there is none of is left out."""
    names = np.array(training.classes, dtype=object)[training.y] if len(training) else []
    cells = Counter(zip(map(str, training.origins), names, strict=True))
    found: dict[str, dict[str, int]] = {}
    for origin in PRECEDENCE:
        classes = {klass: cells[origin, klass] for klass in training.classes if cells[origin, klass]}
        if classes:
            found[str(origin)] = classes
    return found


def weighed(training: TrainingSet) -> dict[str, float]:
    """As `weak_weight` what labels by rules weigh on average; nothing where all labels weigh the same."""
    if training.weights is None:
        return {}
    return {"weak_weight": round(float(training.weights[training.origins == Origin.RULE].mean()), 4)}


def keep_apart(store: Store, run_id: RunId) -> None:
    """Keep with a finished run how good it is on the messages of each origin apart."""
    with store.read() as connection:
        cells = {origin: confusion(connection, run_id, against) for origin, against in FOLDS_OF.items()}
    scores = {origin: asdict(apart(counts)) for origin, counts in cells.items() if counts}
    store.write(lambda connection: add_params(connection, run_id, {"apart": scores}))
