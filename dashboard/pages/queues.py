"""The queues page: what the office is asked, how far it is, what more verdicts would bring."""

from typing import ClassVar

from dashboard.pages.page import Page
from labeling.models import Role


class Queues(Page):
    """For leads; its routes look again at who asks."""

    name: ClassVar[str] = "queues"
    title: ClassVar[str] = "Queues"
    place: ClassVar[int] = 4
    role: ClassVar[Role] = Role.LEAD
    script: ClassVar[str] = "queues.js"
    styles: ClassVar[tuple[str, ...]] = ("queues.css",)
