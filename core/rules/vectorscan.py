"""Patterns compiled into one automaton, kept on disk under the rules' fingerprint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import hyperscan
import numpy as np

from core.rules.ruleset import Rule, RuleSet

# UTF-8 in, one hit a pattern and message is enough, and a pattern may match the empty string.
_FLAGS = hyperscan.HS_FLAG_UTF8 | hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_ALLOWEMPTY


def flags_of(rule: Rule) -> int:
    """The flags that the rule's pattern is compiled with."""
    return int(_FLAGS | (hyperscan.HS_FLAG_CASELESS if rule.ignore_case else 0))


def takes(rule: Rule) -> bool:
    """Whether Vectorscan can match the rule's pattern."""
    try:
        hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK).compile(
            expressions=[rule.pattern.encode()], ids=[0], elements=1, flags=[flags_of(rule)]
        )
    except hyperscan.error:
        return False
    return True


def remembered(cache: Path | None, ruleset: RuleSet, decide: Callable[[], list[str]]) -> list[str]:
    """The engine of each rule: as found out before, or now. Trying each pattern takes as long as compiling it."""
    if cache is None:
        return decide()
    path = cache / f"rules-{ruleset.fingerprint}-{metadata.version('hyperscan')}.json"
    try:
        engines = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        engines = None
    if not isinstance(engines, list) or len(engines) != len(ruleset.rules):
        engines = decide()
        cache.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(engines), "utf-8")
    return [str(engine) for engine in engines]


class Automaton:
    """Some rules (by their numbers) as one automaton: each message is read once for all of them."""

    def __init__(self, rules: Sequence[Rule], numbers: Sequence[int], cache: Path | None) -> None:
        self._database: Any = None
        if numbers:
            self._database = _cached(rules, numbers, cache)
            self._scratch = hyperscan.Scratch(self._database)
            self._database.scratch = self._scratch

    def scan(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """The hits as (message numbers, rule numbers), each pair once."""
        messages: list[int] = []
        rules: list[int] = []
        if self._database is None:
            return np.array(messages, dtype=np.int64), np.array(rules, dtype=np.int64)
        current = 0

        def hit(rule: int, _start: int, _end: int, _flags: int, _context: Any) -> None:
            messages.append(current)
            rules.append(rule)

        scan = self._database.scan
        # Lone surrogates are replaced: bytes that are no UTF-8 are undefined behaviour in Vectorscan.
        for current, text in enumerate(texts):  # noqa: B007 - read in `hit`
            scan(text.encode("utf-8", "replace"), match_event_handler=hit)
        return np.array(messages, dtype=np.int64), np.array(rules, dtype=np.int64)


def _cached(rules: Sequence[Rule], numbers: Sequence[int], cache: Path | None) -> Any:
    """The compiled database: from the cache where it is there, else compiled (seconds for hundreds) and kept."""
    patterns = [(number, rules[number].pattern, flags_of(rules[number])) for number in numbers]
    version = metadata.version("hyperscan")
    name = hashlib.sha256(repr((version, patterns)).encode()).hexdigest()[:24]
    path = cache / f"rules-{name}.hs" if cache else None
    if path is not None and path.is_file():
        try:
            return hyperscan.loadb(path.read_bytes(), hyperscan.HS_MODE_BLOCK)
        except hyperscan.error:
            path.unlink(missing_ok=True)  # of another machine's kind
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[pattern.encode() for _, pattern, _ in patterns],
        ids=[number for number, _, _ in patterns],
        elements=len(patterns),
        flags=[flags for _, _, flags in patterns],
    )
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_bytes(hyperscan.dumpb(database))
        fresh.replace(path)
    return database
