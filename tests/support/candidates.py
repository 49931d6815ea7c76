"""Candidates that misbehave. They live here because a worker process must be able to import them."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.learning import Candidate
from core.learning.estimators import Estimator


@dataclass(frozen=True)
class Odd(Candidate):
    """A candidate by the name of `called`, whose classifier is built by `odd_build`."""

    called: str = "odd"
    mark: str = ""

    @property
    def name(self) -> str:
        """As results call it."""
        return self.called

    def classifier(self) -> Estimator:
        """The estimator of that name, but for what goes wrong before it is built."""
        self.before()
        return super().classifier()

    def before(self) -> Any:
        """What goes wrong."""


class Raising(Odd):
    """Raises."""

    def before(self) -> None:
        raise ValueError("C must be positive")


class Killed(Odd):
    """Kills its process, as the system does when memory is short."""

    def before(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class KilledOnce(Odd):
    """The same, but only where the file `mark` is not there yet."""

    def before(self) -> None:
        mark = Path(self.mark)
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)


class Endless(Odd):
    """Is never done; it makes the file `mark` when it begins."""

    def before(self) -> None:
        Path(self.mark).touch()
        time.sleep(3_600)


class Backwards(Odd):
    """Learns the classes the wrong way round: hopeless."""

    def classifier(self) -> Estimator:
        """An estimator whose classifier is fitted on other classes than it is given."""
        return _Backwards(super().classifier())


class _Backwards(Estimator):
    def __init__(self, inner: Estimator) -> None:
        self._inner = inner

    def build(self, seed: int) -> Any:
        return _Reversed(self._inner.build(seed))

    def margins(self, fitted: Any, matrix: Any) -> Any:
        return self._inner.margins(fitted.inner, matrix)


class _Reversed:
    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def fit(self, matrix: Any, y: Any) -> _Reversed:
        self.inner.fit(matrix, y.max() - y)
        self.classes_ = self.inner.classes_
        return self

    def predict(self, matrix: Any) -> Any:
        return self.inner.predict(matrix)
