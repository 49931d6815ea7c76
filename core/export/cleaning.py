"""Cleaning steps as a model's file carries them: each by its name, with the sets of characters that it looks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core.cleaning import Step
from core.cleaning.steps.masks import DIGIT
from core.cleaning.steps.punctuation import PUNCTUATION
from core.cleaning.steps.space import REPEATABLE
from core.cleaning.steps.unicode import LONG, MARK, PILE, SHAPED_AFTER, SHAPED_BEFORE, UNSEEN
from core.errors import PipelineError
from core.export.characters import folded, ranges

Facts = dict[str, Any]


def _normal(_step: Step) -> Facts:
    return {"marks": ranges(MARK), "pile": PILE, "long": LONG}


def _controls(_step: Step) -> Facts:
    return {"unseen": ranges(UNSEEN), "before": ranges(SHAPED_BEFORE), "after": ranges(SHAPED_AFTER)}


def _stop_words(step: Step) -> Facts:
    words = sorted({word.casefold() for word in step.model_dump()["words"]})
    return {"words": words, "folded": folded() if words else {}}


CARRIED: Mapping[str, Callable[[Step], Facts]] = {
    "nfc": _normal,
    "nfkc": _normal,
    "controls": _controls,
    "whitespace": lambda _: {},
    "lowercase": lambda _: {},
    "digits": lambda _: {"digits": ranges(DIGIT)},
    "punctuation": lambda _: {"punctuation": ranges(PUNCTUATION)},
    "repeats": lambda step: {"keep": step.model_dump()["keep"], "repeatable": ranges(REPEATABLE)},
    "stop_words": _stop_words,
}
"""The steps that the reference scorers know, and what they need to know of each."""


def carried(steps: Sequence[Step]) -> list[Facts]:
    """The steps as JSON, in their order.

    Raises:
        PipelineError: a step cannot go along.
    """
    unknown = [step.name for step in steps if step.name not in CARRIED]
    if unknown:
        raise PipelineError(
            f"the dictionary cleans with {', '.join(dict.fromkeys(unknown))}, which no scorer outside knows",
            fix=f"Leave it out of 'cleaning' and train again; these can go along: {', '.join(CARRIED)}.",
        )
    return [{"step": step.name, **CARRIED[step.name](step)} for step in steps]
