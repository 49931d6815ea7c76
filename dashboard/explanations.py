"""Why a model said what it said, word by word of the text that a person reads."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from functools import cached_property

from core import Project
from core.cleaning import Step, clean
from core.errors import PipelineError, TallyroomError
from core.learning import LinearModel
from core.learning.terms import split_words
from core.rules import Scanner
from core.store.models import RunId
from core.store.queries.models import candidate_version, has_model, model_content

MOST_WORDS = 6
LEAST_SHARE = 0.08
MOST_MODELS = 2  # the champion, and the one before it: after a promotion people still hold messages that it predicted
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Mark:
    """A word of a body, by code points from `start` to before `end`; `towards` the class predicted, or away."""

    start: int
    end: int
    towards: bool


class Explainer:
    """Explains predictions of fitted models; each model is loaded once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._titles: dict[int, str] = {}
        self._loaded: dict[int, LinearModel | None] = {}
        self._lock = threading.Lock()

    def title(self, run_id: int) -> str:
        """A run's title, such as `char-svc v3`."""
        if run_id not in self._titles:
            self._titles[run_id] = candidate_version(self._project.store, RunId(run_id))
        return self._titles[run_id]

    def _model(self, run_id: int) -> LinearModel | None:
        with self._lock:
            if run_id not in self._loaded:
                if not has_model(self._project.store, RunId(run_id)):
                    return None
                while len(self._loaded) >= MOST_MODELS:
                    del self._loaded[next(iter(self._loaded))]
                self._loaded[run_id] = self._read(run_id)
            return self._loaded[run_id]

    def _read(self, run_id: int) -> LinearModel | None:
        try:
            return LinearModel.from_bytes(model_content(self._project.store, RunId(run_id)))
        except PipelineError as error:  # an older version's, say: said once, and the desk goes on without
            log.warning("run %s cannot be explained: %s", run_id, error)
            return None

    @cached_property
    def _steps(self) -> tuple[Step, ...]:
        return tuple(self._project.dictionary().steps)

    def marks(self, run_id: int, body: str, klass: str) -> list[Mark]:
        """The few words of `body` that moved the model most, towards `klass` or away from it.

        The model reads cleaned text; a word of the body is marked by what it is after cleaning. None where the run's
        model is not kept.
        """
        model = self._model(run_id)
        if model is None:
            return []
        spans = split_words(body)
        cleaned = clean([body[start:end] for start, end in spans], self._steps)
        text = " ".join(word for word in cleaned if word)
        weights = [span.weight for span in model.explain(text, model.classes.index(klass))]
        pieces = [len(word.split()) for word in cleaned]
        found: list[tuple[float, int, int]] = []
        at = 0
        for (start, end), count in zip(spans, pieces, strict=True):
            found.append((sum(weights[at : at + count]), start, end))
            at += count
        floor = LEAST_SHARE * sum(abs(weight) for weight, _, _ in found)
        strongest = sorted(found, key=lambda item: -abs(item[0]))[:MOST_WORDS]
        return [
            Mark(start, end, weight > 0)
            for weight, start, end in sorted(strongest, key=lambda item: item[1])
            if abs(weight) > floor
        ]

    @cached_property
    def _scanner(self) -> Scanner | None:
        try:
            return self._project.scanner()
        except TallyroomError:
            return None  # a broken rule file stops the pipeline, which tells; the desk goes on

    def rules(self, text: str) -> list[tuple[str, str]]:
        """The rules that hit a text, as (name, class)."""
        scanner = self._scanner
        if scanner is None:
            return []
        hits = scanner.scan([text]).matrix.indices
        return [(scanner.ruleset.rules[number].name, scanner.ruleset.rules[number].klass) for number in sorted(hits)]
