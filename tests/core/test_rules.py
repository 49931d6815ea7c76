"""Rules match what `re` matches, never hang, and vote in the open."""

from __future__ import annotations

import re
import string
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from core.errors import RulesError
from core.rules import ABSTAIN, Rule, RuleSet, Scanner, load_rules, report, vote
from core.rules.meetings import Meeting, meetings
from core.rules.over_time import bins_of, hits_over_time

CLASSES = ("personal", "spam")


def ruleset(*rules: tuple[str, str, str] | tuple[str, str, str, float]) -> RuleSet:
    made = [Rule(name=r[0], klass=r[1], pattern=r[2], weight=r[3] if len(r) > 3 else 1.0) for r in rules]
    return RuleSet(tuple(made), CLASSES)


PATTERNS = [r"\bwin\b", r"free|gift", r"\d{3,}", r"^hi", r"x+y", r"a.*b", r"[aeiou]{2}", r"(?:foo ?)+bar", r"prize!?$"]
_scanner = Scanner(ruleset(*((f"r{n}", "spam", pattern) for n, pattern in enumerate(PATTERNS))))
ascii_text = st.text(st.sampled_from(string.ascii_letters + string.digits + " !?.xyfobar"), max_size=60)


@settings(deadline=None)
@given(st.lists(ascii_text, max_size=8))
def test_all_patterns_at_once_hit_what_each_hits_alone(texts: list[str]) -> None:
    plain = [[re.search(pattern, text, re.IGNORECASE) is not None for pattern in PATTERNS] for text in texts]
    assert _scanner.scan(texts).matrix.toarray().tolist() == plain


def test_a_pattern_that_vectorscan_refuses_is_matched_by_the_other_engine() -> None:
    scanner = Scanner(ruleset(("plain", "spam", "win"), ("look", "personal", r"^(?!.*http).*\?$")))
    assert scanner.engines == ["vectorscan", "regex"]
    hits = scanner.scan(["coming?", "win http://a.example?"]).matrix.toarray()
    assert hits.tolist() == [[False, True], [True, False]]


def test_a_catastrophic_pattern_is_stopped_and_counted() -> None:
    scanner = Scanner(ruleset(("evil", "spam", r"^(?=(a+)+$)(a|aa)+$(?<!x)\1")))
    began = time.monotonic()
    hits = scanner.scan(["a" * 5_000 + "!", "b"])
    assert time.monotonic() - began < 5
    assert hits.matrix.nnz == 0


@pytest.mark.parametrize("text", ["\x00win\x00", "\ud800 win", "win" * 100_000, "\u202ewin", ""])
def test_hostile_text_is_scanned_like_any_other(text: str) -> None:
    hits = Scanner(ruleset(("w", "spam", "win"))).scan([text, "nothing"])
    assert hits.matrix.toarray().tolist() == [["win" in text], [False]]


def test_the_heavier_class_wins_and_a_tie_abstains() -> None:
    rules = ruleset(("a", "spam", "a"), ("b", "personal", "b"), ("c", "spam", "c", 2.0))
    votes = vote(rules, Scanner(rules).scan(["a", "ab", "bc", "none"]))
    assert votes.codes.tolist() == [1, ABSTAIN, 1, ABSTAIN]
    assert votes.rules.tolist() == [0, ABSTAIN, 2, ABSTAIN]
    assert votes.conflict.tolist() == [False, True, True, False]


def test_the_report_tells_coverage_overlap_conflict_and_precision() -> None:
    rules = ruleset(("a", "spam", "a"), ("b", "personal", "b"))
    scanner = Scanner(rules)
    first, second = report(rules, scanner.scan(["a", "ab", "b", "-"]), scanner.engines, np.array([1, 0, -1, 0]))
    assert (first.hits, first.share, first.alone, first.overlaps, first.conflicts) == (2, 0.5, 1, 1, 1)
    assert (first.judged, first.precision) == (2, 0.5)
    assert (second.judged, second.precision) == (1, 1.0)


def test_compiled_rules_are_loaded_from_the_cache_and_a_spoilt_cache_is_made_anew(tmp_path: Path) -> None:
    rules = ruleset(("a", "spam", "win"))
    Scanner(rules, tmp_path)
    for file in tmp_path.iterdir():
        file.write_bytes(b"spoilt")
    assert Scanner(rules, tmp_path).scan(["win"]).matrix.nnz == 1


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("{name: a, class: spma, pattern: x}", "Did you mean 'spam'"),
        ("{name: a, class: spam, pattern: '('}", "rule 'a' is no regular expression"),
        ("{name: a, class: spam, patern: x}", "Did you mean 'pattern'"),
        ("{name: a, class: spam, pattern: x}\n  - {name: a, class: spam, pattern: y}", "two rules are called 'a'"),
    ],
)
def test_a_malformed_rule_file_names_its_line_and_the_fix(tmp_path: Path, rule: str, words: str) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(f"version: 1\nrules:\n  - {rule}\n")
    with pytest.raises(RulesError, match=rf"(?s)rules\.yaml:[34]\b.*{words}"):
        load_rules(path, CLASSES)


def test_hits_are_counted_by_the_longest_stretch_that_the_messages_fill_and_the_oldest_are_left_out() -> None:
    monday = 96 + 52 * 7 * 24
    hours = monday + np.array([0, 1, 2 * 7 * 24, 13 * 7 * 24])
    bins = bins_of(hours)
    assert (bins.unit.name, len(bins.starts), int(bins.starts[-1])) == ("week", 12, monday + 13 * 7 * 24)
    matrix = sparse.csr_matrix(np.array([[1, 0], [1, 1], [0, 1], [1, 1]], dtype=bool))
    assert hits_over_time(matrix, hours, bins).tolist() == [[0] * 11 + [1], [1] + [0] * 10 + [1]]
    assert bins_of(hours[:2]).unit.name == "hour"
    assert hits_over_time(matrix[:0], hours[:0], bins_of(hours[:0])).shape == (2, 0)


def test_rules_meet_where_they_hit_the_same_messages_the_most_often_first() -> None:
    matrix = sparse.csr_matrix(np.array([[1, 1, 1], [1, 0, 1], [0, 0, 0]], dtype=bool))
    assert meetings(matrix, [0, 0, 1], most=1) == [[Meeting(2, 2, True)], [Meeting(0, 1, False)], [Meeting(0, 2, True)]]
