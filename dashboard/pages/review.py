"""The review page: one message, one key."""

from typing import ClassVar

from dashboard.pages.page import Page


class Review(Page):
    """Works on the desk's routes alone, so that a lost connection loses nothing."""

    name: ClassVar[str] = "review"
    title: ClassVar[str] = "Review"
    place: ClassVar[int] = 3
    script: ClassVar[str] = "review.js"
    styles: ClassVar[tuple[str, ...]] = ("review.css",)
