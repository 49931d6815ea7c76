"""Folds: what is tested on has no copy among what was trained on, and nothing comes from the future."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from core.errors import PipelineError
from core.learning import Split, by_time, grouped_stratified, near_copies, require_apart

CLASSES = ("personal", "notification", "spam")
WORDS = ["your", "parcel", "from", "will", "arrive", "today", "pay", "see", "you", "home", "dear", "friend", "bread"]
sentences = st.lists(st.sampled_from(WORDS), min_size=5, max_size=12).map(" ".join)


# The second text comes back when the third has founded a template that it is nearer to than to its own.
@example(["will your your your your", "your your your your your", "your your your your parcel"], 0)
@given(st.lists(sentences, min_size=1, max_size=30), st.integers(0, 10**9))
def test_a_copy_with_another_number_or_link_is_in_the_same_group(texts: list[str], number: int) -> None:
    copies = [f"{text} {number} http://x.example/{number}" for text in texts]
    groups = near_copies([*(f"{text} 7 http://x.example/7" for text in texts), *copies])
    assert groups[: len(texts)].tolist() == groups[len(texts) :].tolist()


def test_messages_that_say_other_things_are_groups_of_their_own_and_emoji_are_told_apart() -> None:
    texts = ["see you at home, bring bread", "your parcel will arrive today", "🙂", "🙃", "🙂", "", ""]
    groups = near_copies(texts).tolist()
    assert groups[2] == groups[4]
    assert groups[5] == groups[6]
    assert len(set(groups)) == 5


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 2)), min_size=30, max_size=200), st.integers(0, 99))
def test_no_group_lies_on_both_sides_and_every_message_is_tested_once_a_repeat(
    drawn: list[tuple[int, int]], seed: int
) -> None:
    groups, y = np.array(drawn).T
    assume(min(len(np.unique(groups[y == code])) for code in range(3)) >= 3)
    splits = grouped_stratified(y, groups, folds=3, repeats=2, seed=seed, classes=CLASSES)
    for repeat in range(2):
        tested = np.concatenate([split.test for split in splits if split.repeat == repeat])
        assert sorted(tested) == list(range(len(y)))
    for split in splits:
        assert not set(groups[split.train]) & set(groups[split.test])
        assert sorted([*split.train, *split.test]) == list(range(len(y)))


def test_a_copy_planted_on_the_other_side_is_found() -> None:
    texts = [f"a message about {word} and nothing else at all" for word in WORDS] + [
        "see you at home today dear friend"
    ] * 2
    groups = near_copies(texts)
    train, test = np.arange(len(texts) - 1), np.array([len(texts) - 1])
    with pytest.raises(PipelineError, match="1 groups of near-copies lie on both sides of fold 0"):
        require_apart([Split(0, 0, train, test)], groups)


@given(st.lists(st.integers(0, 1_000), min_size=40, max_size=200), st.integers(2, 5))
def test_in_order_of_time_nothing_is_learnt_from_what_came_later(times: list[int], folds: int) -> None:
    at, y = np.array(times), np.arange(len(times)) % 2
    try:
        splits = by_time(at, y, folds=folds, classes=("a", "b"))
    except PipelineError:
        return
    assert len(splits) == folds
    for split in splits:
        assert at[split.train].max() <= at[split.test].min()


def test_too_few_messages_that_differ_are_told_by_class() -> None:
    y, groups = np.array([0] * 20 + [1] * 20), np.array([*range(20), *([20] * 20)])
    with pytest.raises(PipelineError, match="spam has 1") as caught:
        grouped_stratified(y, groups, folds=5, repeats=1, seed=1, classes=("personal", "spam"))
    assert "no near-copies" in caught.value.what
