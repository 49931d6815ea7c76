"""Withdrawal: one reviewer, a time or a rule taken out, the labels derived as if it had never spoken.

A withdrawal is a fact, appended. The verdicts stay where they are, and so does what was done at the tasks; only what
the messages are held to be is derived anew, a message a transaction, so that nobody at the desk waits. Broken off in
the middle, it goes on where it was. Taking it back is another fact.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, exists, func, insert, select, update

from core.errors import DeskError
from core.store import Store, emit
from core.store.locks import own_labels_lock
from core.store.models import DatasetId, Label, Message, Origin, Truth, WithdrawnRule, now_ms
from core.store.paced import write_paced
from core.store.queries.live import champion, confusion
from core.store.queries.walk import message_hours, newest_message, rule_labels
from core.store.records.labels import add_rule_labels, set_label
from core.store.rollups import VERDICTS, upsert
from core.text import storable
from labeling.audit import Act, audit
from labeling.models import Person, Role, Verdict, Withdrawal, WithdrawalKind, WithdrawnVerdict
from labeling.people import PersonId, Reviewer, require
from labeling.tasks import opining, opinion
from labeling.verdicts import consensus_of

PAGE = 1_000
UNDER_WAY = 32
RULE_PAGE = 20_000
REASON_MOST = 2_000


@dataclass(frozen=True, slots=True)
class Scope:
    """What is taken out: a person, or the time from `since` to before `until` (ms), or a rule. One of the three."""

    person: str | None = None
    since: int | None = None
    until: int | None = None
    rule: str | None = None

    @property
    def kind(self) -> WithdrawalKind:
        """Which of the three.

        Raises:
            DeskError: none, or more than one.
        """
        given = {
            WithdrawalKind.PERSON: self.person is not None,
            WithdrawalKind.DAY: self.since is not None and self.until is not None,
            WithdrawalKind.RULE: self.rule is not None,
        }
        kinds = [kind for kind, there in given.items() if there]
        if len(kinds) != 1:
            raise DeskError("a withdrawal is of a person, of days or of a rule", fix="Name one of the three.")
        return kinds[0]


@dataclass(frozen=True, slots=True)
class Standing:
    """How the champion stands against the office: its title, verdicts' messages it has right, and all of them."""

    champion: str
    right: int
    judged: int


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What a withdrawal came to.

    `changed` counts messages by (class before, class after); None is no label. A rule's messages that somebody else has
    labelled are not among them.
    """

    id: int
    verdicts: int
    changed: dict[tuple[str | None, str | None], int]
    before: Standing | None
    after: Standing | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A withdrawal on record; `taken_back_by` names the one that took it back."""

    id: int
    kind: WithdrawalKind
    what: str
    reason: str
    made_by: str
    at: int
    done: bool
    taken_back_by: int | None


def withdraw(store: Store, dataset: DatasetId, scope: Scope, *, reason: str, by: PersonId) -> Withdrawn:
    """Take out what was said so far by a person, in a time, or by a rule.

    Raises:
        AccessError: `by` is no lead.
        DeskError: nobody and nothing of that name has said anything, or the reason is missing.
    """
    kind = scope.kind
    reason = _reason(reason)

    def write(connection: Connection) -> int:
        who = require(connection, by, Role.LEAD)
        row = {"kind": kind, "person_id": None, "since": scope.since, "until": scope.until, "rule": scope.rule}
        if scope.person is not None:
            row["person_id"] = _person(connection, scope.person)
        if scope.rule is not None:
            _withdraw_rule(connection, scope.rule)
        what = next(filter(None, (scope.person, scope.rule)), "days")
        return _append(connection, row, reason, who, what)

    before = standing(store, dataset)
    withdrawal_id = store.write(write)
    return _derived(store, dataset, withdrawal_id, before)


def take_back(store: Store, dataset: DatasetId, withdrawal_id: int, *, reason: str, by: PersonId) -> Withdrawn:
    """Let what a withdrawal took out count again. A rule votes again with the next `tallyroom run`.

    Raises:
        AccessError: `by` is no lead.
        DeskError: there is no such withdrawal, or it was taken back already.
    """
    reason = _reason(reason)

    def write(connection: Connection) -> int:
        who = require(connection, by, Role.LEAD)
        found = connection.execute(select(Withdrawal.kind).where(Withdrawal.id == withdrawal_id)).scalar()
        if found is None or found == WithdrawalKind.BACK:
            raise DeskError(f"there is no withdrawal {withdrawal_id}", fix="'tallyroom labels withdrawals' lists them.")
        if connection.execute(select(Withdrawal.id).where(Withdrawal.takes_back == withdrawal_id)).first():
            raise DeskError(f"withdrawal {withdrawal_id} was taken back already")
        row = {"kind": WithdrawalKind.BACK, "takes_back": withdrawal_id}
        return _append(connection, row, reason, who, f"withdrawal {withdrawal_id}")

    before = standing(store, dataset)
    back_id = store.write(write)
    return _derived(store, dataset, back_id, before)


def _reason(reason: str) -> str:
    reason = storable(reason).strip()[:REASON_MOST]
    if not reason:
        raise DeskError("a withdrawal goes on record with its reason", fix="Say why, in a sentence.")
    return reason


def person_named(store: Store, name: str) -> PersonId:
    """The id of the person of that name.

    Raises:
        DeskError: nobody is called so.
    """
    with store.read() as connection:
        return PersonId(_person(connection, name))


def _person(connection: Connection, name: str) -> int:
    person_id = connection.execute(select(Person.id).where(Person.name == name)).scalar()
    if person_id is None:
        raise DeskError(f"nobody here is called '{name[:80]}'")
    return person_id


def _withdraw_rule(connection: Connection, rule: str) -> None:
    gone = select(WithdrawnRule.name).where(WithdrawnRule.name == rule, WithdrawnRule.back_id.is_(None))
    if connection.execute(gone).first() is not None:
        raise DeskError(f"the rule '{rule[:80]}' was withdrawn already")


def _append(connection: Connection, row: dict[str, Any], reason: str, by: Reviewer, what: str) -> int:
    """Append the fact, with the last verdict that it concerns; every verdict before that is committed."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE verdict IN SHARE MODE")
    own_labels_lock(connection)
    newest = connection.execute(select(func.coalesce(func.max(Verdict.id), 0))).scalar_one()
    fact = {**row, "verdict_cutoff": newest, "reason": reason, "made_by": by.name}
    withdrawal_id: int = connection.execute(insert(Withdrawal).values(**fact).returning(Withdrawal.id)).scalar_one()
    if row.get("rule") is not None:
        new = upsert(connection, WithdrawnRule.__table__).values(name=row["rule"], withdrawal_id=withdrawal_id)  # type: ignore[arg-type]
        connection.execute(
            new.on_conflict_do_update(index_elements=["name"], set_={"withdrawal_id": withdrawal_id, "back_id": None})
        )
    emit(connection, "withdrawal", withdrawal_id=withdrawal_id, did=str(row["kind"]), person=by.name)
    detail = {"withdrawal": withdrawal_id, "kind": str(row["kind"]), "reason": reason}
    audit(connection, Act.WITHDRAWN, by=by.id, subject=what, detail=detail)
    return withdrawal_id


def finish(store: Store, dataset: DatasetId) -> int:
    """End the withdrawals that broke off; gives how many there were."""
    with store.read() as connection:
        unfinished = connection.execute(select(Withdrawal.id).where(Withdrawal.derived_at.is_(None))).scalars().all()
    for withdrawal_id in unfinished:
        _derived(store, dataset, withdrawal_id, None)
    return len(unfinished)


def _derived(store: Store, dataset: DatasetId, withdrawal_id: int, before: Standing | None) -> Withdrawn:
    with store.read() as connection:
        fact = connection.execute(select(Withdrawal.__table__).where(Withdrawal.id == withdrawal_id)).one()
        back_of = fact.id if fact.takes_back is None else fact.takes_back
        origin = connection.execute(select(Withdrawal.__table__).where(Withdrawal.id == back_of)).one()
    if origin.kind == WithdrawalKind.RULE:
        verdicts, changed = 0, _derive_rule(store, dataset, fact, origin)
    else:
        verdicts, changed = _derive_verdicts(store, fact, origin)

    def end(connection: Connection) -> None:
        connection.execute(update(Withdrawal).where(Withdrawal.id == withdrawal_id).values(derived_at=now_ms()))
        emit(connection, "withdrawn", withdrawal_id=withdrawal_id, verdicts=verdicts, labels=changed.total())

    store.write(end)
    return Withdrawn(withdrawal_id, verdicts, dict(changed), before, standing(store, dataset))


def concerned(fact: Any, after: int, most: int) -> Select[int, int]:
    """The next verdicts that a withdrawal concerns, by id: along ix_verdict_person_id_id for a person."""
    query = select(Verdict.id, Verdict.message_id).where(
        opining(), Verdict.id > after, Verdict.id <= fact.verdict_cutoff
    )
    if fact.kind == WithdrawalKind.PERSON:
        query = query.where(Verdict.person_id == fact.person_id)
    else:
        query = query.where(Verdict.at >= fact.since, Verdict.at < fact.until)
    return query.order_by(Verdict.id).limit(most)


def _derive_verdicts(store: Store, fact: Any, origin: Any) -> tuple[int, Counter[tuple[str | None, str | None]]]:
    """Mark the verdicts, and derive the label of each message; gives the verdicts and what changed."""
    changed: Counter[tuple[str | None, str | None]] = Counter()
    after, count = 0, 0
    while True:
        with store.read() as connection:
            page = connection.execute(concerned(origin, after, PAGE)).all()
        if not page:
            return count, changed
        after, count = page[-1].id, count + len(page)
        of_message: dict[int, list[int]] = {}
        for verdict_id, message_id in page:
            of_message.setdefault(message_id, []).append(verdict_id)
        work = (_one(fact, origin, message_id, ids) for message_id, ids in of_message.items())
        changed.update(change for change in _each(store, work) if change[0] != change[1])


def _each(store: Store, work: Iterator[Callable[[Connection], Any]]) -> Iterator[Any]:
    """Results of many small transactions, a few under way at once: on SQLite they share a commit."""
    waiting: deque[Future[Any]] = deque()
    for piece in work:
        waiting.append(store.submit(piece))
        if len(waiting) >= UNDER_WAY:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _one(
    fact: Any, origin: Any, message_id: int, verdict_ids: Sequence[int]
) -> Callable[[Connection], tuple[str | None, str | None]]:
    """Mark one message's verdicts and derive its label; safe to repeat."""

    def write(connection: Connection) -> tuple[str | None, str | None]:
        # As a verdict does: nobody judges the message meanwhile, and rows that refer to it need not wait.
        connection.execute(select(Message.id).where(Message.id == message_id).with_for_update(key_share=True))
        if fact.takes_back is None:
            rows = [{"verdict_id": each, "withdrawal_id": fact.id} for each in verdict_ids]
            mark = upsert(connection, WithdrawnVerdict.__table__).values(rows)  # type: ignore[arg-type]
            connection.execute(mark.on_conflict_do_nothing())
        else:
            these = WithdrawnVerdict.verdict_id.in_(verdict_ids)
            mine = WithdrawnVerdict.withdrawal_id == origin.id
            connection.execute(update(WithdrawnVerdict).where(these, mine).values(back_id=fact.id))
        return rederive(connection, message_id, fact.id)

    return write


def rederive(connection: Connection, message_id: int, withdrawal_id: int) -> tuple[str | None, str | None]:
    """Make the office's label of a message what its verdicts say now; gives the message's class before and after."""
    before = _held(connection, message_id)
    newest = connection.execute(
        select(Label.klass, Label.confidence)
        .where(Label.message_id == message_id, Label.origin == Origin.VERDICT)
        .order_by(Label.id.desc())
        .limit(1)
    ).first()
    consensus = consensus_of(connection, message_id)
    confidence = consensus.share or None
    if newest is None or (newest.klass, newest.confidence) != (consensus.klass, confidence):
        last = connection.execute(
            select(Verdict.queue_id)
            .where(Verdict.message_id == message_id, opinion())
            .order_by(Verdict.id.desc())
            .limit(1)
        ).scalar()
        ref = f"withdrawal:{withdrawal_id}" if last is None else f"queue:{last}"
        set_label(connection, message_id, Origin.VERDICT, consensus.klass, ref=ref, confidence=confidence)
    return before, _held(connection, message_id)


def _held(connection: Connection, message_id: int) -> str | None:
    return connection.execute(select(Truth.klass).where(Truth.message_id == message_id)).scalar()


def _derive_rule(store: Store, dataset: DatasetId, fact: Any, origin: Any) -> Counter[tuple[str | None, str | None]]:
    """Withdraw the labels that the rule gave; with the next run the others vote again, or, taken back, all of them."""
    import pandas as pd  # here: pandas takes a second to import

    changed: Counter[tuple[str | None, str | None]] = Counter()
    if fact.takes_back is not None:
        bring_back = update(WithdrawnRule).where(
            WithdrawnRule.name == origin.rule, WithdrawnRule.withdrawal_id == origin.id
        )
        store.write(lambda connection: connection.execute(bring_back.values(back_id=fact.id)))
        return changed
    newest = newest_message(store)
    for first in range(1, newest + 1, RULE_PAGE):
        with store.read() as connection:
            said = rule_labels(connection, first, first + RULE_PAGE - 1)
            mine = {message_id: klass for message_id, (klass, ref) in said.items() if klass and ref == origin.rule}
            elsewhere = exists().where(Message.id == Truth.message_id, Message.dataset_id == dataset)
            counted = connection.execute(
                select(Truth.message_id, Truth.klass).where(
                    Truth.message_id.between(first, first + RULE_PAGE - 1), Truth.origin == Origin.RULE, elsewhere
                )
            ).all()
            hours = message_hours(connection, first, first + RULE_PAGE - 1) if mine else {}
        changed.update((klass, None) for message_id, klass in counted if message_id in mine)
        gone = {"klass": None, "origin_ref": origin.rule, "was": list(mine.values()), "hour": [*map(hours.get, mine)]}
        frame = pd.DataFrame({"message_id": list(mine), **gone})
        for _ in write_paced(store, frame, add_rule_labels):
            pass
    return changed


def standing(store: Store, dataset: DatasetId) -> Standing | None:
    """The champion against what the office says now; None where there is no champion."""
    with store.read() as connection:
        current = champion(connection, dataset)
        if current is None:
            return None
        cells = confusion(connection, current.run_id, VERDICTS)
    right = sum(n for (truth, klass), n in cells.items() if truth == klass)
    return Standing(current.title, right, sum(cells.values()))


def withdrawals(store: Store) -> list[Entry]:
    """All withdrawals that were made, the newest first."""
    with store.read() as connection:
        rows = connection.execute(
            select(Withdrawal.__table__, Person.name.label("person"))
            .outerjoin(Person, Person.id == Withdrawal.person_id)
            .order_by(Withdrawal.id.desc())
        ).all()
    backs = {row.takes_back: row.id for row in rows if row.takes_back is not None}
    return [
        Entry(
            row.id,
            WithdrawalKind(row.kind),
            _what(row),
            row.reason,
            row.made_by,
            row.at,
            row.derived_at is not None,
            backs.get(row.id),
        )
        for row in rows
    ]


def _what(row: Any) -> str:
    import pandas as pd  # here: pandas takes a second to import

    if row.kind == WithdrawalKind.BACK:
        return f"withdrawal {row.takes_back} taken back"
    if row.kind == WithdrawalKind.DAY:
        return f"all verdicts from {pd.Timestamp(row.since, unit='ms')} to {pd.Timestamp(row.until, unit='ms')} UTC"
    return f"the verdicts of {row.person}" if row.kind == WithdrawalKind.PERSON else f"the rule {row.rule}"
