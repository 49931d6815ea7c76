"""Alarms: raised once and ended once, by one server of several; told outside quiet hours, by a real mail server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.policy import default
from typing import Any, ClassVar

import pytest
from aiosmtpd.controller import Controller
from rooms import CLASSES, add_champion, add_messages, add_queue, the_dataset
from servers import free_port
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from core.errors import AccessError, DeskError, SettingsError, TallyroomError
from core.settings import AlarmSettings, MailSettings, QuietSettings
from core.store import Store
from core.store.models import HOUR_MS, Alarm, ClassCount, Duty, Event
from labeling.alarm_rules import Rule, rules
from labeling.alarm_watch import AlarmWatch
from labeling.alarms import acknowledge, alarms, open_alarm, queue_from_alarm
from labeling.audit import entries
from labeling.desk import Desk
from labeling.finishing import finish_all
from labeling.mail import Mailer
from labeling.models import Queue, QueueState, Role
from labeling.people import Reviewer, add_person
from labeling.quiet import is_quiet
from labeling.signs import SIGNS, Look, Measured, Sign

HOSTILE = "Shop\r\nBcc: all@example.com \u202e"


class Set(Sign):
    """A number that the test sets."""

    name: ClassVar[str] = "set"
    every_seconds: ClassVar[float] = 0.0
    value: float | None = 0.95
    names: tuple[int, ...] = ()

    def measure(self, look: Look) -> Measured | None:
        return None if self.value is None else Measured(self.value, f"it is {self.value}")

    def messages(self, look: Look) -> list[int]:
        return list(self.names)


class Mailbox:
    """Remembers what a real SMTP server was given; refuses where it is told to."""

    def __init__(self) -> None:
        self.mails: list[Any] = []
        self.refuses = False

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self.refuses:
            return "451 not now"
        self.mails.append(envelope)
        return "250 taken"


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, MailSettings]]:
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield box, MailSettings(to=("office@example.com",), host="127.0.0.1", port=controller.port, security="none")
    controller.stop()


@dataclass
class Watched:
    """A room under watch, by a sign that the test sets."""

    store: Store
    mail: MailSettings = field(default_factory=MailSettings)
    quiet: QuietSettings = field(default_factory=QuietSettings)
    for_seconds: float = 0.0
    sign: Set = field(default_factory=Set)

    def watch(self) -> AlarmWatch:
        rule = Rule("quality", self.sign, 0.9, 0.92, self.for_seconds, "")
        mailer = Mailer(self.mail, HOSTILE, "https://tally.example.org/room?page=live")
        return AlarmWatch(self.store, the_dataset(self.store), CLASSES, [rule], mailer, self.quiet)

    def events(self, kind: str) -> list[dict[str, Any]]:
        with self.store.read() as connection:
            return list(connection.execute(select(Event.payload).where(Event.kind == kind)).scalars())

    def states(self) -> list[str]:
        with self.store.read() as connection:
            return [alarm.state for alarm in alarms(connection)][::-1]


@pytest.fixture
def ada(store: Store) -> Reviewer:
    return add_person(store, "Ada")


def test_an_alarm_opens_once_and_ends_once_past_the_clearing_number(store: Store) -> None:
    room = Watched(store)
    watch = room.watch()
    for value, states in (
        (0.95, []), (0.89, ["open"]), (0.80, ["open"]), (0.91, ["open"]), (None, ["open"]),
        (0.92, ["closed"]), (0.91, ["closed"]), (0.89, ["closed", "open"]),
    ):  # fmt: skip
        room.sign.value = value
        for _ in range(3):
            watch.look()
        assert room.states() == states, value
    assert [each["state"] for each in room.events("alarm")] == ["open", "closed", "open"]
    assert [each["title"] for each in room.events("alarm_told")] == ["quality: it is 0.89"] * 2
    with store.read() as connection:
        assert [alarm.note for alarm in alarms(connection)] == [None, "it is 0.92"]


def test_what_is_amiss_for_a_moment_raises_nothing(store: Store) -> None:
    room = Watched(store, for_seconds=0.3)
    watch = room.watch()
    for value in (0.5, 0.95, 0.5):
        room.sign.value = value
        watch.look()
    assert room.states() == []
    time.sleep(0.35)
    watch.look()
    assert room.states() == ["open"]


def test_of_two_servers_one_watches_and_the_other_takes_over_when_it_is_gone(store: Store) -> None:
    first, second = Watched(store), Watched(store, sign=Set())
    one, other = first.watch(), second.watch()
    one.look()
    second.sign.value = 0.5
    other.look()
    assert second.states() == [], "the first one watches"
    store.write(lambda c: c.execute(update(Duty).values(held_until=1)))  # it has died
    other.look()
    assert second.states() == ["open"]
    first.sign.value = 0.5
    one._duty._until = 0.0
    one.look()
    assert first.states() == ["open"]
    row = {"kind": "set", "title": "x", "facts": {}, "state": "open", "rule": "quality"}
    with pytest.raises(IntegrityError):
        store.write(lambda c: c.execute(insert(Alarm), row))


def test_a_person_acknowledges_on_record_and_nobody_is_told_any_more(store: Store, ada: Reviewer) -> None:
    night = QuietSettings(time_zone="UTC", start="00:00", end="23:59:59.999999")
    room = Watched(store, quiet=night, sign=Set())
    room.sign.value = 0.5
    room.watch().look()
    with store.read() as connection:
        (alarm,) = alarms(connection, only_open=True)
    vera = add_person(store, "Vera", Role.VIEWER)
    with pytest.raises(AccessError, match="takes a reviewer"):
        store.write(lambda c: acknowledge(c, alarm.alarm_id, vera.id))
    with pytest.raises(DeskError, match="no open alarm"):
        store.write(lambda c: acknowledge(c, alarm.alarm_id + 1, ada.id))
    bela = add_person(store, "Bela")
    for person in (ada, bela):
        store.write(lambda c, who=person.id: acknowledge(c, alarm.alarm_id, who, address="127.0.0.1"))
    with store.read() as connection:
        assert [each.acknowledged_by for each in alarms(connection)] == ["Ada"]
    lines = [(line.who, line.subject, line.detail) for line in entries(store) if line.action == "acknowledged"]
    assert lines == [("Ada", "quality: it is 0.5", {"alarm": alarm.alarm_id})]
    store.write(lambda c: c.execute(update(Duty).values(held_until=1)))
    awake = replace(room, quiet=QuietSettings())
    awake.watch().look()
    assert room.events("alarm_told") == []


def test_it_is_mailed_once_and_again_where_the_server_did_not_take_it(
    store: Store, mailbox: tuple[Mailbox, MailSettings]
) -> None:
    box, settings = mailbox
    room = Watched(store, mail=settings)
    watch = room.watch()
    room.sign.value, box.refuses = 0.5, True
    watch.look()
    watch.look()
    assert (box.mails, len(room.events("alarm_told"))) == ([], 1), "webhooks do not wait for the mail"
    box.refuses, watch._telling._mail_at = False, 0.0
    for _ in range(3):
        watch.look()
    (mail,) = box.mails
    text = mail.content.decode()
    assert mail.rcpt_tos == ["office@example.com"]
    assert "\r\nBcc" not in text
    assert "quality: it is 0.5" in text
    assert "https://tally.example.org/room?page=live" in text


def test_in_quiet_hours_it_stands_on_the_page_and_is_told_when_they_end(
    store: Store, mailbox: tuple[Mailbox, MailSettings]
) -> None:
    box, settings = mailbox
    room = Watched(store, mail=settings, quiet=QuietSettings(time_zone="UTC", start="00:00", end="23:59:59.999999"))
    room.sign.value = 0.5
    watch = room.watch()
    watch.look()
    assert (room.states(), room.events("alarm_told"), box.mails) == (["open"], [], [])
    watch._telling._quiet = QuietSettings()
    watch.look()
    assert (len(room.events("alarm_told")), len(box.mails)) == (1, 1)


def test_its_end_is_told_once_to_who_heard_of_it_after_quiet_hours_and_by_whatever_server_comes_next(
    store: Store, mailbox: tuple[Mailbox, MailSettings]
) -> None:
    box, settings = mailbox
    room = Watched(store, mail=settings)
    room.sign.value = 0.5
    room.watch().look()
    room.sign.value = 0.95
    store.write(lambda c: c.execute(update(Duty).values(held_until=1)))  # the first server has died
    night = replace(room, quiet=QuietSettings(time_zone="UTC", start="00:00", end="23:59:59.999999")).watch()
    night.look()
    assert (room.states(), room.events("alarm_ended"), len(box.mails)) == (["closed"], [], 1)
    store.write(lambda c: c.execute(update(Duty).values(held_until=1)))
    watch = room.watch()
    box.refuses = True
    watch.look()
    box.refuses, watch._telling._mail_at = False, 0.0
    for _ in range(3):
        watch.look()
    assert [each["title"] for each in room.events("alarm_ended")] == ["quality: it is 0.5"]
    assert len(box.mails) == 2
    mail = message_from_bytes(box.mails[1].content, policy=default)
    assert "over: quality: it is 0.5" in mail["subject"]
    assert "now: it is 0.95" in mail.get_content()


def test_the_end_of_what_nobody_was_told_of_or_somebody_takes_care_of_is_told_nobody(
    store: Store, ada: Reviewer, mailbox: tuple[Mailbox, MailSettings]
) -> None:
    box, settings = mailbox
    room = Watched(store, mail=settings, quiet=QuietSettings(time_zone="UTC", start="00:00", end="23:59:59.999999"))
    watch = room.watch()
    for value in (0.5, 0.95):
        room.sign.value = value
        watch.look()
    watch._telling._quiet = QuietSettings()
    room.sign.value = 0.5
    watch.look()
    with store.read() as connection:
        (alarm,) = alarms(connection, only_open=True)
    store.write(lambda c: acknowledge(c, alarm.alarm_id, ada.id))
    room.sign.value = 0.95
    watch.look()
    assert (room.states(), len(box.mails), room.events("alarm_ended")) == (["closed", "closed"], 1, [])


@pytest.mark.parametrize(
    ("at", "quiet"),
    [
        ("2026-11-25T20:59:59Z", False), ("2026-11-25T21:00:00Z", True), ("2026-11-26T05:59:59Z", True),
        ("2026-11-26T06:00:00Z", False), ("2026-07-01T20:00:00Z", True), ("2026-07-01T05:00:00Z", False),
        ("2026-11-28T12:00:00Z", True),
    ],
)  # fmt: skip
def test_quiet_hours_are_those_of_their_place_in_summer_and_winter(at: str, quiet: bool) -> None:
    from datetime import datetime

    settings = QuietSettings(time_zone="Europe/Berlin", start="22:00", end="07:00", weekend=True)
    assert is_quiet(settings, round(datetime.fromisoformat(at).timestamp() * 1000)) is quiet
    assert not is_quiet(QuietSettings(), 0)


def test_an_alarms_queue_closes_it_and_a_cause_that_stands_raises_no_second_one(store: Store, ada: Reviewer) -> None:
    ids = add_messages(store, ["a", "b"])
    add_champion(store, ids)
    room = Watched(store)
    room.sign.value, room.sign.names = 0.5, tuple(ids)
    watch = room.watch()
    watch.look()
    with store.read() as connection:
        (alarm,) = alarms(connection)
    assert alarm.messages == 2
    queue_id = queue_from_alarm(store, the_dataset(store), alarm.alarm_id)
    room.sign.value = 0.95
    watch.look()
    assert room.states() == ["open"], "people are at work on it"
    store.write(lambda c: c.execute(update(Queue).where(Queue.id == queue_id).values(state=QueueState.CLOSED)))
    finish_all(store)
    assert room.states() == ["closed"]
    room.sign.value = 0.5
    watch.look()
    with store.read() as connection:
        second = alarms(connection, only_open=True)[0].alarm_id
    queue_id = queue_from_alarm(store, the_dataset(store), second)
    store.write(lambda c: c.execute(update(Queue).where(Queue.id == queue_id).values(state=QueueState.CLOSED)))
    finish_all(store)
    watch.look()
    assert room.states() == ["closed", "closed"], "people have answered; the cause still stands"
    room.sign.value = 0.95
    watch.look()
    room.sign.value = 0.5
    watch.look()
    assert room.states() == ["closed", "closed", "open"]


def test_an_alarm_whose_rule_is_gone_ends_and_one_that_no_rule_raised_stays(store: Store) -> None:
    room = Watched(store)
    store.write(lambda c: open_alarm(c, "drift", "by somebody else", {}))
    room.sign.value = 0.5
    watch = room.watch()
    watch.look()
    watch._rules = []
    watch.look()
    assert room.states() == ["open", "closed"]
    assert [each["title"] for each in room.events("alarm_told")] == ["by somebody else", "quality: it is 0.5"]


def test_each_sign_reads_an_empty_room_and_one_with_a_champion(store: Store) -> None:
    dataset = the_dataset(store)

    def measured() -> dict[str, float | None]:
        with store.read() as connection:
            look = Look(connection, dataset, CLASSES, feed_behind=3.0)
            found = {sign.name: sign().measure(look) for sign in SIGNS if sign.name != "set"}
        return {name: None if each is None else each.value for name, each in found.items()}

    empty = measured()
    assert (empty["lag"], empty["queue_dry"], empty["accuracy"], empty["drift"]) == (3.0, 0.0, None, None)
    ids = add_messages(store, [f"m{n}" for n in range(30)])
    run_id = add_champion(store, ids)
    add_queue(store, ids[:5], blind_share=0.0)
    Desk(store, CLASSES).claim(add_person(store, "Ada").id, 2).result()
    assert measured()["queue_dry"] == 3.0
    now = int(time.time() * 1000) // HOUR_MS
    rows = [
        {"series": "predicted", "run_id": run_id, "hour": now - ago, "klass": klass, "shard": 0, "n": n}
        for ago, klass, n in ((50, "spam", 100), (50, "personal", 900), (2, "spam", 500), (2, "personal", 500))
    ]
    store.write(lambda c: c.execute(insert(ClassCount), rows))
    assert measured()["drift"] == pytest.approx(0.36, abs=0.05)
    with store.read() as connection:
        look = Look(connection, dataset, CLASSES)
        assert SIGNS.get("drift")().messages(look) == ids[::-1], "the newest of the class that grew"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([{"sign": "acuracy"}], r"\[\[alarms\]\] 1 sign.*Did you mean 'accuracy'"),
        ([{"sign": "lag"}, {"sign": "lag"}], r"two rules are called 'lag'.*another name"),
        ([{"sign": "lag", "limit": 60, "clear": 90}], "cannot end it at 90"),
        ([{"sign": "accuracy", "queue": "review"}], "looks at no single queue"),
    ],
)
def test_a_rule_that_cannot_be_used_names_its_number_and_the_fix(given: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(TallyroomError, match=words):
        rules([AlarmSettings(**each) for each in given])
    with pytest.raises(SettingsError, match="has no password"):
        Mailer(MailSettings(user="tally", password_variable="NOBODY_SET_THIS"), "r", "p")
