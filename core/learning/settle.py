"""Which of two models is right where they disagree, told at any moment.

Messages on which the two disagree are drawn at random and judged blind. Whoever looks after every verdict and stops
when it looks good is wrong far more often than a p-value says; an e-process may be looked at as often as one likes
(Ville's inequality: while neither is better it ever reaches 20 with a chance of at most 1 in 20).

A verdict is worth 1 where only B was right, 0 where only A was, and 1/2 where neither was. Of a game in which somebody
bets on p, the chance of B, while the mean is m, the wealth is multiplied by `p/m` where B was right, by `(1-p)/(1-m)`
where A was, and by the mean of the two where neither was: fair for every law with the mean m. The mixture over p of
such games is fair as well, whatever the mixture; ours is a beta distribution at the nodes of its Gauss-Jacobi rule. At
m = 1/2 that is the beta-binomial mixture, to which verdicts for neither add nothing: the evidence. The m at which the
wealth stays below 20 are an interval, for each game is log-convex in m: the confidence sequence. So the interval leaves
zero out exactly where the evidence has reached 20. The why and the figures: docs/explanation/settle.md.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

PRIOR = 2.0
"""Both parameters of the beta mixture. Chosen by the simulation in bench/settle.py: best where the better one is right
on two of three messages, and hardly worse elsewhere."""
NODES = 256
LEVEL = 0.05
EQUIVALENT = 0.002
"""A fifth of a point of accuracy over all messages: models closer than that are held to be equal."""


class Winner(enum.IntEnum):
    """Which of the two was right on a message."""

    A = -1
    NEITHER = 0
    B = 1


class State(enum.StrEnum):
    """Where the asking stands."""

    GOING_ON = "going on"
    SETTLED = "settled"
    EQUAL = "equal"
    ALL_JUDGED = "all judged"


@dataclass(frozen=True, slots=True)
class Pool:
    """The messages that both models judged, and on how many of them they disagree."""

    compared: int
    disagree: int

    @property
    def share(self) -> float:
        """Of all messages, those on which they disagree."""
        return self.disagree / self.compared if self.compared else 0.0


@dataclass(frozen=True, slots=True)
class Settlement:
    """What the verdicts so far say.

    `a` and `b`: so often was one alone right; `neither`: so often none. `difference` is B's accuracy minus A's over all
    messages compared, with its interval; `evidence` that one of the two is better, as to one; `to_go` the verdicts
    until it is settled if things go on as they went, None where that is not in sight. `settled_at` counts the verdicts
    at which the evidence first sufficed: from there on it is settled, whatever comes.
    """

    a: int
    b: int
    neither: int
    difference: float
    low: float
    high: float
    evidence: float
    leader: Winner
    state: State
    settled_at: int | None
    to_go: int | None

    @property
    def verdicts(self) -> int:
        """Messages judged."""
        return self.a + self.b + self.neither


def log_evidence(a: ArrayLike, b: ArrayLike) -> Floats:
    """The logarithm of the evidence against 'each is right as often as the other'."""
    from scipy.special import betaln  # here: SciPy takes a second to import

    a, b = np.asarray(a, float), np.asarray(b, float)
    evidence: Floats = betaln(PRIOR + a, PRIOR + b) - betaln(PRIOR, PRIOR) + (a + b) * np.log(2.0)
    return evidence


def log_wealth(mean: ArrayLike, a: ArrayLike, neither: ArrayLike, b: ArrayLike) -> Floats:
    """The logarithm of the wealth of who bets against the mean being `mean` (of 1 for B, 0 for A, 1/2 for neither).

    All four may be arrays of one shape.
    """
    from scipy.special import logsumexp

    chances, log_weights = _mixture()
    m, won, lost, drawn = (np.asarray(value, float)[..., None] for value in (mean, b, a, neither))
    gain, loss = chances / m, (1.0 - chances) / (1.0 - m)
    bets = won * np.log(gain) + lost * np.log(loss) + drawn * np.log((gain + loss) / 2.0)
    wealth: Floats = logsumexp(bets + log_weights, axis=-1)
    return wealth


@cache
def _mixture() -> tuple[Floats, Floats]:
    """The chances that are bet on, and the logarithm of how much is put on each."""
    from scipy.special import roots_jacobi

    nodes, weights = roots_jacobi(NODES, PRIOR - 1.0, PRIOR - 1.0)
    return (1.0 + nodes) / 2.0, np.log(weights / weights.sum())


def interval(a: int, neither: int, b: int, level: float = LEVEL) -> tuple[float, float]:
    """How far B's share of right answers is above A's among the disagreements, from -1 to 1.

    A confidence sequence: with a chance of 1 - `level` it holds the truth after every verdict at once.
    """
    from scipy.optimize import brentq

    def excess(mean: float) -> float:
        return float(log_wealth(mean, a, neither, b)) + float(np.log(level))

    n, edge = a + neither + b, 1e-9
    centre = min(1.0 - 1e-6, max(1e-6, (b + neither / 2.0) / n)) if n else 0.5
    # The centre is where the data lie, so nobody grows rich against it.
    low = brentq(excess, edge, centre) if excess(edge) > 0 else 0.0
    high = brentq(excess, centre, 1.0 - edge) if excess(1.0 - edge) > 0 else 1.0
    return 2.0 * low - 1.0, 2.0 * high - 1.0


def settle(
    winners: Sequence[Winner] | NDArray[np.int64],
    pool: Pool,
    *,
    level: float = LEVEL,
    equivalent: float = EQUIVALENT,
) -> Settlement:
    """What the verdicts say, in the order in which their messages were drawn.

    Args:
        winners: of each judged message, which model was right.
        pool: what they were drawn from. Drawing without replacement from it makes all that is said conservative.
        level: settled at an evidence of 1 / `level`: one in so many comparisons of equal models is settled wrongly.
        equivalent: the asking stops when the difference is surely smaller than this.
    """
    won = np.asarray(winners, dtype=np.int64)
    a, b = np.cumsum(won == Winner.A), np.cumsum(won == Winner.B)
    path = log_evidence(a, b)
    enough = np.flatnonzero(path >= -np.log(level))
    settled_at = int(enough[0]) + 1 if len(enough) else None
    counts = (int(a[-1]), int(b[-1])) if len(won) else (0, 0)
    neither = len(won) - sum(counts)
    low, high = (pool.share * end for end in interval(counts[0], neither, counts[1], level))
    at = settled_at - 1 if settled_at else len(won) - 1
    leader = Winner(int(np.sign(b[at] - a[at]))) if len(won) else Winner.NEITHER
    if settled_at is not None:
        state = State.SETTLED
    elif -equivalent < low and high < equivalent:
        state = State.EQUAL
    else:
        state = State.GOING_ON if len(won) < pool.disagree else State.ALL_JUDGED
    return Settlement(
        a=counts[0],
        b=counts[1],
        neither=neither,
        difference=pool.share * (counts[1] - counts[0]) / len(won) if len(won) else 0.0,
        low=low,
        high=high,
        evidence=float(np.exp(min(path[-1], 700.0))) if len(won) else 1.0,
        leader=leader,
        state=state,
        settled_at=settled_at,
        to_go=to_go(*counts, neither, level) if state is State.GOING_ON else None,
    )


def to_go(a: int, b: int, neither: int, level: float = LEVEL, most: int = 1_000_000) -> int | None:
    """Verdicts until the evidence suffices if they go on to fall as they fell; None beyond `most`.

    The shares are drawn a little towards a half, so that three verdicts do not promise the end.
    """
    n = a + b + neither
    if n == 0:
        return None
    shares = np.array([a + 1.0, b + 1.0]) / (n + 2.0)

    def enough(more: int) -> bool:
        return bool(log_evidence(a + more * shares[0], b + more * shares[1]) >= -np.log(level))

    if not enough(most):
        return None
    short, far = 0, most
    while far - short > 1:
        middle = (short + far) // 2
        short, far = (short, middle) if enough(middle) else (middle, far)
    return far
