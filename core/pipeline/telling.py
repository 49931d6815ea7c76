"""Errors as the store and the pages may have them: what and where, never the text of a message."""

from __future__ import annotations

import re
import traceback

from sqlalchemy.exc import SQLAlchemyError

from core.errors import TallyroomError

FRAMES_MOST = 40
LENGTH_MOST = 400
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|b'[^']*'")


def sentence_of(error: BaseException) -> str:
    """An error in a sentence. What others raise may quote a message: what stands in quotes is left out."""
    if isinstance(error, TallyroomError):
        return error.sentence[:LENGTH_MOST]
    kind = type(error).__name__
    if isinstance(error, SQLAlchemyError):  # its words have the statement's values
        cause = getattr(error, "orig", None)
        return f"{kind}: {type(cause).__name__}" if cause is not None else kind
    first = next(iter(str(error).strip().splitlines()), "")
    return f"{kind}: {_QUOTED.sub('…', first)}"[:LENGTH_MOST] if first else kind


def traceback_of(error: BaseException) -> list[str]:
    """The lines of code that an error came through, outermost first, and what it says; of its causes as well."""
    lines: list[str] = []
    cause: BaseException | None = error
    while cause is not None:
        frames = traceback.extract_tb(cause.__traceback__)[-FRAMES_MOST:]
        part = [f"{frame.filename}:{frame.lineno} in {frame.name}: {frame.line or ''}" for frame in frames]
        lines = [*part, sentence_of(cause), *lines]
        cause = cause.__cause__
        if cause is not None:
            lines = ["... which led to:", *lines]
    return lines
