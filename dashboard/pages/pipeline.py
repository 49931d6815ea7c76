"""The pipeline page: what runs now, what waits for what, what failed and why."""

from typing import ClassVar

from dashboard.pages.page import Page
from labeling.models import Role


class Pipeline(Page):
    """For everybody; logs, rerun and cancel are a lead's, and their routes look again at who asks."""

    name: ClassVar[str] = "pipeline"
    title: ClassVar[str] = "Pipeline"
    place: ClassVar[int] = 4
    role: ClassVar[Role] = Role.VIEWER
    script: ClassVar[str] = "pipeline.js"
    styles: ClassVar[tuple[str, ...]] = ("pipeline.css",)
