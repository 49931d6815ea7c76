"""The most telling messages first: pure scores, the lowest first."""

from __future__ import annotations

import numpy as np

from labeling.selection import most_telling

WAITING = np.array([[0.9, 0.1], [0.55, 0.45], [0.2, 0.8]])


def test_with_one_opinion_a_message_the_least_sure_tells_the_most() -> None:
    labels, judged = np.array([[0.0], [1.0], [0.0]]), np.array([[0.8, 0.2], [0.3, 0.7], [0.9, 0.1]])
    for scores in (most_telling(labels, judged, WAITING), most_telling(np.zeros((0, 1)), np.zeros((0, 2)), WAITING)):
        assert np.argsort(scores).tolist() == [1, 2, 0]


def test_an_empty_pool_has_no_scores() -> None:
    assert most_telling(np.array([[0.0]]), np.array([[0.8, 0.2]]), np.zeros((0, 2))).size == 0
