"""The compare page: which of two models is better, where, and whether that is settled."""

from typing import ClassVar

from dashboard.pages.page import Page
from labeling.models import Role


class Compare(Page):
    """For leads, since it shows what the models say of messages that are judged blind; its routes look again."""

    name: ClassVar[str] = "compare"
    title: ClassVar[str] = "Compare"
    place: ClassVar[int] = 2
    role: ClassVar[Role] = Role.LEAD
    script: ClassVar[str] = "compare.js"
    styles: ClassVar[tuple[str, ...]] = ("compare.css",)
