"""Why a model said what it said, word by word of the text that a person reads.

What explains takes seconds to import (scikit-learn, the rules' engine), so a server that starts does not wait for it:
it is imported beside the first pages, and messages that are handed out meanwhile come unexplained.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import import_module
from typing import TYPE_CHECKING

from core import Project
from core.errors import PipelineError, TallyroomError
from core.store.models import RunId
from core.store.queries.models import candidate_version, has_model, model_content

if TYPE_CHECKING:
    from core.cleaning import Step
    from core.learning import Model
    from core.rules import Scanner

MOST_WORDS = 6
LEAST_SHARE = 0.08
MOST_KEPT = 4_096  # explanations; a message in somebody's hands is sent to the page several times
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
        self._loaded: dict[int, Model | None] = {}
        self._lock = threading.Lock()
        self._one_at_a_time = threading.Lock()
        self._marks = lru_cache(MOST_KEPT)(self._explain)
        self._hits = lru_cache(MOST_KEPT)(self._scan)
        self._warming: threading.Thread | None = None

    def warm(self, after: float) -> None:
        """Import, beside the running server and `after` seconds, what explains; until then nothing is explained."""
        work = (self._project, after)
        self._warming = threading.Thread(target=_import_all, args=work, name="explainer-warm", daemon=True)
        self._warming.start()

    @property
    def warmed(self) -> bool:
        """Whether it can explain at once."""
        return self._warming is None or not self._warming.is_alive()

    def title(self, run_id: int) -> str:
        """A run's title, such as `char-svc v3`."""
        if run_id not in self._titles:
            self._titles[run_id] = candidate_version(self._project.store, RunId(run_id))
        return self._titles[run_id]

    def _model(self, run_id: int) -> Model | None:
        with self._lock:
            if run_id not in self._loaded:
                if not has_model(self._project.store, RunId(run_id)):
                    return None
                while len(self._loaded) >= MOST_MODELS:
                    del self._loaded[next(iter(self._loaded))]
                self._loaded[run_id] = self._read(run_id)
            return self._loaded[run_id]

    def _read(self, run_id: int) -> Model | None:
        from core.learning import Model

        try:
            return Model.from_bytes(model_content(self._project.store, RunId(run_id)))
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
        if not self.warmed or self._model(run_id) is None:
            return []
        return list(self._marks(run_id, body, klass))

    def _explain(self, run_id: int, body: str, klass: str) -> tuple[Mark, ...]:
        model = self._model(run_id)
        assert model is not None, "asked before"
        from core.cleaning import clean
        from core.learning.terms import split_words

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
        return tuple(
            Mark(start, end, weight > 0)
            for weight, start, end in sorted(strongest, key=lambda item: item[1])
            if abs(weight) > floor
        )

    @cached_property
    def _scanner(self) -> Scanner | None:
        try:
            return self._project.scanner()
        except TallyroomError:
            return None  # a broken rule file stops the pipeline, which tells; the desk goes on

    def rules(self, text: str) -> list[tuple[str, str]]:
        """The rules that hit a text, as (name, class)."""
        return list(self._hits(text)) if self.warmed else []

    def _scan(self, text: str) -> tuple[tuple[str, str], ...]:
        with self._one_at_a_time:  # an automaton has one scratch space: two threads in it, and Vectorscan refuses
            scanner = self._scanner
            if scanner is None:
                return ()
            hits = scanner.scan([text]).matrix.indices
        rules = scanner.ruleset.rules
        return tuple((rules[number].name, rules[number].klass) for number in sorted(hits))


def _import_all(project: Project, after: float) -> None:
    time.sleep(after)
    for module in ("core.learning", "core.rules"):
        import_module(module)
    try:
        project.dictionary()  # the steps that clean
    except TallyroomError as error:
        log.warning("the dictionary cannot be read, so nothing is explained: %s", error)
