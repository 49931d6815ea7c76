"""Mails that tell of alarms."""

from __future__ import annotations

import os
import smtplib
import ssl
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from core.errors import SettingsError
from core.settings import MailSettings

SECONDS = 15.0


class NotMailedError(Exception):
    """The server did not take it."""


@dataclass(frozen=True, slots=True)
class Told:
    """An alarm as a mail tells it; with `closed_at`, that it is over, and by `note`, why. Times in ms."""

    alarm_id: int
    title: str
    opened_at: int
    closed_at: int | None = None
    note: str = ""


class Mailer:
    """Sends mails as the settings say.

    Raises:
        SettingsError: somebody signs in, and no password is in the environment.
    """

    def __init__(self, settings: MailSettings, room: str, page: str) -> None:
        self._settings = settings
        self._room = room
        self._page = page
        self._password = os.environ.get(settings.password_variable, "") if settings.user else ""
        if settings.user and not self._password:
            raise SettingsError(
                f"the environment variable {settings.password_variable} has no password",
                where="[mail] password_variable",
                fix="Set it where the server runs.",
            )

    @property
    def wanted(self) -> bool:
        """Whether anybody is to be mailed."""
        return bool(self._settings.to)

    def send(self, alarms: Sequence[Told]) -> None:
        """One mail of these alarms to everybody named; either all of them are open, or all are over.

        Raises:
            NotMailedError: the server is not there, or did not take it for anybody.
        """
        try:
            with ExitStack() as stack:
                line = stack.enter_context(self._connected())
                line.send_message(self._message(alarms))
        except (OSError, smtplib.SMTPException) as error:
            raise NotMailedError(f"{self._settings.host}:{self._settings.port}: {type(error).__name__}") from None

    def _connected(self) -> smtplib.SMTP:
        chosen = self._settings
        secure = ssl.create_default_context()
        if chosen.security == "tls":
            line: smtplib.SMTP = smtplib.SMTP_SSL(chosen.host, chosen.port, timeout=SECONDS, context=secure)
        else:
            line = smtplib.SMTP(chosen.host, chosen.port, timeout=SECONDS)
        try:
            if chosen.security == "starttls":
                line.starttls(context=secure)
            if chosen.user:
                line.login(chosen.user, self._password)
        except BaseException:
            line.close()
            raise
        return line

    def _message(self, alarms: Sequence[Told]) -> EmailMessage:
        first, more = alarms[0], len(alarms) - 1
        over = "over: " if first.closed_at is not None else ""
        message = EmailMessage()
        # One line whatever a room, a rule or a queue is called: a header of two would be another header.
        message["Subject"] = " ".join(
            f"[{self._room}] {over}{first.title}{f' (and {more} more)' if more else ''}".split()
        )
        message["From"] = self._settings.sender
        message["To"] = ", ".join(self._settings.to)
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain=self._settings.sender.partition("@")[2])
        message["Auto-Submitted"] = "auto-generated"
        last = "What there is now" if over else "Say that you have seen it"
        message.set_content("\n".join([*map(_lines, alarms), "", f"{last}: {self._page}", ""]))
        return message


def _lines(alarm: Told) -> str:
    if alarm.closed_at is None:
        return f"- {alarm.title}\n  since {_when(alarm.opened_at)}"
    over = f"- {alarm.title}\n  from {_when(alarm.opened_at)} to {_when(alarm.closed_at)}"
    return f"{over}; now: {alarm.note}" if alarm.note else over


def _when(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d %H:%M} UTC"
