"""The registry page: who is champion and why, who could be, who was."""

from typing import ClassVar

from dashboard.pages.page import Page


class Registry(Page):
    """For everybody; only leads promote and roll back, and its routes look again at who asks."""

    name: ClassVar[str] = "registry"
    title: ClassVar[str] = "Registry"
    place: ClassVar[int] = 7
    script: ClassVar[str] = "registry.js"
    styles: ClassVar[tuple[str, ...]] = ("registry.css", "drawer.css")
