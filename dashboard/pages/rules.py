"""The Rules page: which rules there are, what each hits, how often it is right, whom it meets."""

from typing import ClassVar

from dashboard.pages.page import Page


class Rules(Page):
    """For everybody. It shows; the rules stay in the room's file."""

    name: ClassVar[str] = "rules"
    title: ClassVar[str] = "Rules"
    place: ClassVar[int] = 8
    script: ClassVar[str] = "rules.js"
    styles: ClassVar[tuple[str, ...]] = ("rules.css", "drawer.css")
