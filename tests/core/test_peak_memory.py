"""The memory that a task takes is its own, not what its process once took."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from core.pipeline.memory import Peak

MANY = 40_000_000
BYTES = 8 * MANY


@pytest.mark.skipif(sys.platform != "linux", reason="a process's high-water mark can be set back on Linux only")
def test_a_small_task_after_a_large_one_is_not_said_to_need_as_much() -> None:
    before = Peak().most()
    large = Peak()
    held = np.ones(MANY)
    del held
    assert large.most() > before + BYTES / 2
    small = Peak()
    assert small.most() < before + BYTES / 2
    held = np.ones(MANY)
    del held
    assert small.most() > before + BYTES / 2, "at most, not now"
