"""The works: from a source of messages to a promoted model."""

from core.errors import TallyroomError
from core.project import Project

__all__ = ["Project", "TallyroomError"]
