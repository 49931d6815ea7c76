"""What a page is."""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping
from typing import Any, ClassVar

from core.registry import Registry
from labeling.models import Role


class Page(ABC):  # noqa: B024 - a page may be all template
    """A page.

    `name` is its address (`?page=live`) and the template that it fills (`templates/live.html`; without one its figures
    stand below each other); `title` stands in the navigation, in the order of `place`; `script` is its module below
    static/js, `styles` its sheets below static/css. `query` is the rest of the address. `calls_python`: its figures
    have callbacks in Python, so each visitor gets a Bokeh session of their own, which costs a third of a second and a
    megabyte; those of the others are built once a process.
    """

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    place: ClassVar[int] = 0
    role: ClassVar[Role] = Role.VIEWER
    script: ClassVar[str] = ""
    styles: ClassVar[tuple[str, ...]] = ()
    calls_python: ClassVar[bool] = False

    def __init__(self, classes: tuple[str, ...], query: Mapping[str, str]) -> None:
        self.classes = classes
        self.query = query

    @property
    def variant(self) -> str:
        """Which figures these are, where that depends on the address."""
        return ""

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
