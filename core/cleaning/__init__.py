"""Cleaning: ordered steps by their registered names, pure. Texts in, texts out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.cleaning.step import Step
from core.registry import Registry
from core.text import storable

STEPS: Registry[Step] = Registry("cleaning step", Step, "core.cleaning.steps")  # type: ignore[type-abstract]

__all__ = ["STEPS", "Step", "build_step", "clean"]


def build_step(spec: str | dict[str, Any], *, where: str = "") -> Step:
    """A step from a dictionary's entry: its name, or its name with options (`{repeats: {keep: 3}}`).

    Raises:
        UnknownNameError: no step has that name.
        pydantic.ValidationError: an option is unknown or out of range.
        ValueError: the entry is neither.
    """
    if isinstance(spec, str):
        return STEPS.get(spec, where=where)()
    if isinstance(spec, dict) and len(spec) == 1:
        ((name, options),) = spec.items()
        return STEPS.get(str(name), where=where)(**(options or {}))
    raise ValueError("a step is its name, or its name with options as in {repeats: {keep: 3}}")


def clean(texts: Sequence[str], steps: Sequence[Step]) -> list[str]:
    """The texts after all steps, in their order; always storable."""
    cleaned = list(texts)
    for step in steps:
        cleaned = step.apply(cleaned)
    return [storable(text) for text in cleaned]
