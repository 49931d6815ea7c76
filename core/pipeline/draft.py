"""A rule before it is one: what it hits among the newest messages, and how often rightly, while somebody types it."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml

from core.errors import RulesError
from core.project import Project
from core.store.queries.walk import given_truth, newest_message

if TYPE_CHECKING:
    from core.rules import Rule

MOST = 50_000
KEEP_SECONDS = 60.0
SCAN_SECONDS = 3.0
STEP = 2_000
PATTERN_MOST = 1_000


@dataclass(frozen=True, slots=True)
class DraftReport:
    """What a draft hits among the newest `messages`.

    Of the `hits` people (or sources) have `judged` some, as these `classes`; `right` of them as the rule says.
    `stopped`: time was up before all were read.
    """

    messages: int
    hits: int
    judged: int
    right: int
    classes: dict[str, int]
    stopped: bool

    @property
    def precision(self) -> float | None:
        """Of the judged hits; None where none is judged."""
        return self.right / self.judged if self.judged else None


@dataclass(frozen=True, slots=True)
class _Newest:
    ids: list[int]
    texts: list[str]
    truth: dict[int, str]


class Drafts:
    """Tries drafts on a room's newest messages, which are kept for a minute: the next letter typed costs a scan."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._kept: tuple[float, _Newest] | None = None
        self._lock = threading.Lock()  # one at a time: a scan takes a core

    def judge(self, rule: Rule) -> DraftReport:
        """Try a rule.

        Raises:
            RulesError: its class is none of the room's, or its pattern cannot be matched in linear time.
        """
        self._refuse(rule)
        with self._lock:
            return self._scan(rule, self._newest())

    def _refuse(self, rule: Rule) -> None:
        import regex

        from core.rules.vectorscan import takes

        if rule.klass not in self._project.classes:
            raise RulesError(f"'{rule.klass}' is no class here", where="class", fix="Choose one of the room's classes.")
        try:
            regex.compile(rule.pattern[:PATTERN_MOST])
        except regex.error as error:
            fix = "A sign that is meant literally is written with a backslash before it."
            raise RulesError(f"this is no pattern: {error}", where="pattern", fix=fix) from None
        if len(rule.pattern) > PATTERN_MOST or not takes(rule):
            fix = f"Do without look-around, back-references, counts of hundreds, and within {PATTERN_MOST} characters."
            raise RulesError("this pattern cannot be matched in linear time", where="pattern", fix=fix)

    def _newest(self) -> _Newest:
        now = time.monotonic()
        if self._kept is None or now - self._kept[0] > KEEP_SECONDS:
            self._kept = now, self._read()
        return self._kept[1]

    def _read(self) -> _Newest:
        from core.store.queries.walk import below

        store = self._project.store
        page = below(store, self._project.dataset_id, newest_message(store) + 1, MOST)
        ids = [int(each) for each in page["message_id"]]
        truth = given_truth(store, min(ids), max(ids)) if ids else {}
        return _Newest(ids, page["text"].tolist(), truth)

    def _scan(self, rule: Rule, newest: _Newest) -> DraftReport:
        from core.rules import RuleSet, Scanner

        scanner = Scanner(RuleSet((rule,), self._project.classes))
        give_up = time.monotonic() + SCAN_SECONDS
        hits: list[int] = []
        read = 0
        while read < len(newest.texts) and time.monotonic() < give_up:
            step = newest.texts[read : read + STEP]
            hits += [read + int(row) for row in scanner.scan(step).matrix.nonzero()[0]]
            read += len(step)
        known = Counter(newest.truth[newest.ids[row]] for row in hits if newest.ids[row] in newest.truth)
        return DraftReport(
            read, len(hits), known.total(), known[rule.klass], dict(known.most_common()), read < len(newest.texts)
        )


def as_yaml(rule: Rule) -> str:
    """The rule as it stands in rules.yaml, below `rules:`."""
    plain = rule.model_dump(by_alias=True, exclude_defaults=True)
    return yaml.safe_dump([plain], allow_unicode=True, sort_keys=False, width=10_000)
