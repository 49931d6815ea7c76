"""What the rules are worth, as it was looked at last."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from core.store.models.base import Base, BigRef, Now


class RuleLook(Base):
    """The newest look at a dataset's rules. Derived, and made anew as a whole.

    `made_from` is the fingerprint of the rules and of the cleaning; `report` has the counts, and
    up to which message and label it looked; `hits` which rule hit which message (`core.rules.kept_look`).
    """

    __tablename__ = "rule_look"

    dataset_id: Mapped[BigRef] = mapped_column(ForeignKey("dataset.id"), primary_key=True, autoincrement=False)
    made_from: Mapped[str] = mapped_column(String(16))
    report: Mapped[dict[str, Any]] = mapped_column(JSON)
    hits: Mapped[bytes] = mapped_column(LargeBinary)
    looked_at: Mapped[Now]
