"""The search page: trials as they come, the best so far, what mattered, what was stopped and why."""

from typing import ClassVar

from dashboard.pages.page import Page
from labeling.models import Role


class Search(Page):
    """Anybody may look: no message is on it."""

    name: ClassVar[str] = "search"
    title: ClassVar[str] = "Search"
    place: ClassVar[int] = 6
    role: ClassVar[Role] = Role.VIEWER
    script: ClassVar[str] = "search.js"
    styles: ClassVar[tuple[str, ...]] = ("search.css",)
