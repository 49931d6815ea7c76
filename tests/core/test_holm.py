"""Holm's correction is statsmodels', without its pause."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from core.holm import holm


@settings(max_examples=20)  # theirs collects garbage each time
@given(st.lists(st.floats(0.0, 1.0) | st.sampled_from([0.0, 0.01, 0.05, 1.0]), min_size=1, max_size=30))
def test_holms_correction_is_that_of_statsmodels(p_values: list[float]) -> None:
    said, corrected = holm(p_values, 0.05)
    theirs, theirs_corrected, _, _ = multipletests(p_values, alpha=0.05, method="holm")
    assert corrected == pytest.approx(theirs_corrected, abs=1e-15)
    assert np.array_equal(said, theirs) or 0.05 in np.round(corrected, 12), "on the edge both may be right"


def test_of_no_tests_none_says_anything() -> None:
    assert [part.tolist() for part in holm([], 0.05)] == [[], []]
