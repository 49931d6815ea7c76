"""What the messages are held to be once a withdrawal is on record: in small transactions, each safe to repeat."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import Any

from sqlalchemy import Connection, Select, exists, select, update

from core.store import Store
from core.store.models import DatasetId, Label, Message, Origin, Truth, WithdrawnRule
from core.store.paced import write_paced
from core.store.queries.walk import message_hours, newest_message, rule_labels
from core.store.records.labels import add_rule_labels, set_label
from core.store.rollups import upsert
from labeling.models import Verdict, WithdrawalKind, WithdrawnVerdict
from labeling.tasks import opining, opinion
from labeling.verdicts import consensus_of

PAGE = 1_000
UNDER_WAY = 32
RULE_PAGE = 20_000
Change = tuple[str | None, str | None]
"""A message's class before and after; None is no label."""
Changes = Counter[Change]


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


def derive_verdicts(store: Store, fact: Any, origin: Any) -> tuple[int, Changes]:
    """Mark the verdicts, and derive the label of each message; gives the verdicts and what changed."""
    changed: Changes = Counter()
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


def _one(fact: Any, origin: Any, message_id: int, verdict_ids: Sequence[int]) -> Callable[[Connection], Change]:
    """Mark one message's verdicts and derive its label; safe to repeat."""

    def write(connection: Connection) -> Change:
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


def rederive(connection: Connection, message_id: int, withdrawal_id: int) -> Change:
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


def derive_rule(store: Store, dataset: DatasetId, fact: Any, origin: Any) -> Changes:
    """Withdraw the labels that the rule gave; with the next run the others vote again, or, taken back, all of them."""
    import pandas as pd  # here: pandas takes a second to import

    changed: Changes = Counter()
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
