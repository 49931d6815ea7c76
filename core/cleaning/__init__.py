"""Cleaning: ordered steps by their registered names, pure. Texts in, texts out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from core.cleaning.step import Step
from core.errors import did_you_mean
from core.registry import Registry
from core.text import storable

STEPS: Registry[Step] = Registry("cleaning step", Step, "core.cleaning.steps")  # type: ignore[type-abstract]

__all__ = ["STEPS", "Step", "build_step", "build_steps", "clean", "storable_texts"]


def build_step(spec: str | dict[str, Any], *, where: str = "") -> Step:
    """A step from a dictionary's entry: its name, or its name with options (`{repeats: {keep: 3}}`).

    Raises:
        UnknownNameError: no step has that name.
        ValueError: an option is unknown or out of range, or the entry is neither; with the sentence to show.
    """
    if isinstance(spec, str):
        return STEPS.get(spec, where=where)()
    if not (isinstance(spec, dict) and len(spec) == 1):
        raise ValueError("a step is its name, or its name with options as in {repeats: {keep: 3}}")
    ((name, options),) = spec.items()
    step = STEPS.get(str(name), where=where)
    if not isinstance(options, dict | None):
        raise ValueError(f"the options of '{name}' are keys with values, as in {{repeats: {{keep: 3}}}}")  # noqa: TRY004 - pydantic's way
    try:
        return step.model_validate(options or {})
    except ValidationError as error:
        raise ValueError(_trouble(step, error)) from None


def build_steps(specs: Sequence[str | dict[str, Any]], *, where: str = "") -> list[Step]:
    """The steps of a dictionary's `cleaning`, in their order; raises as `build_step` does."""
    return [build_step(spec, where=where) for spec in specs]


def clean(texts: Sequence[str], steps: Sequence[Step]) -> list[str]:
    """The texts after all steps, in their order; always storable."""
    cleaned = list(texts)
    for step in steps:
        cleaned = step.apply(cleaned)
    return storable_texts(cleaned)


def storable_texts(texts: list[str]) -> list[str]:
    """Each text as `core.text.storable` makes it. Looks at all of them at once: nearly always nothing is to be done."""
    together = "".join(texts)
    if together.isascii() and "\0" not in together:
        return texts
    try:
        together.encode("utf-8")  # fails at a lone surrogate, and at nothing else
    except UnicodeEncodeError:
        return [storable(text) for text in texts]
    return [storable(text) for text in texts] if "\0" in together else texts


def _trouble(step: type[Step], error: ValidationError) -> str:
    first = error.errors()[0]
    option = ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        known = step.model_fields
        return f"'{step.name}' has no option '{option}'. {did_you_mean(option, known) or 'It has none.'}"
    return f"'{option}' of '{step.name}': {first['msg'].removeprefix('Value error, ')}"
