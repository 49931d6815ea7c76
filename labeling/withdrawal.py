"""Withdrawal: one reviewer, a time or a rule taken out, the labels derived as if it had never spoken.

A withdrawal is a fact, appended. The verdicts stay where they are, and so does what was done at the tasks; only what
the messages are held to be is derived anew, a message a transaction, so that nobody at the desk waits. Broken off in
the middle, it goes on where it was. Taking it back is another fact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from core.errors import DeskError
from core.store import Store, emit
from core.store.locks import own_labels_lock
from core.store.models import DatasetId, WithdrawnRule, now_ms
from core.store.queries.live import champion, confusion
from core.store.rollups import VERDICTS, upsert
from core.text import storable
from labeling.audit import Act, audit
from labeling.models import Person, Role, Verdict, Withdrawal, WithdrawalKind
from labeling.people import PersonId, Reviewer, require
from labeling.withdrawal_derivation import derive_rule, derive_verdicts

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
        verdicts, changed = 0, derive_rule(store, dataset, fact, origin)
    else:
        verdicts, changed = derive_verdicts(store, fact, origin)

    def end(connection: Connection) -> None:
        connection.execute(update(Withdrawal).where(Withdrawal.id == withdrawal_id).values(derived_at=now_ms()))
        emit(connection, "withdrawn", withdrawal_id=withdrawal_id, verdicts=verdicts, labels=changed.total())

    store.write(end)
    return Withdrawn(withdrawal_id, verdicts, dict(changed), before, standing(store, dataset))


def standing(store: Store, dataset: DatasetId) -> Standing | None:
    """The champion against what the office says now; None where there is no champion."""
    with store.read() as connection:
        current = champion(connection, dataset)
        if current is None:
            return None
        cells = confusion(connection, current.run_id, VERDICTS)
    right = sum(n for (truth, klass), n in cells.items() if truth == klass)
    return Standing(current.title, right, sum(cells.values()))
