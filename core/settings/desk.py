"""How messages are handed to people."""

from __future__ import annotations

from pydantic import Field

from core.settings.section import Section


class DeskSettings(Section):
    """How messages are handed to people."""

    overlap: int = Field(1, ge=1, le=5, description="How many people judge each message.")
    blind_share: float = Field(0.1, ge=0, le=1, description="The share of messages shown without their prediction.")
    lease_seconds: int = Field(180, ge=5, le=86_400, description="How long a message is held for one person.")
    queue_size: int = Field(500, ge=10, description="How many messages the queue is topped up to.")
    spot_check_share: float = Field(
        0.05,
        gt=0,
        le=0.5,
        description="Of n look-alikes judged together others judge √(share × n) blind, and share × n after an error.",
    )
    order: str = Field("least_sure", description="Which messages come first.")
    consensus: str = Field(
        "majority",
        description="How verdicts become truth: `majority` (at once), `dawid_skene` or `crowdlab` (before a training).",
    )
    translate: str = Field(
        "",
        description="A translator for foreign messages: the name of an entry point in the group "
        "`tallyroom.translators`; empty for none.",
    )
