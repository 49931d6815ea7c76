"""Which rows to look at for the messages behind a number, and in which order: the statements of `messages_behind`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, func, literal, null, select, true, tuple_

from core.errors import TallyroomError
from core.hit import Hit
from core.slices import slices_of
from core.store.models import Alarm, DatasetId, FoldPrediction, Message, Origin, Prediction, Truth
from core.store.queries.behind import Against, Behind, Order
from core.store.queries.rule_looks import hit_messages
from core.store.queries.search import found_by

FEW: Final = 20_000
"""So many messages are looked up by their ids and sorted; where more may be meant, an index is walked."""
Key = tuple[Any, ...]
# As the index ix_message_time has it.
message_time: ColumnElement[int] = func.coalesce(Message.sent_at, Message.arrived_at)
_ORIGINS = {Against.VERDICTS: Origin.VERDICT, Against.IMPORTED: Origin.IMPORTED}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A message that may be meant. `fits`: what the database could say of it; the rest is `residual`'s."""

    message_id: int
    repeat: int
    predicted: str | None
    confidence: float | None
    truth: str | None
    origin: str | None
    at: int | None
    body: str | None
    sender: str | None
    fits: bool | None


@dataclass(frozen=True, slots=True)
class Path:
    """The order of a walk: the fields of the key, and whether it goes from the highest down."""

    names: tuple[str, ...]
    falling: bool


@dataclass(frozen=True, slots=True)
class Few:
    """Few messages that alone can be meant; `searched`: all of them have the words of the search."""

    ids: Sequence[int]
    searched: bool


def path_of(behind: Behind) -> Path:
    """In which order its messages come. The newest came last; in a stretch of time they were sent last."""
    if behind.order is not Order.NEWEST:
        return Path(("confidence", "message_id", "repeat"), behind.order is Order.SUREST)
    return Path(("at", "message_id", "repeat") if _of_a_time(behind) else ("message_id", "repeat"), falling=True)


def key_of(candidate: Candidate, path: Path) -> Key:
    """Where a candidate stands; one of which the run says nothing is the least sure."""
    values = (getattr(candidate, name) for name in path.names)
    return tuple(-1.0 if value is None else value for value in values)


def few(connection: Connection, dataset: DatasetId, behind: Behind) -> Few | None:
    """The few messages that can be meant; None where they may be many. A look at the rules is that of the dataset.

    Raises:
        TallyroomError: there is no such alarm, or no such rule was looked at.
    """
    if behind.alarm is not None:
        return Few(_named_by(connection, behind.alarm), searched=False)
    if behind.is_of_a_look:
        hit = behind.hit or Hit.ALL
        return Few(hit_messages(connection, dataset, behind.rule, hit, behind.other), searched=False)
    if behind.search is not None and (found := found_by(connection, behind.search, FEW)) is not None:
        return Few(found, searched=True)
    for statement in _narrow(behind):
        ids = connection.execute(statement.limit(FEW + 1)).scalars().all()
        if len(ids) <= FEW:
            return Few(list(dict.fromkeys(ids)), searched=False)
    return None


def _named_by(connection: Connection, alarm_id: int) -> list[int]:
    facts = connection.execute(select(Alarm.facts).where(Alarm.id == alarm_id)).scalar_one_or_none()
    if facts is None:
        raise TallyroomError(f"there is no alarm {alarm_id}", where="alarm", fix="It may be of another room.")
    return [int(message_id) for message_id in facts.get("message_ids") or ()]


def _narrow(behind: Behind) -> list[Select[int]]:
    """Statements for the ids of messages that alone can be meant, each along an index."""
    found: list[Select[int]] = []
    if behind.against in _ORIGINS:
        judged = select(Truth.message_id).where(Truth.origin == _ORIGINS[behind.against])
        found.append(judged if behind.truth is None else judged.where(Truth.klass == behind.truth))
    if behind.against is Against.FOLDS and behind.truth is not None and behind.predicted is not None:
        cell = (FoldPrediction.truth == behind.truth, FoldPrediction.klass == behind.predicted)
        found.append(select(FoldPrediction.message_id).where(FoldPrediction.run_id == behind.run, *cell))
    if behind.since is not None and behind.until is not None and behind.order is not Order.NEWEST:
        found.append(select(Message.id).where(*_in_time(behind)))
    return found


def looked_up(behind: Behind, ids: Sequence[int]) -> Select[Any]:
    """These messages as candidates."""
    said: Any = FoldPrediction if behind.against is Against.FOLDS else Prediction
    query = select(*_columns(behind, said, Message.id), Message.body, Message.sender, _fitting(behind, said))
    query = query.select_from(Message).outerjoin(Truth, Truth.message_id == Message.id)
    query = query.join(said, _of_run(said, behind), isouter=behind.is_named)
    return query.where(Message.id.in_(ids))


def walking(behind: Behind, after: Key | None, most: int) -> Select[Any]:
    """The next `most` candidates along the index that has the order."""
    path = path_of(behind)
    said: Any = FoldPrediction if behind.against is Against.FOLDS else Prediction
    if path.names[0] == "at":
        query, keys = _along_time(behind, said)
    elif _walks_truth(behind):
        query, keys = _along_truth(behind, said)
    else:
        query, keys = _along_said(behind, said, path)
    if after is not None:
        key = [behind.run, *after] if keys[0] is said.run_id else after
        mark = tuple(key[: len(keys)])
        query = query.where(tuple_(*keys) < mark if path.falling else tuple_(*keys) > mark)
        query = query.where(keys[0] <= mark[0] if path.falling else keys[0] >= mark[0])
    order = [each.desc() if path.falling else each.asc() for each in keys]
    return query.order_by(*order).limit(most)  # type: ignore[no-any-return]


def _along_time(behind: Behind, said: Any) -> tuple[Any, list[Any]]:
    """All messages of the time. One that the run has not judged takes up a row, so that the walk is bounded."""
    query = _selected(behind, said, Message.id, joined=True).select_from(Message)
    query = query.outerjoin(said, _of_run(said, behind)).where(*_in_time(behind))
    return _with_truth(query, behind, Message.id), [message_time, Message.id, *_repeat(behind, said)]


def _along_truth(behind: Behind, said: Any) -> tuple[Any, list[Any]]:
    """All messages of a class in truth, by their ids."""
    query = _selected(behind, said, Truth.message_id, joined=_needs_texts(behind)).select_from(Truth)
    query = query.outerjoin(said, and_(_run(said, behind), said.message_id == Truth.message_id))
    query = query.where(Truth.origin == _ORIGINS[behind.against], Truth.klass == behind.truth)
    return _with_message(query, behind, Truth.message_id), [Truth.message_id]


def _along_said(behind: Behind, said: Any, path: Path) -> tuple[Any, list[Any]]:
    """All that the run said, by message or by how sure it was."""
    joined = _needs_texts(behind) or _of_a_time(behind)
    query = _selected(behind, said, said.message_id, joined=joined).select_from(said)
    query = _with_message(_with_truth(query, behind, said.message_id), behind, said.message_id)
    if path.names[0] == "confidence":
        keys = [said.confidence, said.message_id, *_repeat(behind, said)]
        return query.where(_run(said, behind), *_so_sure(behind, said)), keys
    # A run as a range and in the order: as a constant, PostgreSQL thinks as well of the index on the message alone,
    # and would pass over what all other runs said of the newest millions.
    query = query.where(said.run_id.between(behind.run, behind.run))
    return query, [said.run_id, said.message_id, *_repeat(behind, said)]


def _selected(behind: Behind, said: Any, message_id: Any, *, joined: bool) -> Any:
    texts: Sequence[Any] = (Message.body, Message.sender) if _needs_texts(behind) else (null(), null())
    return select(*_columns(behind, said, message_id, joined=joined), *texts, _fitting(behind, said))


def _with_message(query: Any, behind: Behind, message_id: Any) -> Any:
    wanted = _needs_texts(behind) or _of_a_time(behind)
    return query.outerjoin(Message, Message.id == message_id) if wanted else query


def _repeat(behind: Behind, said: Any) -> list[Any]:
    """The last column of a key, where there are repeats."""
    return [said.repeat] if behind.against is Against.FOLDS else []


def residual(behind: Behind, *, searched: bool) -> Callable[[Candidate], bool]:
    """What the database cannot say of a candidate: its words and its slice."""
    search = None if searched else behind.search

    def fits(candidate: Candidate) -> bool:
        body = candidate.body or ""
        there = behind.slice is None or behind.slice in slices_of(body, candidate.sender)
        return there and (search is None or search.matches(body))

    return fits


def _columns(behind: Behind, said: Any, message_id: Any, *, joined: bool = True) -> list[Any]:
    repeat = said.repeat if behind.against is Against.FOLDS else literal(0)
    held: Any
    origin: Any
    held, origin = (said.truth, null()) if behind.against is Against.FOLDS else (null(), null())
    if behind.against in _ORIGINS:
        held, origin = Truth.klass, Truth.origin
    at: Any = message_time if joined else null()
    return [message_id, func.coalesce(repeat, 0), said.klass, said.confidence, held, origin, at]


def _fitting(behind: Behind, said: Any) -> ColumnElement[bool]:
    """All that is asked of a candidate, in the database's words."""
    wanted: list[Any] = [true(), *_in_time(behind), *_so_sure(behind, said)]
    held: Any = said.truth if behind.against is Against.FOLDS else Truth.klass
    if behind.against in _ORIGINS:
        wanted.append(Truth.origin == _ORIGINS[behind.against])
    if behind.predicted is not None:
        wanted.append(said.klass == behind.predicted)
    if behind.truth is not None:
        wanted.append(held == behind.truth)
    if behind.correct is not None:
        wanted.append(held == said.klass if behind.correct else held != said.klass)
    if not behind.is_named:
        wanted.append(said.klass.is_not(None))
    return and_(*wanted)


def _with_truth(query: Any, behind: Behind, message_id: Any) -> Any:
    return query.outerjoin(Truth, Truth.message_id == message_id) if behind.against in _ORIGINS else query


def _run(said: Any, behind: Behind) -> ColumnElement[bool]:
    return said.run_id == behind.run  # type: ignore[no-any-return]


def _of_run(said: Any, behind: Behind) -> ColumnElement[bool]:
    return and_(_run(said, behind), said.message_id == Message.id)


def _walks_truth(behind: Behind) -> bool:
    """Whether the messages of a class in truth are walked, by their ids."""
    return behind.against in _ORIGINS and behind.truth is not None and path_of(behind).names[0] == "message_id"


def _of_a_time(behind: Behind) -> bool:
    return behind.since is not None or behind.until is not None


def _needs_texts(behind: Behind) -> bool:
    return behind.slice is not None or bool(behind.q)


def _in_time(behind: Behind) -> list[ColumnElement[bool]]:
    bounds = []
    if behind.since is not None:
        bounds.append(message_time >= behind.since)
    if behind.until is not None:
        bounds.append(message_time < behind.until)
    return bounds


def _so_sure(behind: Behind, said: Any) -> list[ColumnElement[bool]]:
    bounds = []
    if behind.at_least is not None:
        bounds.append(said.confidence >= behind.at_least)
    if behind.below is not None:
        bounds.append(said.confidence < behind.below)
    return bounds
