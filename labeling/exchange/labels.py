"""The labels of now, or as they stood: read a page at a time, each page in a moment of its own."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, exists, func, literal_column, or_, select
from sqlalchemy.orm import aliased

from core.store import Store
from core.store.locks import own_labels_lock
from core.store.models import PRECEDENCE, DatasetId, Label, Message, Origin, Run, Truth
from labeling.exchange.row import LabelRow
from labeling.models import Lease, Person, Task, Verdict, VerdictKind, Withdrawal, WithdrawnVerdict

_Opinion = Any  # a row of OPINIONS: message id, class, blind, run shown, name
PAGE = 2_000
EVERY = tuple(PRECEDENCE)
GIVEN = (Origin.VERDICT, Origin.IMPORTED)
_FOREVER = 2**62


@dataclass(frozen=True, slots=True)
class AsOf:
    """A moment, told by the last ids that count: of labels, of verdicts, of withdrawals."""

    label: int
    verdict: int
    withdrawal: int


NOW = AsOf(_FOREVER, _FOREVER, _FOREVER)

_these: BindParameter[Any] = bindparam("these", expanding=True)
_message = (Message.source, Message.key, Message.body, Message.dataset_id)
# The dataset is looked at afterwards: asked for it here, SQLite reads all its messages for each page.
ROWS = (
    select(
        Truth.message_id,
        Truth.klass,
        Truth.origin,
        Label.origin_ref,
        Label.confidence,
        Label.created_at,
        *_message,
    )
    .join(Message, Message.id == Truth.message_id)
    .join(Label, Label.id == Truth.label_id)
    .where(Truth.message_id.in_(_these))
    .order_by(Truth.message_id)
)
NEXT = (
    select(Truth.message_id)
    .where(Truth.message_id > bindparam("after"))
    .order_by(Truth.message_id)
    .limit(bindparam("most"))
)
# Along ix_truth_origin_klass_message_id, a class at a time: a few verdicts among millions of rules' labels cost what
# they are, and no list of ids is ever in memory.
NEXT_CLASS = (
    select(Truth.klass)
    .where(Truth.origin == bindparam("this_origin"), Truth.klass > bindparam("after"))
    .order_by(Truth.klass)
    .limit(1)
)
NEXT_OF = (
    select(Truth.message_id)
    .where(
        Truth.origin == bindparam("this_origin"),
        Truth.klass == bindparam("this_class"),
        Truth.message_id > bindparam("after"),
    )
    .order_by(Truth.message_id)
    .limit(bindparam("most"))
)

# As it stood. The word 'rule' is no parameter: both databases must see it to know that the partial index ix_label_given
# will do, which holds what people and sources gave and nothing of the rules.
_given = Label.origin != literal_column("'rule'")
_labelled = Label.id <= bindparam("up_to")
_page = (
    select(Label.message_id)
    .where(Label.message_id > bindparam("after"), _labelled)
    .group_by(Label.message_id)
    .order_by(Label.message_id)
    .limit(bindparam("most"))
)
LABELLED, LABELLED_GIVEN = _page, _page.where(_given)
_stood = (
    select(
        Label.message_id,
        Label.klass,
        Label.origin,
        Label.origin_ref,
        Label.confidence,
        Label.created_at,
        *_message,
    )
    .join(Message, Message.id == Label.message_id)
    .where(Label.message_id.in_(_these), _labelled, Label.origin.in_(bindparam("origins", expanding=True)))
    .order_by(Label.message_id, Label.id)
)
STOOD, STOOD_GIVEN = _stood, _stood.where(_given)

_later = aliased(Verdict)
# The verdicts behind labels, as the desk counts them: neither undone nor withdrawn, at that moment.
OPINIONS = (
    select(Verdict.message_id, Verdict.klass, Verdict.blind, Lease.shown_run_id, Person.name)
    .join(Lease, Lease.id == Verdict.lease_id)
    .join(Person, Person.id == Verdict.person_id)
    .where(
        Verdict.message_id.in_(_these),
        Verdict.kind == VerdictKind.LABEL,
        ~exists().where(Task.id == Verdict.task_id, Task.gold),
        Verdict.id <= bindparam("last_verdict"),
        ~exists().where(_later.supersedes == Verdict.id, _later.id <= bindparam("last_verdict")),
        ~exists().where(
            WithdrawnVerdict.verdict_id == Verdict.id,
            WithdrawnVerdict.withdrawal_id <= bindparam("last_withdrawal"),
            or_(WithdrawnVerdict.back_id.is_(None), WithdrawnVerdict.back_id > bindparam("last_withdrawal")),
        ),
    )
    .order_by(Verdict.message_id, Verdict.id)
)


def labels(
    store: Store,
    dataset: DatasetId,
    origins: Origin | Collection[Origin] | None = None,
    *,
    as_of: AsOf | None = None,
    after: int = 0,
    people: bool = False,
) -> Iterator[LabelRow]:
    """Labels in order of the messages' ids.

    Args:
        store: the room's store.
        dataset: whose messages.
        origins: only what these say (people, sources or rules); all of it by default. As of a moment, labels of others
            are not looked at: a message that a person judged may be there with what its source says.
        as_of: how they stood at a moment; how they stand now where it is left out.
        after: begin behind this message id.
        people: name who gave the verdicts.
    """
    for _, row in numbered(store, dataset, origins, as_of=as_of, after=after, people=people):
        yield row


def numbered(
    store: Store,
    dataset: DatasetId,
    origins: Origin | Collection[Origin] | None = None,
    *,
    as_of: AsOf | None = None,
    after: int = 0,
    people: bool = False,
    page: int = PAGE,
) -> Iterator[tuple[int, LabelRow]]:
    """As `labels`, each with the id of its message; `page` are read at once."""
    wanted = EVERY if origins is None else ((origins,) if isinstance(origins, Origin) else tuple(sorted(origins)))
    pages = _standing(store, wanted, after, page) if as_of is None else _stood_at(store, wanted, after, as_of, page)
    titles = _Titles(store)
    for found in pages:
        rows = [row for row in found if row[-1] == dataset and row[2] in wanted]
        opinions = _opinions(store, [row[0] for row in rows if row[2] == Origin.VERDICT], as_of or NOW)
        # Unpacked and not by name, here and below: a hundred thousand rows pass, and a name costs what a row does.
        for message_id, klass, origin, ref, confidence, at, source, key, body, _ in rows:
            said = _summed(opinions.get(message_id, ()), klass, titles, people=people)
            yield message_id, LabelRow(source, key, klass, origin, ref, confidence, at, *said, body)


def _summed(
    opinions: Sequence[_Opinion], klass: str, titles: _Titles, *, people: bool
) -> tuple[int, int, int, str, str]:
    """Of the verdicts on a message: how many, agreeing, blind; the runs that were shown; the names, if wanted."""
    if not opinions:
        return 0, 0, 0, "", ""
    if len(opinions) == 1:
        ((_, said, blind, run_id, name),) = opinions
        return 1, int(said == klass), int(blind), "" if run_id is None else titles[run_id], name if people else ""
    runs = sorted({run_id for *_, run_id, _ in opinions if run_id is not None})
    names = dict.fromkeys(name for *_, name in opinions) if people else ()
    agreed = sum(said == klass for _, said, *_ in opinions)
    blinds = sum(bool(blind) for _, _, blind, *_ in opinions)
    return len(opinions), agreed, blinds, ", ".join(titles[run_id] for run_id in runs), ", ".join(names)


@contextmanager
def _by_keys(store: Store) -> Iterator[Connection]:
    """A read in which PostgreSQL looks a page's rows up by their keys.

    Left alone it reads all labels and all verdicts for each page while they are some hundred thousand: 60 ms a page of
    2,000 instead of 20 (measured; EXPLAIN shows the hash joins over whole tables).
    """
    with store.read() as connection:
        if store.dialect == "postgresql":
            for setting in ("enable_hashjoin = off", "enable_mergejoin = off", "max_parallel_workers_per_gather = 0"):
                connection.exec_driver_sql(f"SET LOCAL {setting}")
        yield connection


class _Titles(dict[int, str]):
    """Runs by their titles, read when one is met."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store

    def __missing__(self, run_id: int) -> str:
        with self._store.read() as connection:
            row = connection.execute(select(Run.candidate, Run.version).where(Run.id == run_id)).first()
        self[run_id] = f"{row.candidate} v{row.version}" if row is not None else f"run {run_id}"
        return self[run_id]


def _opinions(store: Store, message_ids: Sequence[int], as_of: AsOf) -> dict[int, list[_Opinion]]:
    found: dict[int, list[_Opinion]] = {}
    if not message_ids:
        return found
    asked = {"these": message_ids, "last_verdict": as_of.verdict, "last_withdrawal": as_of.withdrawal}
    with _by_keys(store) as connection:
        for opinion in connection.execute(OPINIONS, asked).all():
            found.setdefault(opinion[0], []).append(opinion)
    return found


def _standing(store: Store, origins: Sequence[Origin], after: int, page: int) -> Iterator[Sequence[Any]]:
    """Pages of the truth as it stands."""
    if set(origins) == set(EVERY):
        ids = _keyset(store, NEXT, {}, after, page)
    else:
        each = (
            _keyset(store, NEXT_OF, {"this_origin": origin, "this_class": klass}, after, page)
            for origin in origins
            for klass in _classes(store, origin)
        )
        # A message whose class changes between two pages may come from both.
        ids = (message_id for message_id, _ in groupby(heapq.merge(*each)))
    while these := list(islice(ids, page)):
        with _by_keys(store) as connection:
            rows = connection.execute(ROWS, {"these": these}).all()
        yield rows


def _classes(store: Store, origin: Origin) -> list[str]:
    found: list[str] = []
    with store.read() as connection:
        while (
            row := connection.execute(NEXT_CLASS, {"this_origin": origin, "after": found[-1] if found else ""}).first()
        ) is not None:
            found.append(row.klass)
    return found


def _keyset(store: Store, statement: Any, fixed: dict[str, Any], after: int, most: int) -> Iterator[int]:
    while True:
        with store.read() as connection:
            ids = connection.execute(statement, {**fixed, "after": after, "most": most}).scalars().all()
        yield from ids
        if len(ids) < most:
            return
        after = ids[-1]


def _stood_at(store: Store, origins: Sequence[Origin], after: int, as_of: AsOf, page: int) -> Iterator[Sequence[Any]]:
    """Pages of the labels as they stood: of each message the newest of each origin, then by precedence."""
    given = Origin.RULE not in origins
    pages, rows_of = (LABELLED_GIVEN, STOOD_GIVEN) if given else (LABELLED, STOOD)
    while True:
        with _by_keys(store) as connection:
            asked = {"after": after, "most": page, "up_to": as_of.label}
            these = connection.execute(pages, asked).scalars().all()
            if not these:
                return
            rows = connection.execute(rows_of, {"these": these, "up_to": as_of.label, "origins": origins}).all()
        after = these[-1]
        yield _decided(rows)


def _decided(rows: Sequence[Any]) -> list[Any]:
    newest: dict[int, dict[str, Any]] = {}
    for row in rows:
        newest.setdefault(row.message_id, {})[row.origin] = row
    decided = []
    for said in newest.values():
        given = [row for row in said.values() if row.klass is not None]
        if given:
            decided.append(min(given, key=lambda row: PRECEDENCE[Origin(row.origin)]))
    return decided


def newest_ids(store: Store) -> AsOf:
    """The moment now: the last ids, with every lower one committed."""

    def read(connection: Connection) -> AsOf:
        # Verdicts take their ids before they wait for the labels' lock: their table is held off first.
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("LOCK TABLE verdict, withdrawal IN SHARE MODE")
        own_labels_lock(connection)
        newest = [
            connection.execute(select(func.coalesce(func.max(table.id), 0))).scalar_one()
            for table in (Label, Verdict, Withdrawal)
        ]
        return AsOf(*newest)

    return store.write(read)
