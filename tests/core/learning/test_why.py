"""For each class the terms that speak for it, whatever the terms are made of."""

from __future__ import annotations

import numpy as np
import pytest

from core.learning import Candidate, fit
from core.learning.why import top_terms

CLASSES = ("personal", "notification", "spam")
HOSTILE = "<img/src=x> \u202egnp zz\u0335\u0301 आपका 谢谢 😀"


@pytest.mark.parametrize("name", ["word-svc", "char-logreg", "word-cnb"])
def test_the_terms_of_a_class_are_those_that_its_messages_have(name: str) -> None:
    texts = ["dinner at eight mum"] * 20 + ["your code is 493822"] * 20 + [f"win a prize {HOSTILE}"] * 20
    model = fit(Candidate.parse(name), texts, np.repeat([0, 1, 2], 20), CLASSES, seed=1)
    for code, text in ((0, texts[0]), (1, texts[20]), (2, texts[40])):
        found = top_terms(model, code, most=8)
        assert [each.weight for each in found] == sorted((each.weight for each in found), reverse=True)
        assert all(each.weight > 0 for each in found)
        assert all(each.term.strip() in text.lower() for each in found)
        bare = [each.term.strip() for each in found]
        assert not any(one != other and one in other for one in bare for other in bare), "each says something new"
    assert len(top_terms(model, 2, most=3)) == 3


def test_a_class_without_a_message_has_no_terms() -> None:
    model = fit(Candidate.parse("word-svc"), ["a b", "c d"] * 5, np.array([0, 1] * 5), CLASSES, seed=1)
    assert top_terms(model, 2) == []
