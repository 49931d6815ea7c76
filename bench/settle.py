"""How many verdicts settle a comparison: looked at after each, against a test of a size that was fixed before.

The fixed one is the exact binomial test (McNemar's) at the least size with a power of 80 %. It needs to know beforehand
how much better one is; nobody does. So a second column has the size that was fixed for a difference of 0.6 to 0.4 and
is used whatever the truth is. Simulated, with a seed: the figures are the same on any machine.
"""

from __future__ import annotations

import time

import numpy as np
from scipy import stats

from bench.result import report
from core.learning.settle import LEVEL, log_evidence

RUNS, MOST = 10_000, 4_000
SHARES = (0.55, 0.6, 0.65, 0.7, 0.8, 0.9)
POWER = 0.8
GUESS = 0.6


def looked_at(share: float, seed: int = 5) -> np.ndarray:
    """Of each run the verdict at which it was settled; MOST + 1 where it was not."""
    b = np.cumsum(np.random.default_rng(seed).random((RUNS, MOST)) < share, axis=1)
    enough = log_evidence(np.arange(1, MOST + 1) - b, b) >= -np.log(LEVEL)
    return np.where(enough.any(axis=1), enough.argmax(axis=1) + 1, MOST + 1)


def power(size: int, share: float) -> float:
    """Of the exact two-sided binomial test with so many verdicts."""
    least = stats.binom.isf(LEVEL / 2, size, 0.5) + 1
    return float(stats.binom.sf(least - 1, size, share) + stats.binom.cdf(size - least, size, share))


def fixed_size(share: float) -> int:
    """The least size from which on the power holds."""
    size = next(size for size in range(MOST, 5, -1) if power(size - 1, share) < POWER)
    return int(size)


def main() -> None:
    """Compare."""
    began = time.perf_counter()
    false = float(np.mean(looked_at(0.5) <= MOST))
    print(f"equal models, looked at after each of {MOST:,} verdicts: settled in {100 * false:.2f} % of {RUNS:,} runs")
    assert false <= LEVEL
    guessed = fixed_size(GUESS)
    print("right: B to A | fixed size, 80 % power | settled: half by, mean, 80 % by | settled within the fixed size")
    ratios = {}
    for share in SHARES:
        stopped, size = looked_at(share), fixed_size(share)
        half, eighty = np.quantile(stopped, (0.5, POWER), method="higher")
        ratios[share] = float(stopped.mean()) / size
        within = float(np.mean(stopped <= size))
        print(
            f"{share:.2f} to {1 - share:.2f} | {size:,} | {half:,.0f}, {stopped.mean():,.0f}, {eighty:,.0f} | "
            f"{100 * within:.0f} % (size {guessed:,} for 0.60: {stopped.mean() / guessed:.2f} times as many)"
        )
    report(
        "settle",
        ratio=1 / ratios[GUESS],
        equal=True,
        size=RUNS,
        seconds=time.perf_counter() - began,
        false=false,
        **{f"times_fixed_{share}": round(ratio, 2) for share, ratio in ratios.items()},
    )


if __name__ == "__main__":
    main()
