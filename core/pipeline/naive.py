"""fit -> what a naive split would have said: the chosen candidate once more, on folds that look at classes only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import luigi
import numpy as np

from core.fingerprint import fingerprint
from core.learning import benchmark, candidate_of
from core.pipeline.fit import Fit
from core.pipeline.splits import naive_splits
from core.pipeline.stage import CODE_VERSION, StageTask
from core.pipeline.training import training_set
from core.store.queries.folds import MACRO_F1


class NaiveSplit(StageTask):
    """How far near-copies on both sides would flatter the chosen candidate; nothing where folds are naive anyway."""

    cutoff: int = luigi.IntParameter(description="the last label id that counts")
    candidates: tuple[str, ...] = luigi.TupleParameter(description="who is on trial")

    def requires(self) -> Fit:
        """The choice among the candidates."""
        return Fit(room=self.room, cutoff=self.cutoff, candidates=self.candidates)

    def made_from(self) -> str:
        """What the choice is made from."""
        return fingerprint("naive", CODE_VERSION, self.requires().made_from())

    def work(self) -> Mapping[str, Any]:
        """Cross-validate it; gives its run, and the mean macro-F1 that a naive split finds (None where it is one)."""
        chosen, settings = self.requires().result(), self.project.settings.pipeline
        if settings.split == "random":
            return {"run": chosen["run"], "naive_macro_f1": None}
        training = training_set(self.project, self.cutoff)
        splits = naive_splits(self.project, training)
        candidate = candidate_of(chosen["candidate"])
        found = []
        tried = benchmark(
            training.texts,
            training.y,
            training.classes,
            [candidate],
            splits,
            seed=settings.seed,
            weights=training.weights,
        )
        for result in tried:
            found += [score.value for score in result.scores if score.metric == MACRO_F1 and score.klass is None]
            self.tell(len(found), len(splits))
        return {"run": chosen["run"], "naive_macro_f1": float(np.mean(found))}
