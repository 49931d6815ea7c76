"""Labels as they stood: frozen sets, and the rules whose labels were taken out."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.store.models.base import Base, BigId, BigRef, Name, Now


class LabelSet(Base):
    """The labels of one moment under a name: nothing is copied, the cut-offs say which facts count.

    `filter` is `{"origins": [...]}`, whose labels are in it; `counts` has how many of each class. `fingerprint` covers
    every message's source, key, body and label: it tells whether a later look still sees the same.
    """

    __tablename__ = "label_set"
    __table_args__ = (UniqueConstraint("dataset_id", "name"),)

    id: Mapped[BigId]
    dataset_id: Mapped[BigRef] = mapped_column(ForeignKey("dataset.id"))
    name: Mapped[Name]
    fingerprint: Mapped[str] = mapped_column(String(16))
    label_cutoff: Mapped[BigRef]
    verdict_cutoff: Mapped[BigRef]
    withdrawal_cutoff: Mapped[BigRef]
    filter: Mapped[dict[str, Any]] = mapped_column(JSON)
    counts: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_by: Mapped[Name]
    created_at: Mapped[Now]


class WithdrawnRule(Base):
    """A rule that does not vote, until (`back_id`) its withdrawal was taken back. Derived from `withdrawal`."""

    __tablename__ = "withdrawn_rule"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    withdrawal_id: Mapped[BigRef]
    back_id: Mapped[int | None] = mapped_column(BigInteger)
