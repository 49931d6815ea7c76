"""Scores texts with a linear model out of Tallyroom, in plain Python: the standard library is all it needs.

    scorer = Scorer.read("char-svc-v3.json")
    scorer.check()
    scorer.predict("You have won a prize")  # ("spam", 0.97)

The same in JavaScript is tallyroom.js, in Kotlin Tallyroom.kt: function by function they say the same.
"""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from array import array
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from math import exp, log, log1p, sqrt
from pathlib import Path
from typing import Any

FORMAT, VERSION = "tallyroom-linear", 1
_SIGNS = re.compile(r"[!-/:-@\[-`{-~]|[^!-/:-@\[-`{-~]+")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Scorer:
    """A model's document, ready to score.

    Raises:
        ValueError: this scorer does not know the format, its version, or a cleaning step.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        if (document.get("format"), document.get("version")) != (FORMAT, VERSION):
            raise ValueError(f"this reads {FORMAT} {VERSION}, not {document.get('format')} {document.get('version')}")
        self.classes: list[str] = document["classes"]
        self.golden: list[dict[str, Any]] = document["golden"]
        self._space = re.compile(_set(document["space"]) + "+")
        self._steps = [_step(said, self._space) for said in document["cleaning"]]
        self._blocks = [_Block(said, self._space, len(self.classes) - 1) for said in document["blocks"]]
        self._head: dict[str, Any] = document["head"]

    @classmethod
    def read(cls, path: str | Path) -> Scorer:
        """The scorer of a file."""
        return cls(json.loads(Path(path).read_text("utf-8")))

    def predict(self, text: str) -> tuple[str, float]:
        """The likeliest class of a text as it came in, and its probability."""
        said = self.probabilities(text)
        best = said.index(max(said))
        return self.classes[best], said[best]

    def probabilities(self, text: str) -> list[float]:
        """The probability of each class, in the order of `classes`."""
        cleaned = self.clean(text)
        sums = list(self._head["bias"])
        for block in self._blocks:
            block.add(cleaned, sums)
        margins = [0.0, *sums] if self._head["kind"] == "flat" else _cascade(sums, *self._head["stages"])
        return _softmax([margin / self._head["temperature"] for margin in margins])

    def clean(self, text: str) -> str:
        """The text as the model wants to read it."""
        for step in self._steps:
            text = step(text)
        return _UNSTORABLE.sub("\ufffd", text)

    def check(self, tolerance: float = 1e-6) -> None:
        """Score the golden cases; `tolerance` grows where a temperature below 1 makes the weights' rounding larger.

        Raises:
            ValueError: one of them is not as the room said.
        """
        least = self._head["temperature"] * min(self._head.get("stages", [1.0]))
        allowed = tolerance * max(1.0, 1.0 / least)
        for number, case in enumerate(self.golden):
            said = self.probabilities(case["text"])
            off = max(abs(one - other) for one, other in zip(said, case["probabilities"], strict=True))
            if not off <= allowed:
                raise ValueError(f"golden case {number} is off by {off}")


class _Block:
    """Some columns of TF-IDF: terms, how rare each is, and its weights for all classes but the first."""

    def __init__(self, said: dict[str, Any], space: re.Pattern[str], rows: int) -> None:
        self._said, self._space, self._rows = said, space, rows
        self._place = {term: place for place, term in enumerate(said["terms"])}
        self._idf, self._weights = _floats(said["idf"]), _floats(said["weights"])

    def add(self, text: str, sums: list[float]) -> None:
        """Add what the text's terms say to the (k - 1) sums."""
        said, rows = self._said, self._rows
        times = Counter(place for term in self._terms(text) if (place := self._place.get(term)) is not None)
        row = {}
        for place, count in times.items():
            tf = 1.0 if said["binary"] else float(count)
            row[place] = (1.0 + log(tf) if said["sublinear_tf"] else tf) * self._idf[place]
        values = row.values()
        length = sum(map(abs, values)) if said["norm"] == "l1" else sqrt(sum(value * value for value in values))
        for place, value in row.items():
            for number in range(rows):
                sums[number] += value / length * self._weights[place * rows + number]

    def _terms(self, text: str) -> Iterator[str]:
        text = text.lower() if self._said["lowercase"] else text
        words = [word for word in self._space.split(text) if word]
        least, most = self._said["ngram_range"]
        if self._said["analyzer"] == "char_wb":
            return _characters(words, least, most)
        if self._said["tokens"] == "signs":
            words = [token for word in words for token in _SIGNS.findall(word)]
        return _runs(words, least, most)


def _runs(tokens: Sequence[str], least: int, most: int) -> Iterator[str]:
    """Runs of neighbouring tokens, with a space between."""
    for length in range(least, most + 1):
        for start in range(len(tokens) - length + 1):
            yield " ".join(tokens[start : start + length])


def _characters(words: Sequence[str], least: int, most: int) -> Iterator[str]:
    """Runs of characters within words, each with a space on both sides; a word as short as a run counts once."""
    for word in words:
        padded = f" {word} "
        for length in range(least, most + 1):
            yield padded[:length]
            for start in range(1, len(padded) - length + 1):
                yield padded[start : start + length]
            if length >= len(padded):
                break


def _cascade(sums: Sequence[float], one: float, two: float) -> list[float]:
    """Logarithms of probabilities: of the first class, and of each other, which shares what the first one leaves."""
    ahead = sums[0] / one
    rest = _log_softmax([0.0, *(each / two for each in sums[1:])])
    return [-_log1pexp(-ahead), *(each - _log1pexp(ahead) for each in rest)]


def _log1pexp(value: float) -> float:
    return value + log1p(exp(-value)) if value > 0 else log1p(exp(value))


def _log_softmax(values: Sequence[float]) -> list[float]:
    most = max(values)
    whole = most + log(sum(exp(value - most) for value in values))
    return [value - whole for value in values]


def _softmax(values: Sequence[float]) -> list[float]:
    most = max(values)
    parts = [exp(value - most) for value in values]
    whole = sum(parts)
    return [part / whole for part in parts]


def _floats(packed: str) -> array[float]:
    """float32, little endian, in base64."""
    numbers = array("f", b64decode(packed))
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _set(ranges: Sequence[int]) -> str:
    """A class of characters, from their first, last, first, last ... code points."""
    pairs = zip(ranges[::2], ranges[1::2], strict=True)
    return "[" + "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in pairs) + "]"


def _step(said: dict[str, Any], space: re.Pattern[str]) -> Callable[[str], str]:
    """A cleaning step by its name."""
    name = said["step"]
    if name in ("nfc", "nfkc"):
        pile = re.compile(f"{_set(said['marks'])}{{{said['pile']}}}(?={_set(said['marks'])})")
        long = int(said["long"])
        return lambda text: unicodedata.normalize(
            name.upper(), text if len(text) <= long else pile.sub("\\g<0>\u034f", text)
        )
    if name == "controls":
        unseen, before, after = (_set(said[key]) for key in ("unseen", "before", "after"))
        gone = re.compile(f"{unseen}|(?<!{before})[\u200c\u200d]|[\u200c\u200d](?!{after})")
        return lambda text: gone.sub("", text)
    if name == "whitespace":
        return lambda text: " ".join(word for word in space.split(text) if word)
    if name == "lowercase":
        return str.lower
    if name in ("digits", "punctuation"):
        masked = re.compile(_set(said[name]) + ("+" if name == "punctuation" else ""))
        return lambda text: masked.sub("0" if name == "digits" else " ", text)
    if name == "repeats":
        keep = int(said["keep"])
        repeated = re.compile(f"({_set(said['repeatable'])})\\1{{{keep},}}")
        return lambda text: repeated.sub(lambda match: match[1] * keep, text)
    if name == "stop_words":
        return _without(set(said["words"]), said["folded"], space)
    raise ValueError(f"this scorer does not know the cleaning step '{name}'")


def _without(words: set[str], folded: dict[str, str], space: re.Pattern[str]) -> Callable[[str], str]:
    """Takes out words, in any case."""

    def stays(word: str) -> bool:
        return word != "" and "".join(folded.get(sign, sign) for sign in word) not in words

    return lambda text: " ".join(filter(stays, space.split(text))) if words else text
