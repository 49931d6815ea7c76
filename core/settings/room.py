"""What the room is about, and where everything is kept."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from core.settings.section import Section
from core.text import hidden_sign


class RoomSettings(Section):
    """What the room is about."""

    name: str = Field("Tallyroom", max_length=80, description="The room's name, shown on its pages.")
    classes: tuple[Annotated[str, Field(min_length=1, max_length=60)], ...] = Field(
        description="The classes, 2 to 20, in the order of their keys on the review page."
    )
    guide: str = Field("guide.md", description="A Markdown file beside this one that tells reviewers what is what.")

    @field_validator("classes")
    @classmethod
    def _two_to_twenty(cls, classes: tuple[str, ...]) -> tuple[str, ...]:
        if not 2 <= len(classes) <= 20:
            raise ValueError(f"a room has 2 to 20 classes, this one has {len(classes)}")
        if len(set(classes)) != len(classes):
            raise ValueError("a class is named twice")
        for number, klass in enumerate(classes, start=1):
            if not klass.strip():
                raise ValueError(f"the name of class {number} is empty")
            if sign := hidden_sign(klass):
                raise ValueError(f"the name of class {number} has a sign that nobody sees, {sign}")
        return classes


class StoreSettings(Section):
    """Where everything is kept."""

    url: str = Field(
        "sqlite:///tallyroom.db",
        description="`sqlite:///file` (taken from the room's folder) or `postgresql://user@host/database`.",
    )
