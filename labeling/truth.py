"""Truth by the room's consensus: derived anew from all verdicts, told from the facts alone.

The majority holds at once, in each verdict's own transaction. The other ways weigh everybody's words against
everybody's: they are run before a training, and change the labels that come out otherwise. What was judged since holds
what the majority says until the next time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, Connection, bindparam, exists, func, insert, or_, select, text, update
from sqlalchemy.orm import aliased

from core.store import Store
from core.store.feed import emit
from core.store.locks import own_labels_lock
from core.store.models import DatasetId, FoldPrediction, Message, Origin, Prediction, RunId, Truth, now_ms
from core.store.paced import write_paced
from core.store.queries.live import champion
from core.store.records.labels import set_label
from labeling.consensus import majority
from labeling.consensus.method import CONSENSUS, Fitted
from labeling.models import Decision, Task, TruthRebuild, Verdict, VerdictKind, Withdrawal, WithdrawnVerdict
from labeling.tasks import opining, opinion

PAGE = 5_000
CHUNK = 500
LOCKED_MOST = 50
"""Messages that a rebuild holds at once: whoever judges one of them waits for so many labels at the most."""
IMMEDIATE = "majority"

_later, _replaced = aliased(Verdict), aliased(Verdict)


def _about_messages() -> ColumnElement[bool]:
    """What is said of gold measures the person, not the message."""
    return ~exists().where(Task.id == Verdict.task_id, Task.gold)


# Labels that stood and counted when `until` was the last verdict and `withdrawn_until` the last withdrawal, in pages
# along the primary key.
STOOD = (
    select(Verdict.id, Verdict.message_id, Verdict.person_id, Verdict.klass)
    .where(
        Verdict.kind == VerdictKind.LABEL,
        Verdict.id > bindparam("after"),
        Verdict.id <= bindparam("until"),
        _about_messages(),
        ~exists().where(_later.supersedes == Verdict.id, _later.id <= bindparam("until")),
        ~exists().where(
            WithdrawnVerdict.verdict_id == Verdict.id,
            WithdrawnVerdict.withdrawal_id <= bindparam("withdrawn_until"),
            or_(WithdrawnVerdict.back_id.is_(None), WithdrawnVerdict.back_id > bindparam("withdrawn_until")),
        ),
    )
    .order_by(Verdict.id)
    .limit(PAGE)
)
# Since then an opinion came, or one was replaced or taken back: such a message holds what the majority says.
JUDGED_SINCE = (
    select(Verdict.message_id)
    .where(
        Verdict.id > bindparam("until"),
        _about_messages(),
        or_(
            opining(),
            exists().where(
                _replaced.id == Verdict.supersedes, _replaced.kind.in_((VerdictKind.LABEL, VerdictKind.UNSURE))
            ),
        ),
    )
    .distinct()
)
# And so does one of which a verdict was withdrawn or counts again.
WITHDRAWN_SINCE = (
    select(Verdict.message_id)
    .join(WithdrawnVerdict, WithdrawnVerdict.verdict_id == Verdict.id)
    .where(
        or_(
            WithdrawnVerdict.withdrawal_id > bindparam("withdrawn_until"),
            WithdrawnVerdict.back_id > bindparam("withdrawn_until"),
        )
    )
    .distinct()
)
DECIDED_SINCE = select(Decision.message_id).where(Decision.id > bindparam("decided_until")).distinct()
_next = aliased(Decision)
# The decisions that stand; without a class a message is left to the consensus again.
DECIDED = select(Decision.message_id, Decision.klass).where(
    ~exists().where(_next.supersedes == Decision.id), Decision.klass.is_not(None)
)
LAST_REBUILD = (
    select(
        TruthRebuild.id,
        TruthRebuild.method,
        TruthRebuild.classes,
        TruthRebuild.verdict_cutoff,
        TruthRebuild.decision_cutoff,
        TruthRebuild.withdrawal_cutoff,
        TruthRebuild.run_id,
        TruthRebuild.at,
        TruthRebuild.derived_at,
    )
    .order_by(TruthRebuild.id.desc())
    .limit(1)
)
# The newest rebuild; whoever holds it so keeps another from beginning.
NEWEST = select(TruthRebuild.id).order_by(TruthRebuild.id.desc()).limit(1).with_for_update(read=True)


@dataclass(frozen=True, slots=True)
class Derivation:
    """How the truth was derived: by which way, over which classes, from what was there until then.

    `derived_at`: when all labels had been written; None while they are, and where that broke off.
    """

    id: int
    method: str
    classes: tuple[str, ...]
    verdict_cutoff: int
    decision_cutoff: int
    withdrawal_cutoff: int
    run_id: RunId | None
    at: int
    derived_at: int | None = None

    @property
    def cutoffs(self) -> dict[str, int]:
        """As the statements want them."""
        return {
            "until": self.verdict_cutoff,
            "decided_until": self.decision_cutoff,
            "withdrawn_until": self.withdrawal_cutoff,
        }


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild found: verdicts weighed, messages they are about, labels that changed. All 0: nothing was new.

    `by` is the way that was taken: not `method` where that could not be (Crowdlab.weigh says when).
    """

    method: str
    by: str
    verdicts: int
    messages: int
    changed: int


def rebuild_truth(
    store: Store, dataset: DatasetId, method: str, classes: Sequence[str], *, anew: bool = False
) -> Rebuilt:
    """Derive the truth from all verdicts, and write the labels that come out otherwise.

    Costs the verdicts, not the messages. The desk works on meanwhile: what is judged while this runs keeps what its own
    verdict made of it. Broken off half-way, the next one begins anew; of two at a time the later one goes on alone.

    Args:
        store: the room's store.
        dataset: whose champion is weighed in, where the way weighs a model in.
        method: a name in the registry of consensus.
        classes: the room's classes.
        anew: also where nothing is new.

    Raises:
        UnknownNameError: no consensus is called `method`.
    """
    way = CONSENSUS.get(method, where="[desk] consensus")
    with store.read() as connection:
        current = champion(connection, dataset) if way.uses_model else None
        run_id = current.run_id if current else None
        if not anew and _nothing_new(connection, method, classes, run_id):
            return Rebuilt(method, method, 0, 0, 0)
    derivation = store.write(lambda connection: _begin(connection, method, classes, run_id))
    with store.read() as connection:
        verdicts = stood(connection, derivation)
        model = _model(connection, derivation, verdicts)
    fitted = _fit(derivation, verdicts, model)  # takes seconds: nothing is held open meanwhile
    with store.read() as connection:
        changes = _otherwise(connection, fitted.messages)
    changed = sum(write_paced(store, changes, partial(_write, derivation), most=LOCKED_MOST))
    store.write(partial(_end, derivation))
    return Rebuilt(method, fitted.by, len(verdicts), len(fitted.messages), changed)


def last_derivation(connection: Connection) -> Derivation | None:
    """How the truth was derived last; None where it was always the majority's, at once."""
    row = connection.execute(LAST_REBUILD).first()
    return None if row is None else Derivation(row[0], row[1], tuple(row[2]), *row[3:])


def stood(connection: Connection, derivation: Derivation) -> pd.DataFrame:
    """The labels that counted then: message_id, person_id, klass; none on gold."""
    columns = ["message_id", "person_id", "klass"]
    pages = [pd.DataFrame({"message_id": [], "person_id": []}, dtype="int64").assign(klass=pd.Series(dtype=object))]
    name: dict[str | None, str | None] = {}  # one string a class, not one a verdict
    after = 0
    while page := connection.execute(STOOD, {"after": after, **_used(derivation)}).all():
        after = page[-1].id
        rows = [(row.message_id, row.person_id, name.setdefault(row.klass, row.klass)) for row in page]
        pages.append(pd.DataFrame(rows, columns=columns).astype({"klass": object}))
    return pd.concat(pages, ignore_index=True)


def _used(derivation: Derivation) -> dict[str, int]:
    return {name: value for name, value in derivation.cutoffs.items() if name != "decided_until"}


def _classes(derivation: Derivation, verdicts: pd.DataFrame) -> list[str]:
    """The room's classes, and those that verdicts of before a change of them name."""
    return sorted({*derivation.classes, *verdicts["klass"]})


def _model(connection: Connection, derivation: Derivation, verdicts: pd.DataFrame) -> pd.DataFrame | None:
    """What the model had said of the messages by then."""
    if derivation.run_id is None:
        return None
    ids = sorted(set(verdicts["message_id"]))
    return said_by(connection, derivation.run_id, ids, _classes(derivation, verdicts), derivation.at)


def _fit(derivation: Derivation, verdicts: pd.DataFrame, model: pd.DataFrame | None) -> Fitted:
    return CONSENSUS.get(derivation.method)(_classes(derivation, verdicts)).fit(verdicts, model)


def said_by(
    connection: Connection, run_id: int, message_ids: Sequence[int], classes: Sequence[str], before_ms: int
) -> pd.DataFrame:
    """What a run's model says of messages, as probabilities: its confidence, the rest shared by the other classes.

    Of a message that it was trained on, what it said while that was held out: no model may vouch for what it learnt.
    """
    said: dict[int, tuple[str, float]] = {}
    for ids in _chunks(message_ids):
        later = select(Prediction.message_id, Prediction.klass, Prediction.confidence).where(
            Prediction.run_id == run_id, Prediction.message_id.in_(ids), Prediction.at < before_ms
        )
        held_out = (
            select(FoldPrediction.message_id, FoldPrediction.klass, FoldPrediction.confidence)
            .where(FoldPrediction.run_id == run_id, FoldPrediction.message_id.in_(ids))
            .order_by(FoldPrediction.repeat.desc())
        )
        for query in (later, held_out):
            said |= {row[0]: (row[1], row[2]) for row in connection.execute(query)}
    known = [message_id for message_id in said if said[message_id][0] in classes]
    place = {klass: code for code, klass in enumerate(classes)}
    sure = np.clip([said[message_id][1] for message_id in known], 1 / len(classes), 1.0)
    shares = np.repeat(((1 - sure) / (len(classes) - 1))[:, None], len(classes), axis=1)
    shares[np.arange(len(known)), [place[said[message_id][0]] for message_id in known]] = sure
    return pd.DataFrame(shares, index=pd.Index(known, dtype="int64"), columns=list(classes))


def expected(connection: Connection) -> dict[int, str]:
    """What each message that people judged should be held to be, told from the facts. Reads all verdicts."""
    said: dict[int, list[str | None]] = {}
    for row in connection.execute(select(Verdict.message_id, Verdict.klass).where(opinion())):
        said.setdefault(row.message_id, []).append(row.klass)
    held = {message: majority(opinions).klass for message, opinions in said.items()}
    derivation = last_derivation(connection)
    if derivation is not None and derivation.method != IMMEDIATE:
        verdicts = stood(connection, derivation)
        then = _fit(derivation, verdicts, _model(connection, derivation, verdicts)).messages
        since = touched(connection, derivation)
        derived = zip(then["message_id"].tolist(), then["klass"], strict=True)
        held |= {message: klass for message, klass in derived if message not in since}
    held |= {row.message_id: row.klass for row in connection.execute(DECIDED)}
    return {message: klass for message, klass in held.items() if klass is not None}


def touched(connection: Connection, derivation: Derivation, message_ids: Sequence[int] | None = None) -> set[int]:
    """The messages (of these) on which somebody has said something since."""
    since = (
        (JUDGED_SINCE, Verdict.message_id, "until"),
        (DECIDED_SINCE, Decision.message_id, "decided_until"),
        (WITHDRAWN_SINCE, Verdict.message_id, "withdrawn_until"),
    )
    found: set[int] = set()
    for query, about, cutoff in since:
        these = query if message_ids is None else query.where(about.in_(message_ids))
        found.update(connection.execute(these, {cutoff: derivation.cutoffs[cutoff]}).scalars())
    return found


def _nothing_new(connection: Connection, method: str, classes: Sequence[str], run_id: RunId | None) -> bool:
    last = last_derivation(connection)
    if last is None:
        return method == IMMEDIATE
    if last.derived_at is None:
        return False
    if last.method == IMMEDIATE:
        return method == IMMEDIATE
    same = (last.method, last.classes, last.run_id) == (method, tuple(classes), run_id)
    return same and not touched(connection, last)


def _begin(connection: Connection, method: str, classes: Sequence[str], run_id: RunId | None) -> Derivation:
    """Note what is there now. At that moment nothing is in flight: ids commit out of order."""
    if connection.dialect.name == "postgresql":
        # First: waits for the piece that another rebuild is writing, which may wait for a verdict, which must not wait
        # for us. Its next piece finds this rebuild and stops.
        connection.execute(text("LOCK TABLE truth_rebuild IN EXCLUSIVE MODE"))
        connection.execute(text("LOCK TABLE verdict, decision, withdrawn_verdict IN SHARE MODE"))
    own_labels_lock(connection)  # withdrawals and predictions hold it
    judged = connection.execute(select(func.max(Verdict.id))).scalar() or 0
    decided = connection.execute(select(func.max(Decision.id))).scalar() or 0
    # A withdrawal under way has marked some of its verdicts only: it counts as made since.
    unfinished = connection.execute(select(func.min(Withdrawal.id)).where(Withdrawal.derived_at.is_(None))).scalar()
    newest = connection.execute(select(func.max(Withdrawal.id))).scalar() or 0
    withdrawn = newest if unfinished is None else unfinished - 1
    row = {
        "method": method,
        "classes": list(classes),
        "verdict_cutoff": judged,
        "decision_cutoff": decided,
        "withdrawal_cutoff": withdrawn,
        "run_id": run_id,
    }
    made = connection.execute(insert(TruthRebuild).returning(TruthRebuild.id, TruthRebuild.at), row).one()
    return Derivation(made.id, method, tuple(classes), judged, decided, withdrawn, run_id, made.at)


def _otherwise(connection: Connection, messages: pd.DataFrame) -> pd.DataFrame:
    """The messages that are held to be something else now."""
    held = _held(connection, messages["message_id"].tolist())
    differs = [
        held.get(message) != klass for message, klass in zip(messages["message_id"], messages["klass"], strict=True)
    ]
    return messages[pd.Series(differs, index=messages.index, dtype=bool)]


def _held(connection: Connection, message_ids: Sequence[int]) -> dict[int, str]:
    held: dict[int, str] = {}
    for ids in _chunks(message_ids):
        query = select(Truth.message_id, Truth.klass).where(Truth.message_id.in_(ids), Truth.origin == Origin.VERDICT)
        held |= {row.message_id: row.klass for row in connection.execute(query)}
    return held


def _write(derivation: Derivation, connection: Connection, piece: pd.DataFrame) -> int:
    """The labels of these few messages, but of those that somebody judged or decided meanwhile; gives how many."""
    if connection.execute(NEWEST).scalar() != derivation.id:
        return 0
    ids = sorted(piece["message_id"].tolist())
    # A verdict takes its message before it is stored: it is there already, or it waits for us.
    lock = select(Message.id).where(Message.id.in_(ids)).order_by(Message.id).with_for_update(key_share=True)
    connection.execute(lock).all()
    leave = touched(connection, derivation, ids)
    leave |= set(connection.execute(DECIDED.where(Decision.message_id.in_(ids))).scalars())
    held = _held(connection, ids)
    changed, ref = 0, f"consensus:{derivation.method}"
    rest = piece[~piece["message_id"].isin(leave)]
    for message, klass, sure in zip(*(rest[name].tolist() for name in rest.columns), strict=True):
        if held.get(message) != klass:
            set_label(connection, message, Origin.VERDICT, klass, ref=ref, confidence=sure)
            changed += 1
    if changed:
        emit(connection, "labels", origin=str(Origin.VERDICT), n=changed)
    return changed


def _end(derivation: Derivation, connection: Connection) -> None:
    """Note that all is written, where no later rebuild has begun."""
    if connection.execute(NEWEST).scalar() == derivation.id:
        done = update(TruthRebuild).where(TruthRebuild.id == derivation.id)
        connection.execute(done.values(derived_at=now_ms()))


def _chunks(ids: Iterable[int]) -> Iterator[list[int]]:
    """Ids in lists that an IN takes."""
    every = [int(each) for each in ids]
    for start in range(0, len(every), CHUNK):
        yield every[start : start + CHUNK]
