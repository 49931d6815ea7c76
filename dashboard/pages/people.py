"""The people page: who may come in, as what, and what was done."""

from typing import ClassVar

from dashboard.pages.page import Page
from labeling.models import Role


class People(Page):
    """For admins; its routes look again at who asks."""

    name: ClassVar[str] = "people"
    title: ClassVar[str] = "People"
    place: ClassVar[int] = 9
    role: ClassVar[Role] = Role.ADMIN
    script: ClassVar[str] = "people.js"
    styles: ClassVar[tuple[str, ...]] = ("people.css",)
