"""What leaves the room by itself."""

from __future__ import annotations

from pydantic import Field

from core.settings.section import Section


class ExportSettings(Section):
    """What leaves the room by itself."""

    formats: tuple[str, ...] = Field(
        (),
        description="Each new champion is written to the room's `exports/` in these formats, such as `linear_json`; "
        "none: only when `tallyroom export` is called.",
    )
    check_messages: int = Field(
        500, ge=0, le=100_000, description="On so many of the newest messages a file is tried before it is offered."
    )
