"""Telling people of alarms: that one is there, and that it is over; not in quiet hours, and each once.

What was told is kept with the alarm, so that a restart loses nothing, and whoever holds the watch's duty goes on where
another server broke off. Of an alarm's end those hear who heard of its beginning, unless somebody has said meanwhile
that they take care of it: from then on nobody is told any more.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from functools import partial

from sqlalchemy import Connection, Row, select, update
from sqlalchemy.orm import InstrumentedAttribute

from core.settings import QuietSettings
from core.store import Store
from core.store.models import Alarm, AlarmState
from core.store.queries.live import clock
from labeling.alarms import told
from labeling.finishing import AlarmResult
from labeling.mail import Mailer, NotMailedError, Told
from labeling.quiet import is_quiet

MAIL_AGAIN_SECONDS = 60.0
MAIL_AGAIN_MOST = 1_800.0
log = logging.getLogger(__name__)

_UNSEEN = Alarm.acknowledged_at.is_(None)
_rows = select(
    Alarm.id,
    Alarm.title,
    Alarm.opened_at,
    Alarm.closed_at,
    Alarm.note,
    Alarm.result,
    Alarm.told_at,
    Alarm.mailed_at,
    Alarm.end_told_at,
    Alarm.end_mailed_at,
).order_by(Alarm.id)
OPENED = _rows.where(Alarm.state == AlarmState.OPEN, Alarm.over_at.is_(None), _UNSEEN)
_closed = (Alarm.closed_at.is_not(None), _UNSEEN)  # not by its state: the index on that has all that ever were
# Each along an index of its own (core.store.models.Alarm), which has few rows however many alarms there were.
ENDED_UNTOLD = _rows.where(Alarm.told_at.is_not(None), Alarm.end_told_at.is_(None), *_closed)
ENDED_UNMAILED = _rows.where(Alarm.mailed_at.is_not(None), Alarm.end_mailed_at.is_(None), *_closed)


class Telling:
    """Tells of a room's alarms. For the one server that watches.

    Args:
        store: the room's store.
        mailer: how people are mailed.
        quiet: when they are not told.
    """

    def __init__(self, store: Store, mailer: Mailer, quiet: QuietSettings) -> None:
        self._store = store
        self._mailer = mailer
        self._quiet = quiet
        self._mail_at, self._mail_wait = 0.0, MAIL_AGAIN_SECONDS

    def tell(self) -> None:
        """Tell of what nobody was told of: what is open, and what is over."""
        with self._store.read() as connection:
            at = clock(connection)
            opened = connection.execute(OPENED).all()
            untold = connection.execute(ENDED_UNTOLD).all()
            unmailed = connection.execute(ENDED_UNMAILED).all()
        if is_quiet(self._quiet, at):
            return
        for row in opened:
            if row.told_at is None:
                self._store.write(partial(_say, "alarm_told", Alarm.told_at, alarm_id=row.id, at=at))
        for row in untold:
            self._store.write(partial(_say, "alarm_ended", Alarm.end_told_at, alarm_id=row.id, at=at))
        self._mail([row for row in opened if row.mailed_at is None], Alarm.mailed_at, at)
        self._mail(unmailed, Alarm.end_mailed_at, at)

    def _mail(self, rows: Sequence[Row[tuple[object, ...]]], noted: InstrumentedAttribute[int | None], at: int) -> None:
        """Sent before it is noted: a server that dies in between mails twice, and never not at all."""
        if not rows or not self._mailer.wanted or time.monotonic() < self._mail_at:
            return
        try:
            self._mailer.send([_told(row) for row in rows])
        except NotMailedError as error:
            log.warning("%d alarms could not be mailed, and are tried again: %s", len(rows), error)
            self._mail_at = time.monotonic() + self._mail_wait
            self._mail_wait = min(2 * self._mail_wait, MAIL_AGAIN_MOST)
            return
        self._mail_at, self._mail_wait = 0.0, MAIL_AGAIN_SECONDS
        these = update(Alarm).where(Alarm.id.in_([row.id for row in rows]))
        self._store.write(lambda connection: connection.execute(these.values({noted: at})))


def _told(row: Row[tuple[object, ...]]) -> Told:
    if row.closed_at is None:
        return Told(row.id, row.title, row.opened_at)
    note = row.note or (AlarmResult(**row.result).sentence if row.result else "")
    return Told(row.id, row.title, row.opened_at, row.closed_at, note)


def _say(
    event: str, noted: InstrumentedAttribute[int | None], connection: Connection, *, alarm_id: int, at: int
) -> None:
    """Noted and said in one transaction: by one server, once."""
    this = update(Alarm).where(Alarm.id == alarm_id, noted.is_(None))
    if connection.execute(this.values({noted: at})).rowcount:
        told(connection, event, alarm_id)
