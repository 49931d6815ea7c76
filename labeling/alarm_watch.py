"""The watch: looks at the rules' signs, opens and ends alarms, and has people told. One server of several does it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy import select

from core.errors import StoreError
from core.settings import QuietSettings
from core.store import Store
from core.store.duty import Holder
from core.store.models import Alarm, DatasetId
from labeling.alarm_rules import Rule
from labeling.alarm_telling import Telling
from labeling.alarms import end_cause, open_alarm
from labeling.mail import Mailer
from labeling.signs import Look

EVERY_SECONDS = 5.0
NAMED_MOST = 200
"""So many of an alarm's messages are kept with it."""
log = logging.getLogger(__name__)
STANDING = select(Alarm.id).where(Alarm.over_at.is_(None))


class AlarmWatch:
    """Watches a room.

    Args:
        store: the room's store.
        dataset: whose champion and messages.
        classes: the room's.
        rules: of its settings.
        mailer: how people are mailed.
        quiet: when they are not told.
        feed_behind: how old, in seconds, the last change was when this server's pages got it.
    """

    def __init__(
        self,
        store: Store,
        dataset: DatasetId,
        classes: tuple[str, ...],
        rules: Sequence[Rule],
        mailer: Mailer,
        quiet: QuietSettings,
        *,
        feed_behind: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._store = store
        self._dataset = dataset
        self._classes = classes
        self._rules = rules
        self._telling = Telling(store, mailer, quiet)
        self._feed_behind = feed_behind
        self._duty = Holder(store, "alarms")
        self._due: dict[str, float] = {}
        self._amiss_since: dict[str, float] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, in a thread. Safe to repeat."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="alarms", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Stop, and leave it to another server."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stop.wait(EVERY_SECONDS):
            try:
                self.look()
            except StoreError as error:
                log.warning("the alarms wait for the store: %s", error)
            except Exception:
                log.exception("the alarms could not be looked at")
        self._duty.let_go()

    def look(self) -> None:
        """Look at what is due, and tell what is to be told; nothing where another server does it."""
        if not self._duty.hold():
            self._amiss_since.clear()
            self._due.clear()
            return
        self._end_those_without_a_rule()
        for rule in self._rules:
            now = time.monotonic()
            if now < self._due.get(rule.name, 0.0) or self._stop.is_set():
                continue
            self._due[rule.name] = now + rule.sign.every_seconds
            try:
                self._look_at(rule, now)
            except StoreError:
                raise
            except Exception:  # one sign's trouble is not the others'
                log.exception("the sign of the alarm '%s' could not be read", rule.name)
        self._telling.tell()

    def _look_at(self, rule: Rule, now: float) -> None:
        with self._store.read() as connection:
            look = Look(connection, self._dataset, self._classes, rule.queue, self._feed_behind())
            found = rule.sign.measure(look)
            if found is None:
                return
            standing = connection.execute(STANDING.where(Alarm.rule == rule.name)).scalar()
            amiss = rule.amiss(found.value)
            since = self._amiss_since.setdefault(rule.name, now) if amiss else self._amiss_since.pop(rule.name, None)
            opens = standing is None and amiss and since is not None and now - since >= rule.for_seconds
            named = rule.sign.messages(look)[:NAMED_MOST] if opens else []
        title = f"{rule.name}: {found.sentence}"
        if opens:
            facts = {**found.facts, "value": found.value, "limit": rule.limit, "message_ids": named}
            self._store.write(lambda c: open_alarm(c, rule.sign.name, title, facts, rule=rule.name))
        elif standing is not None and rule.gone(found.value):
            self._store.write(lambda c: end_cause(c, standing, found.sentence))

    def _end_those_without_a_rule(self) -> None:
        names = [rule.name for rule in self._rules]
        with self._store.read() as connection:
            left = list(connection.execute(STANDING.where(Alarm.rule.is_not(None), Alarm.rule.not_in(names))).scalars())
        for alarm_id in left:
            self._store.write(partial(end_cause, alarm_id=alarm_id, note="its rule is no longer in the settings"))
