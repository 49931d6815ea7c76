"""All rules over many messages at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import regex
from scipy import sparse

from core.rules.ruleset import RuleSet
from core.rules.vectorscan import Automaton, remembered, takes

SLOW_SECONDS = 0.02
"""How long a pattern outside of Vectorscan may take on one message. Users' patterns can be exponential."""

VECTORSCAN = "vectorscan"
REGEX = "regex"


@dataclass(frozen=True, slots=True)
class Hits:
    """Which rule hit which message: `matrix` is (n messages, n rules) of booleans, sparse.

    `timed_out` counts, by rule number, the messages on which a pattern was stopped by the clock (held for no hit).
    """

    matrix: sparse.csr_matrix
    timed_out: dict[int, int]


class Scanner:
    """A rule set, compiled.

    Args:
        ruleset: the rules.
        cache: a folder that keeps the compiled form; compiling 300 patterns takes seconds, loading milliseconds.
    """

    def __init__(self, ruleset: RuleSet, cache: Path | None = None) -> None:
        self.ruleset = ruleset
        rules = ruleset.rules
        self.engines = remembered(cache, ruleset, lambda: [VECTORSCAN if takes(rule) else REGEX for rule in rules])
        self._automaton = Automaton(rules, self._numbers(VECTORSCAN), cache)
        self._slow = {
            number: regex.compile(rules[number].pattern, regex.IGNORECASE if rules[number].ignore_case else 0)
            for number in self._numbers(REGEX)
        }

    def _numbers(self, engine: str) -> list[int]:
        return [number for number, used in enumerate(self.engines) if used == engine]

    def scan(self, texts: Sequence[str]) -> Hits:
        """Match all rules against all texts."""
        messages, rules = self._automaton.scan(texts)
        timed_out: dict[int, int] = {}
        slow = [
            (at, number)
            for number, pattern in self._slow.items()
            for at, text in enumerate(texts)
            if self._matches(number, pattern, text, timed_out)
        ]
        if slow:
            more = np.array(slow, dtype=np.int64)
            messages, rules = np.concatenate([messages, more[:, 0]]), np.concatenate([rules, more[:, 1]])
        shape = (len(texts), len(self.ruleset.rules))
        matrix = sparse.csr_matrix((np.ones(len(messages), dtype=bool), (messages, rules)), shape=shape)
        return Hits(matrix, timed_out)

    @staticmethod
    def _matches(number: int, pattern: regex.Pattern[str], text: str, timed_out: dict[int, int]) -> bool:
        try:
            return pattern.search(text, timeout=SLOW_SECONDS) is not None
        except TimeoutError:
            timed_out[number] = timed_out.get(number, 0) + 1
            return False
