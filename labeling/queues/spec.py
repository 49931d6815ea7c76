"""What a queue is told when it is made, and which of it goes together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.errors import DeskError
from labeling.models import Assigned, Purpose
from labeling.orders import ORDERS

STRICT = frozenset({Purpose.EVALUATION, Purpose.SETTLE})
"""What these find must hold for all messages: they are strictly random."""
RANDOM, LEAST_SURE = "random", "least_sure"
EXPLORE_SHARE = 0.1
GOLD_MOST = 0.5


@dataclass(frozen=True, slots=True)
class QueueSpec:
    """How a queue hands out its messages.

    Left out (None), `order` and `explore_share` are what goes with the purpose: strictly random for `evaluation` and
    `settle`; otherwise least sure first, with a tenth of the hand-outs drawn at random, so that the verdicts still tell
    how good the model is.

    Args:
        name: the queue's name, one of its kind.
        purpose: what its verdicts are for (`labeling.models.Purpose`).
        order: which messages come first (`labeling.orders`).
        overlap: how many people judge each message, 1 to 5; with `adaptive` the most that may.
        adaptive: ask for a further opinion only while the class is less sure than `sure_at`.
        sure_at: a probability.
        blind_share: of the hand-outs, shown without their prediction.
        gold_share: of the hand-outs, messages whose class is known; 0.5 at the most.
        explore_share: of the hand-outs, drawn at random whatever the order.
        lease_ms: how long a message is held for one person.
        guide: Markdown for reviewers; the room's guide where it is left out.
        target: after so many verdicts nothing more is handed out.
        deadline: ms since 1970.
        assigned: to all, to `team`, or to people (named with `set_members`).
        team: a team's name.
        priority: the higher, the earlier.
        top_up: so many messages are kept waiting; None: filled by hand only.
        source: where its messages come from.
        alarm_id: the alarm that its result closes.
    """

    name: str
    purpose: str = Purpose.TRAINING
    order: str | None = None
    overlap: int = 1
    adaptive: bool = False
    sure_at: float = 0.95
    blind_share: float = 0.1
    gold_share: float = 0.0
    explore_share: float | None = None
    lease_ms: int = 180_000
    guide: str | None = None
    target: int | None = None
    deadline: int | None = None
    assigned: str = Assigned.ALL
    team: str | None = None
    priority: int = 0
    top_up: int | None = None
    source: str | None = None
    alarm_id: int | None = None


def settled(spec: QueueSpec) -> QueueSpec:
    """The spec with what was left out, checked.

    Raises:
        UnknownNameError: its order is none.
        DeskError: a value out of range, or two that do not go together.
    """
    if spec.purpose not in set(Purpose):
        raise DeskError(f"'{spec.purpose}' is no purpose of a queue", fix=f"Use one of: {', '.join(Purpose)}.")
    strict = spec.purpose in STRICT
    order = spec.order or (RANDOM if strict else LEAST_SURE)
    explore = spec.explore_share
    if explore is None:
        explore = 1.0 if order == RANDOM else EXPLORE_SHARE
    done = replace(spec, name=" ".join(spec.name.split()), order=order, explore_share=explore)
    if spec.purpose == Purpose.SETTLE:
        done = replace(done, blind_share=1.0)
    check(done)
    return done


def check(spec: QueueSpec) -> None:
    """Refuse what cannot be, with the sentence that says why.

    Raises:
        UnknownNameError: its order is none.
        DeskError: a value out of range, or two that do not go together.
    """
    order = ORDERS.get(spec.order or LEAST_SURE, where="the queue's order")
    if not 1 <= len(spec.name) <= 200:
        raise DeskError("a queue's name has 1 to 200 characters")
    shares = (spec.blind_share, spec.explore_share or 0.0)
    if not (1 <= spec.overlap <= 5 and all(0 <= share <= 1 for share in shares) and spec.lease_ms > 0):
        raise DeskError("a queue has an overlap of 1 to 5, shares of 0 to 1 and a lease of some time")
    if not 0 <= spec.gold_share <= GOLD_MOST:
        raise DeskError(f"at most {GOLD_MOST:.0%} of a queue can be gold: the rest is its work")
    if not 0.5 <= spec.sure_at < 1:
        raise DeskError("sure is a probability from 0.5 to below 1")
    for name in ("target", "top_up"):
        value = getattr(spec, name)
        if value is not None and not 0 < value <= 2_000_000_000:
            raise DeskError(f"{name} is a number of at least 1")
    if spec.assigned not in set(Assigned):
        raise DeskError(f"a queue is assigned to {', '.join(Assigned)}, not to '{spec.assigned}'")
    if (spec.assigned == Assigned.TEAM) != bool(spec.team):
        raise DeskError("a queue for a team names the team, and only such a queue does")
    if spec.purpose in STRICT:
        _strictly_random(spec, probability=order.probability)


def _strictly_random(spec: QueueSpec, *, probability: bool) -> None:
    what = f"a queue for {'settling a comparison' if spec.purpose == Purpose.SETTLE else spec.purpose}"
    if not probability:
        raise DeskError(
            f"{what} is in random order, not '{spec.order}': what it finds must hold for all messages",
            fix="Leave the order out, or make a queue for training.",
        )
    if spec.explore_share != 1.0:
        raise DeskError(f"{what} draws all its messages at random", fix="Leave the explore share out.")
    if spec.purpose == Purpose.SETTLE and spec.blind_share != 1.0:
        raise DeskError(f"{what} is judged blind: a prediction on the screen would sway who decides between two models")


def row_of(spec: QueueSpec) -> dict[str, Any]:
    """The spec as a row of the table."""
    names = QueueSpec.__dataclass_fields__
    return {("order_name" if name == "order" else name): getattr(spec, name) for name in names}


def spec_of(row: Mapping[Any, Any]) -> QueueSpec:
    """The spec of a row of the table."""
    names = QueueSpec.__dataclass_fields__
    return QueueSpec(**{name: row["order_name" if name == "order" else name] for name in names})
