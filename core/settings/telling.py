"""Who is told of what: webhooks, alarms, mail, quiet hours."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import Field, field_validator

from core.errors import did_you_mean
from core.settings.section import Section


class WebhookSettings(Section):
    """An address that is told of events; any number of `[[webhooks]]` tables."""

    url: str = Field(description="The address that is told.")
    events: tuple[Annotated[str, Field(min_length=1, max_length=32)], ...] = Field(
        min_length=1, description="Kinds of events: `verdict`, `labels`, `promoted`, `run`, `withdrawn`, and others."
    )
    secret_variable: str = Field(
        description="The environment variable that holds the secret which signs what is sent; 16 characters or more."
    )
    allow_private: bool = Field(False, description="Let the address be in a private network, or on this machine.")
    tries: int = Field(8, ge=1, le=50, description="How often it is tried before an event is given up.")


class AlarmSettings(Section):
    """A rule that raises an alarm; any number of `[[alarms]]` tables."""

    sign: str = Field(
        min_length=1,
        description="What is watched: `accuracy`, `agreement`, `drift`, `lag`, `macro_f1`, `queue_dry`.",
    )
    name: str = Field("", max_length=80, description="What the alarm is called; the sign by default.")
    limit: float | None = Field(
        None, allow_inf_nan=False, description="The number past which it is raised; the sign's usual one by default."
    )
    clear: float | None = Field(
        None,
        allow_inf_nan=False,
        description="The number past which it ends; by default a little beyond the limit.",
    )
    for_seconds: float = Field(60, ge=0, le=86_400, description="How long it has to be amiss before it is raised.")
    queue: str = Field("", max_length=200, description="The queue that `queue_dry` watches; empty: all together.")


class MailSettings(Section):
    """Where alarms are mailed, where `to` names somebody."""

    to: tuple[Annotated[str, Field(pattern=r"^[^@\s,<>]+@[^@\s,<>]+$")], ...] = Field(
        (), description="The addresses that are mailed; empty for none."
    )
    sender: str = Field(
        "tallyroom@localhost", pattern=r"^[^@\s,<>]+@[^@\s,<>]+$", description="The address that mails come from."
    )
    host: str = Field("localhost", min_length=1, description="The SMTP server.")
    port: int = Field(587, ge=1, le=65_535, description="Its port.")
    security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How the line is encrypted; `none` for a server on this machine."
    )
    user: str = Field("", description="Who signs in there; empty for nobody.")
    password_variable: str = Field(
        "TALLYROOM_MAIL_PASSWORD", description="The environment variable that holds the password."
    )


class QuietSettings(Section):
    """Hours in which alarms stand on the page and nobody is told, where `time_zone` names where."""

    time_zone: str = Field("", description="The place whose clock counts, such as `Europe/Berlin`; empty for no quiet.")
    start: time = Field(time(22), description="When they begin.")
    end: time = Field(time(7), description="When they end, on the next day where that is earlier.")
    weekend: bool = Field(False, description="Whether all of Saturday and Sunday is quiet.")

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name and name not in available_timezones():
            raise ValueError(f"there is no time zone '{name}'. {did_you_mean(name, available_timezones())[:80]}")
        return name
