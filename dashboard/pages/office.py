"""The office page: how far people agree, and the messages on which a lead decides."""

from typing import ClassVar

from dashboard.pages.page import Page
from labeling.models import Role


class Office(Page):
    """For leads; its routes look again at who asks."""

    name: ClassVar[str] = "office"
    title: ClassVar[str] = "Office"
    place: ClassVar[int] = 5
    role: ClassVar[Role] = Role.LEAD
    script: ClassVar[str] = "office.js"
    styles: ClassVar[tuple[str, ...]] = ("office.css",)
