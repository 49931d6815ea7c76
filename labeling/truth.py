"""Truth by the room's consensus: derived anew from all verdicts, told from the facts alone.

The majority holds at once, in each verdict's own transaction. The other ways weigh everybody's words against
everybody's: they are run before a training, and change the labels that come out otherwise. What was judged since holds
what the majority says until the next time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, Connection, and_, bindparam, exists, func, insert, or_, select, text
from sqlalchemy.orm import aliased

from core.store import Store
from core.store.feed import emit
from core.store.models import DatasetId, FoldPrediction, Message, Origin, Prediction, RunId, Truth
from core.store.paced import write_paced
from core.store.queries.live import champion
from core.store.records.labels import set_label
from labeling.consensus import CONSENSUS, Fitted, majority
from labeling.models import Decision, Task, TruthRebuild, Verdict, VerdictKind

PAGE = 5_000
CHUNK = 500
IMMEDIATE = "majority"

_later, _taken_back = aliased(Verdict), aliased(Verdict)


def _about_messages() -> ColumnElement[bool]:
    """What is said of gold measures the person, not the message."""
    return ~exists().where(Task.id == Verdict.task_id, Task.gold)


# Verdicts that stood when `until` was the last of them, in pages along the primary key.
STOOD = (
    select(Verdict.id, Verdict.message_id, Verdict.person_id, Verdict.klass)
    .where(
        Verdict.kind == VerdictKind.LABEL,
        Verdict.id > bindparam("after"),
        Verdict.id <= bindparam("until"),
        _about_messages(),
        ~exists().where(_later.supersedes == Verdict.id, _later.id <= bindparam("until")),
    )
    .order_by(Verdict.id)
    .limit(PAGE)
)
# Since then a label came, or one was taken back: such a message holds what the majority says.
JUDGED_SINCE = (
    select(Verdict.message_id)
    .where(
        Verdict.id > bindparam("until"),
        _about_messages(),
        or_(
            Verdict.kind == VerdictKind.LABEL,
            and_(
                Verdict.kind == VerdictKind.UNDO,
                exists().where(_taken_back.id == Verdict.supersedes, _taken_back.kind == VerdictKind.LABEL),
            ),
        ),
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
        TruthRebuild.method,
        TruthRebuild.classes,
        TruthRebuild.verdict_cutoff,
        TruthRebuild.decision_cutoff,
        TruthRebuild.run_id,
        TruthRebuild.at,
    )
    .order_by(TruthRebuild.id.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Derivation:
    """How the truth was derived: by which way, over which classes, from what was there until then."""

    method: str
    classes: tuple[str, ...]
    verdict_cutoff: int
    decision_cutoff: int
    run_id: RunId | None
    at: int

    @property
    def cutoffs(self) -> dict[str, int]:
        """As the statements want them."""
        return {"until": self.verdict_cutoff, "decided_until": self.decision_cutoff}


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild found: verdicts weighed, messages they are about, labels that changed. All 0: nothing was new."""

    method: str
    verdicts: int
    messages: int
    changed: int


def rebuild_truth(
    store: Store, dataset: DatasetId, method: str, classes: Sequence[str], *, anew: bool = False
) -> Rebuilt:
    """Derive the truth from all verdicts, and write the labels that come out otherwise.

    Costs the verdicts, not the messages. The desk works on meanwhile: what is judged while this runs keeps what its own
    verdict made of it. Stopped half-way, it is put right by running it again with `anew`.

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
            return Rebuilt(method, 0, 0, 0)
    derivation = store.write(lambda connection: _begin(connection, method, classes, run_id))
    with store.read() as connection:
        verdicts = stood(connection, derivation.verdict_cutoff)
        fitted = fit(connection, derivation, verdicts)
        changes = _otherwise(connection, fitted.messages)
    written = write_paced(store, changes, lambda connection, piece: _write(connection, derivation, piece))
    return Rebuilt(method, len(verdicts), len(fitted.messages), sum(written))


def last_derivation(connection: Connection) -> Derivation | None:
    """How the truth was derived last; None where it was always the majority's, at once."""
    row = connection.execute(LAST_REBUILD).first()
    return None if row is None else Derivation(row[0], tuple(row[1]), *row[2:])


def stood(connection: Connection, until: int) -> pd.DataFrame:
    """The verdicts that stood at verdict `until`: message_id, person_id, klass; none on gold."""
    pages: list[Sequence[tuple[int, int, int, str]]] = []
    after = 0
    while rows := connection.execute(STOOD, {"after": after, "until": until}).all():
        after = rows[-1][0]
        pages.append([tuple(row) for row in rows])  # type: ignore[misc]
    flat = [row[1:] for page in pages for row in page]
    return pd.DataFrame(flat, columns=["message_id", "person_id", "klass"])


def fit(connection: Connection, derivation: Derivation, verdicts: pd.DataFrame) -> Fitted:
    """What the verdicts make of their messages, with what the model had said by then."""
    classes = sorted({*derivation.classes, *verdicts["klass"]})
    model = None
    if derivation.run_id is not None:
        ids = sorted(set(verdicts["message_id"]))
        model = said_by(connection, derivation.run_id, ids, classes, derivation.at)
    return CONSENSUS.get(derivation.method)(classes).fit(verdicts, model)


def said_by(
    connection: Connection, run_id: int, message_ids: Sequence[int], classes: Sequence[str], before_ms: int
) -> pd.DataFrame:
    """What a run's model says of messages, as probabilities: its confidence, the rest shared by the other classes.

    Of a message that it was trained on, what it said while that was held out: no model may vouch for what it learnt.
    """
    said: dict[int, tuple[str, float]] = {}
    for ids in _chunks(message_ids):
        later = select(Prediction.message_id, Prediction.klass, Prediction.confidence).where(
            Prediction.run_id == run_id, Prediction.message_id.in_(ids), Prediction.at <= before_ms
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
    newest = connection.execute(select(func.max(Verdict.id))).scalar() or 0
    opinions = stood(connection, newest).groupby("message_id")["klass"].agg(list)
    held = {int(message): majority(said).klass for message, said in opinions.items()}  # type: ignore[call-overload]
    derivation = last_derivation(connection)
    if derivation is not None and derivation.method != IMMEDIATE:
        then = fit(connection, derivation, stood(connection, derivation.verdict_cutoff)).messages
        since = touched(connection, derivation)
        derived = dict(zip(then["message_id"].tolist(), then["klass"], strict=True))
        held |= {message: klass for message, klass in derived.items() if message not in since}
    held |= {row.message_id: row.klass for row in connection.execute(DECIDED)}
    return {message: klass for message, klass in held.items() if klass is not None}


def touched(connection: Connection, derivation: Derivation, message_ids: Sequence[int] | None = None) -> set[int]:
    """The messages (of these) on which somebody has said something since."""
    judged, decided = JUDGED_SINCE, DECIDED_SINCE
    if message_ids is not None:
        judged, decided = (
            judged.where(Verdict.message_id.in_(message_ids)),
            decided.where(Decision.message_id.in_(message_ids)),
        )
    cutoffs = derivation.cutoffs
    return {*connection.execute(judged, cutoffs).scalars(), *connection.execute(decided, cutoffs).scalars()}


def _nothing_new(connection: Connection, method: str, classes: Sequence[str], run_id: RunId | None) -> bool:
    last = last_derivation(connection)
    if last is None or last.method == IMMEDIATE:
        return method == IMMEDIATE
    same = (last.method, last.classes, last.run_id) == (method, tuple(classes), run_id)
    return same and not (
        connection.execute(JUDGED_SINCE.limit(1), last.cutoffs).first()
        or connection.execute(DECIDED_SINCE.limit(1), last.cutoffs).first()
    )


def _begin(connection: Connection, method: str, classes: Sequence[str], run_id: RunId | None) -> Derivation:
    """Note what is there now. Nobody's verdict is in flight at that moment: ids commit out of order."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE verdict, decision IN SHARE MODE"))
    judged = connection.execute(select(func.max(Verdict.id))).scalar() or 0
    decided = connection.execute(select(func.max(Decision.id))).scalar() or 0
    row = {
        "method": method,
        "classes": list(classes),
        "verdict_cutoff": judged,
        "decision_cutoff": decided,
        "run_id": run_id,
    }
    at = connection.execute(insert(TruthRebuild).returning(TruthRebuild.at), row).scalar_one()
    return Derivation(method, tuple(classes), judged, decided, run_id, at)


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


def _write(connection: Connection, derivation: Derivation, piece: pd.DataFrame) -> int:
    """The labels of these messages, but of those that somebody judged or decided meanwhile; gives how many."""
    changed, ref = 0, f"consensus:{derivation.method}"
    for ids in _chunks(sorted(piece["message_id"].tolist())):
        # A verdict takes its message before it is stored: it is there already, or it waits for us.
        lock = select(Message.id).where(Message.id.in_(ids)).order_by(Message.id).with_for_update(key_share=True)
        connection.execute(lock).all()
        leave = touched(connection, derivation, ids)
        leave |= set(connection.execute(DECIDED.where(Decision.message_id.in_(ids))).scalars())
        held = _held(connection, ids)
        rest = piece[piece["message_id"].isin(set(ids) - leave)]
        for message, klass, sure in zip(*(rest[name].tolist() for name in rest.columns), strict=True):
            if held.get(message) != klass:
                set_label(connection, message, Origin.VERDICT, klass, ref=ref, confidence=sure)
                changed += 1
    if changed:
        emit(connection, "labels", origin=str(Origin.VERDICT), n=changed)
    return changed


def _chunks(ids: Iterable[int]) -> Iterator[list[int]]:
    """Ids in lists that an IN takes."""
    every = [int(each) for each in ids]
    for start in range(0, len(every), CHUNK):
        yield every[start : start + CHUNK]
