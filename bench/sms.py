"""Collections of labelled SMS: the real ones that are public, and the made-up corpus."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from core.corpus import Corpus

MADE_UP = 20_000
DATA = Path(os.environ.get("TALLYROOM_SMS_DATA", Path(__file__).parents[2] / "shared" / "data" / "sms"))

Rows = list[tuple[str, str]]
"""Texts with their classes."""


def read_csv(name: str, text: str | int, label: str | int, sep: str = ",") -> Rows:
    """Texts and labels of a collection, by the names or places of their columns."""
    frame = pd.read_csv(DATA / name, sep=sep, dtype=str, keep_default_na=False)
    column = {name: n for n, name in enumerate(frame.columns)}
    at = [column[key] if isinstance(key, str) else key for key in (text, label)]
    return [(str(row[at[0]]), str(row[at[1]]).lower()) for row in frame.itertuples(index=False)]


def uci() -> Rows:
    """The UCI SMS Spam Collection."""
    with (DATA / "SMSSpamCollection").open(encoding="utf-8", newline="") as file:
        return [(row[1], row[0]) for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]


REAL: dict[str, Callable[[], Rows]] = {
    "uci": uci,
    "smishing_5971": lambda: read_csv("smishing_5971.csv", "TEXT", "LABEL"),
    "indonesian_1143": lambda: read_csv("indonesian_1143.csv", 0, 1),
    "turkish_4751": lambda: read_csv("turkish_4751.csv", "Message", "GroupText", ";"),
}


def made_up() -> Rows:
    """The project's own corpus, with the true classes."""
    corpus = Corpus(7, start_ms=1_790_000_000_000, every_ms=60_000)
    return [(sms.body, sms.truth) for sms in corpus.messages(0, MADE_UP)]
