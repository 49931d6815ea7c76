"""What a page is."""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping
from typing import Any, ClassVar

from core.registry import Registry
from labeling.models import Role


class Page(ABC):  # noqa: B024 - a page may be all template
    """A page.

    `name` is its address (`?page=live`) and the template that it fills (`templates/live.html`); `title` stands in the
    navigation, in the order of `place`; `script` is its module below static/js, `styles` its sheets below static/css.
    `query` is the rest of the address.
    """

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    place: ClassVar[int] = 0
    role: ClassVar[Role] = Role.VIEWER
    script: ClassVar[str] = ""
    styles: ClassVar[tuple[str, ...]] = ()

    def __init__(self, classes: tuple[str, ...], query: Mapping[str, str]) -> None:
        self.classes = classes
        self.query = query

    def roots(self) -> Mapping[str, Any]:
        """The Bokeh figures that the template embeds, by name."""
        return {}

    def variables(self) -> Mapping[str, Any]:
        """What its template asks for, beside what all templates have."""
        return {}

    def facts(self) -> Mapping[str, Any]:
        """What its script asks for, beside what all scripts have."""
        return {}


PAGES: Registry[Page] = Registry("page", Page, "dashboard.pages")
