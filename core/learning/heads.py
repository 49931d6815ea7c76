"""What stands behind the features of a fitted model, as plain arrays: it turns a text's row into a score per class.

A head's arrays and nothing else are kept. Its margins are (n, k); the largest of a row is the class predicted.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.special import log_softmax

Arrays = Mapping[str, np.ndarray]


class Head(ABC):
    """The part of a model that was learnt beside the terms' weights."""

    kind: ClassVar[str] = ""
    linear: ClassVar[bool] = True

    @abstractmethod
    def margins(self, matrix: Any) -> np.ndarray:
        """(n, k) scores of n rows."""

    @abstractmethod
    def pull(self, code: int, columns: np.ndarray, row: np.ndarray) -> np.ndarray:
        """How far one more of each of `columns` moves a text, whose `row` has these values, towards a class."""

    @abstractmethod
    def bias(self, code: int) -> float:
        """What speaks for a class before any word is read."""

    @abstractmethod
    def shape(self) -> tuple[int, int]:
        """How many features it reads and how many classes it knows.

        Raises:
            ValueError: its parts do not fit each other.
        """

    @abstractmethod
    def arrays(self) -> dict[str, np.ndarray]:
        """Its arrays by name."""

    @classmethod
    @abstractmethod
    def of(cls, arrays: Arrays) -> Head:
        """The head that `arrays` were of."""


@dataclass(frozen=True, eq=False)
class LinearHead(Head):
    """`coef` is (k, features), `intercept` is (k,): a margin is a sum of weights."""

    kind: ClassVar[str] = "linear"

    coef: np.ndarray
    intercept: np.ndarray

    def margins(self, matrix: Any) -> np.ndarray:
        """The weights of a row's features, added up."""
        return np.asarray(np.asarray(matrix @ self.coef.T) + self.intercept)

    def pull(self, code: int, columns: np.ndarray, row: np.ndarray) -> np.ndarray:  # noqa: ARG002 - the same for all
        """The weight for a class over the mean of the others'."""
        weights = self.coef[:, columns]
        return np.asarray(weights[code] - np.delete(weights, code, axis=0).mean(axis=0))

    def bias(self, code: int) -> float:
        """The same of the intercepts."""
        return float(self.intercept[code] - np.delete(self.intercept, code).mean())

    def shape(self) -> tuple[int, int]:
        """By its weights."""
        k, width = self.coef.shape
        if self.intercept.shape != (k,):
            raise ValueError(f"{k} rows of weights do not fit {self.intercept.shape} intercepts")
        return width, k

    def arrays(self) -> dict[str, np.ndarray]:
        """Both."""
        return {"coef": self.coef, "intercept": self.intercept}

    @classmethod
    def of(cls, arrays: Arrays) -> LinearHead:
        """Both."""
        return cls(arrays["coef"], arrays["intercept"])


@dataclass(frozen=True, eq=False)
class CascadeHead(Head):
    """Two linear stages: the first class against all others, then the others among themselves.

    `first` knows two classes (the others, the first class), `rest` the k - 1 others; `temperatures` (2,) make each
    stage as sure as it may be. Margins are logarithms of probabilities that sum to one.
    """

    kind: ClassVar[str] = "cascade"

    first: LinearHead
    rest: LinearHead
    temperatures: np.ndarray

    def margins(self, matrix: Any) -> np.ndarray:
        """The logarithm of the probability of each class."""
        one, two = self.temperatures
        return joined(self.first.margins(matrix) / one, self.rest.margins(matrix) / two)

    def pull(self, code: int, columns: np.ndarray, row: np.ndarray) -> np.ndarray:
        """Both stages added up: towards or away from the first class, and among the others."""
        one, two = self.temperatures
        if code == 0:
            return np.asarray(self.first.pull(1, columns, row) / one)
        return np.asarray(self.first.pull(0, columns, row) / one + self.rest.pull(code - 1, columns, row) / two)

    def bias(self, code: int) -> float:
        """The same of the intercepts."""
        one, two = float(self.temperatures[0]), float(self.temperatures[1])
        if code == 0:
            return self.first.bias(1) / one
        return self.first.bias(0) / one + self.rest.bias(code - 1) / two

    def shape(self) -> tuple[int, int]:
        """By its stages."""
        (width, two), (same, others) = self.first.shape(), self.rest.shape()
        if two != 2 or width != same or self.temperatures.shape != (2,):
            raise ValueError("the stages do not fit each other")
        return width, others + 1

    def arrays(self) -> dict[str, np.ndarray]:
        """Those of both stages."""
        first = {f"first_{name}": array for name, array in self.first.arrays().items()}
        rest = {f"rest_{name}": array for name, array in self.rest.arrays().items()}
        return {**first, **rest, "temperatures": self.temperatures}

    @classmethod
    def of(cls, arrays: Arrays) -> CascadeHead:
        """Those of both stages."""
        first, rest = (LinearHead(arrays[f"{at}_coef"], arrays[f"{at}_intercept"]) for at in ("first", "rest"))
        return cls(first, rest, arrays["temperatures"])


def joined(first: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """Log probabilities (n, k) from the margins of a first stage (n, 2: the others, the first class) and a second."""
    whether, which = log_softmax(first, axis=1), log_softmax(rest, axis=1)
    return np.column_stack([whether[:, 1], whether[:, [0]] + which])


@dataclass(frozen=True, eq=False)
class NetworkHead(Head):
    """One hidden layer with rectified units: `hidden` is (features, units), `out` is (units, k)."""

    kind: ClassVar[str] = "network"
    linear: ClassVar[bool] = False

    hidden: np.ndarray
    hidden_bias: np.ndarray
    out: np.ndarray
    out_bias: np.ndarray

    def margins(self, matrix: Any) -> np.ndarray:
        """The network's output before it is made probabilities."""
        return np.asarray(
            np.maximum(np.asarray(matrix @ self.hidden) + self.hidden_bias, 0.0) @ self.out + self.out_bias
        )

    def pull(self, code: int, columns: np.ndarray, row: np.ndarray) -> np.ndarray:
        """Its slope where the text is: exact as long as no unit wakes or falls asleep."""
        awake = row @ self.hidden[columns] + self.hidden_bias > 0
        towards = self.out[:, code] - np.delete(self.out, code, axis=1).mean(axis=1)
        return np.asarray(self.hidden[columns] @ (towards * awake))

    def bias(self, code: int) -> float:
        """What it says of a text without a word."""
        said = self.margins(np.zeros((1, len(self.hidden))))[0]
        return float(said[code] - np.delete(said, code).mean())

    def shape(self) -> tuple[int, int]:
        """By its layers."""
        (width, units), (same, k) = self.hidden.shape, self.out.shape
        if units != same or self.hidden_bias.shape != (units,) or self.out_bias.shape != (k,):
            raise ValueError("the layers do not fit each other")
        return width, k

    def arrays(self) -> dict[str, np.ndarray]:
        """Its layers."""
        return {
            "hidden": self.hidden,
            "hidden_bias": self.hidden_bias,
            "out": self.out,
            "out_bias": self.out_bias,
        }

    @classmethod
    def of(cls, arrays: Arrays) -> NetworkHead:
        """Its layers."""
        return cls(arrays["hidden"], arrays["hidden_bias"], arrays["out"], arrays["out_bias"])


HEADS: Mapping[str, type[Head]] = {cls.kind: cls for cls in (LinearHead, CascadeHead, NetworkHead)}
