"""300 patterns over short messages: all at once (Vectorscan) against a loop of `re`.

The cost of a scan grows with the characters read and hardly with the number of rules; the loop's with their product.
"""

from __future__ import annotations

import itertools
import random
import re
import tempfile
from pathlib import Path

import numpy as np

from bench.result import report, timed
from core.corpus import Corpus
from core.rules import Rule, RuleSet, Scanner

RULES = 300
MESSAGES = 20_000
LOOPED = 1_000
_WORDS = (  # noqa: SIM905 - a list of words reads best as words
    "parcel order bill card account code prize offer loan cash win claim free draw gift bonus verify update suspend "
    "refund invoice payment delivery tracking balance recharge data plan renew points voucher sale discount today "
    "urgent final notice appointment reminder flight gate boarding school library doctor dinner tonight tomorrow "
    "morning train late meeting birthday party keys milk rent exam interview match movie"
).split()


def ruleset() -> RuleSet:
    """Patterns as people write them: alternations, digits, gaps, optional ends."""
    rng = random.Random(7)
    shapes = (
        lambda a, b, c: rf"\b(?:{a}|{b}|{c})s?\b",
        lambda a, b, c: rf"\b{a}\b.{{0,30}}\b(?:{b}|{c})\b",
        lambda a, b, _: rf"\b{a} {b}\b",
        lambda a, _, __: rf"\b{a}\b.*\d{{4,6}}",
        lambda a, b, _: rf"(?:{a}|{b}).{{0,20}}(?:https?://|www\.)",
        lambda a, b, _: rf"^(?:dear|hi|hello)?.{{0,20}}\b{a}(?:ing|ed)?\b.*{b}",
    )
    patterns = {shapes[n % len(shapes)](*rng.sample(_WORDS, 3)) for n in range(4 * RULES)}
    chosen = itertools.islice(sorted(patterns), RULES)
    rules = [Rule(name=f"r{n}", klass="spam", pattern=p) for n, p in enumerate(chosen)]
    return RuleSet(tuple(rules), ("personal", "spam"))


def loop(rules: RuleSet, texts: list[str]) -> np.ndarray:
    """The plain way."""
    compiled = [re.compile(rule.pattern, re.IGNORECASE | re.ASCII) for rule in rules.rules]
    return np.array([[pattern.search(text) is not None for pattern in compiled] for text in texts])


def main() -> None:
    """Compare."""
    rules = ruleset()
    corpus = Corpus(7, start_ms=1_790_000_000_000, every_ms=60_000)
    texts = [sms.body for sms in corpus.messages(0, MESSAGES)]
    with tempfile.TemporaryDirectory() as cache:
        scanner, compile_seconds = timed(lambda: Scanner(rules, Path(cache)))
        _, reload_seconds = timed(lambda: Scanner(rules, Path(cache)))
        hits, scan_seconds = timed(lambda: scanner.scan(texts))
    ascii_texts = [text for text in texts if text.isascii()][:LOOPED]
    plain, loop_seconds = timed(lambda: loop(rules, ascii_texts))
    equal = bool((scanner.scan(ascii_texts).matrix.toarray() == plain).all())
    assert equal, "Vectorscan and re disagree"
    ours, theirs = MESSAGES / scan_seconds, len(ascii_texts) / loop_seconds
    print(f"Vectorscan {ours:,.0f} messages/s, a loop of re {theirs:,.0f} messages/s, {hits.matrix.nnz:,} hits")
    print("Grows with the characters read, hardly with the number of rules.")
    report(
        "rules",
        ratio=ours / theirs,
        equal=equal,
        size=MESSAGES,
        seconds=scan_seconds,
        rules=RULES,
        compile_seconds=round(compile_seconds, 2),
        reload_seconds=round(reload_seconds, 2),
    )
