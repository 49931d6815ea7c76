"""Planted wrong labels are found, on real messages."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.learning import Candidate, benchmark, fit_temperature, repeated_stratified
from core.learning.calibration import probabilities
from core.learning.label_errors import probable_errors

CLASSES = ("ham", "spam")
PLANTED = 0.03


def test_planted_wrong_labels_are_at_the_top_of_the_probable_errors(sms_data: Path) -> None:
    lines = (sms_data / "SMSSpamCollection").read_text("utf-8").splitlines()
    kinds, texts = zip(*(line.split("\t", 1) for line in lines), strict=True)
    truth = np.array([CLASSES.index(kind) for kind in kinds])
    wrong = np.random.default_rng(1).random(len(truth)) < PLANTED
    given = np.where(wrong, 1 - truth, truth)
    folds = list(
        benchmark(
            texts,
            given,
            CLASSES,
            [Candidate.parse("char-svc")],
            repeated_stratified(given, folds=5, repeats=1, seed=7, classes=CLASSES),
        )
    )
    margins = np.empty((len(texts), len(CLASSES)))
    for fold in folds:
        margins[fold.test] = fold.margins
    doubts = probable_errors(probabilities(margins, fit_temperature(margins, given)), given)
    planted = int(wrong.sum())
    caught = wrong[doubts.messages[:planted]].sum() / planted
    assert caught > 0.7  # 0.81 seen
    assert wrong[doubts.messages[:50]].mean() > 0.9, "the first ones are worth anybody's time"
    assert (np.diff(doubts.sure) >= 0).all()


def test_labels_of_one_class_alone_are_not_doubted() -> None:
    assert len(probable_errors(np.full((10, 2), 0.5), np.zeros(10, dtype=np.int64)).messages) == 0
