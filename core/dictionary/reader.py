"""Columns of raw text become messages. A column at a time: a loop over rows would take three times as long."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from core.cleaning import clean, storable_texts
from core.dictionary.rows import QuarantinedRow, RawRows, Reason, quarantined
from core.dictionary.sample import in_sample
from core.dictionary.schema import Dictionary, SourceSpec
from core.dictionary.seen import SeenKeys
from core.dictionary.times import NO_TIME, NoTime, instants
from core.frames import MESSAGES, empty_messages

MAX_KEY = 400  # characters: an index of PostgreSQL takes 2,704 bytes for the source's name and the key together

Texts = Sequence[str | None]


@dataclass(slots=True)
class PartReader:
    """Makes messages of one part's rows; remembers which keys its source has had."""

    dictionary: Dictionary
    spec: SourceSpec
    seen: SeenKeys
    same_text: Counter[bytes] = field(default_factory=Counter)

    def messages(self, raw: RawRows) -> tuple[pd.DataFrame, tuple[QuarantinedRow, ...], int]:
        """The messages of some rows, the rows set aside in order of their lines, and how many are not in the sample."""
        batch = _Batch(self.spec.name, raw)
        batch.need(Reason.NO_TEXT, "no text", [bool(body and not body.isspace()) for body in batch.column("body")])
        labels = self._labels(batch)
        times = self._times(batch)
        keys = self._keys(batch)
        aside = sorted([*raw.quarantined, *batch.aside.values()], key=lambda row: row.line)
        kept = batch.kept()
        taken = self._sampled(keys, kept)
        frame = self._frame(batch, taken, keys, times, labels)
        return frame, tuple(aside), len(kept) - len(taken)

    def _labels(self, batch: _Batch) -> Texts:
        """The classes that the source's labels mean; empty means none."""
        given = batch.column("label")
        any_case = self.spec.labels_ignore_case
        named = self.spec.labels or {klass: klass for klass in self.dictionary.classes}
        meanings = {_label(name, any_case=any_case): klass for name, klass in named.items()}
        meant = {label: meanings.get(_label(label or "", any_case=any_case)) for label in set(given)}
        unknown = {label for label, klass in meant.items() if klass is None and label and not label.isspace()}
        if unknown and self.spec.unknown_labels == "quarantine":
            for at, label in enumerate(given):
                if label in unknown:
                    batch.set_aside(at, Reason.LABEL, f"the label '{str(label)[:60]}' is not known")
        return [meant[label] for label in given]

    def _times(self, batch: _Batch) -> list[int | NoTime | None]:
        spec = self.spec.columns.sent_at
        if spec is None:
            return [None] * batch.size
        given = batch.column("sent_at")
        times = instants(given, spec)
        for at, time in enumerate(times):
            if time is NO_TIME:
                sentence = f"'{str(given[at]).strip()[:40]}' is not a time as the dictionary describes it"
                batch.set_aside(at, Reason.TIME, sentence)
        return times

    def _keys(self, batch: _Batch) -> list[str]:
        """The keys of the rows; those of rows set aside are not counted as seen."""
        if self.spec.columns.key is not None:
            keys = storable_texts([key or "" for key in batch.column("key")])
            batch.need(Reason.NO_KEY, "no key", [bool(key) for key in keys])
            sentence = f"a key of more than {MAX_KEY} characters"
            batch.need(Reason.TOO_LONG, sentence, [len(key) <= MAX_KEY for key in keys])
        else:
            keys = self._made_keys(batch)
        kept = batch.kept()
        for at, new in zip(kept, self.seen.add([keys[at] for at in kept]), strict=True):
            if not new:
                batch.set_aside(at, Reason.KEY_TWICE, f"the key '{keys[at][:60]}' came before in this source")
        return keys

    def _made_keys(self, batch: _Batch) -> list[str]:
        """Keys made of a row's content and how often that came before in the part.

        So a row keeps its key when others are put in above it, and a message that two files have is one message.
        """
        keys = [""] * batch.size
        body, sender, sent_at = batch.column("body"), batch.column("sender"), batch.column("sent_at")
        for at in batch.kept():
            content = f"{body[at] or ''}\0{sender[at] or ''}\0{sent_at[at] or ''}"
            digest = hashlib.sha256(content.encode("utf-8", "surrogatepass")).digest()[:12]
            self.same_text[digest] += 1
            keys[at] = f"{digest.hex()}-{self.same_text[digest]}"
        return keys

    def _sampled(self, keys: list[str], kept: Sequence[int]) -> Sequence[int]:
        sample = self.dictionary.sample
        if sample is None or not kept:
            return kept
        chosen = in_sample(self.spec.name, [keys[at] for at in kept], fraction=sample.fraction, seed=sample.seed)
        return [at for at, is_in in zip(kept, chosen, strict=True) if is_in]

    def _frame(
        self, batch: _Batch, taken: Sequence[int], keys: list[str], times: list[int | NoTime | None], labels: Texts
    ) -> pd.DataFrame:
        if not taken:
            return empty_messages()
        bodies = storable_texts([body or "" for body in batch.column("body", taken)])
        senders = storable_texts([sender or "" for sender in batch.column("sender", taken)])
        frame = pd.DataFrame(
            {
                "source": pd.Series([self.spec.name] * len(taken), dtype="str"),
                "key": pd.Series([keys[at] for at in taken], dtype="str"),
                "body": pd.Series(bodies, dtype="str"),
                "text": pd.Series(clean(bodies, self.dictionary.steps), dtype="str"),
                "sender": pd.Series([sender or None for sender in senders], dtype="str"),
                "sent_at": pd.Series([times[at] for at in taken], dtype="Int64"),
                "label": pd.Series([labels[at] for at in taken], dtype="str"),
            }
        )
        return MESSAGES.validate(frame)


def _label(text: str, *, any_case: bool) -> str:
    return text.strip().lower() if any_case else text.strip()


class _Batch:
    """Raw columns side by side, and which of their rows have been set aside. A row's first trouble is its reason."""

    def __init__(self, source: str, raw: RawRows) -> None:
        self.source = source
        self.size = len(raw.lines)
        self.aside: dict[int, QuarantinedRow] = {}
        self._raw = raw
        self._missing: list[str | None] = [None] * self.size

    def column(self, name: str, places: Sequence[int] | None = None) -> Texts:
        """A column's texts (all missing where the source has none), at some places or at all."""
        texts = self._raw.columns.get(name, self._missing)
        return texts if places is None or len(places) == self.size else [texts[at] for at in places]

    def need(self, kind: Reason, reason: str, holds: list[bool]) -> None:
        """Set aside each row for which something does not hold."""
        if not all(holds):
            for at, one in enumerate(holds):
                if not one:
                    self.set_aside(at, kind, reason)

    def set_aside(self, at: int, kind: Reason, reason: str) -> None:
        """Set one row aside."""
        if at not in self.aside:
            body = self.column("body")[at] or ""
            self.aside[at] = quarantined(self.source, self._raw.lines[at], kind, reason, body)

    def kept(self) -> Sequence[int]:
        """The places of the rows that have not been set aside."""
        if not self.aside:
            return range(self.size)
        return [at for at in range(self.size) if at not in self.aside]
