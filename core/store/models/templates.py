"""Templates: which messages say the same. Mined from the messages, in the order of their ids."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.store.models.base import Base, BigId, BigRef, Now


class Template(Base):
    """A template. Its id is that of the message that founded it, its `pattern` that message's."""

    __tablename__ = "template"

    id: Mapped[BigRef] = mapped_column(ForeignKey("message.id"), primary_key=True, autoincrement=False)
    dataset_id: Mapped[BigRef] = mapped_column(ForeignKey("dataset.id"))
    pattern: Mapped[str] = mapped_column(Text)


class TemplatePattern(Base):
    """A message made a template's pattern wider. The newest row counts; `supersedes` names the one before it."""

    __tablename__ = "template_pattern"
    __table_args__ = (Index("ix_template_pattern_template_id_id", "template_id", "id"),)

    id: Mapped[BigId]
    template_id: Mapped[BigRef] = mapped_column(ForeignKey("template.id"))
    pattern: Mapped[str] = mapped_column(Text)
    supersedes: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[Now]


class TemplateKey(Base):
    """A key under which a template is met (see `core.templates.sketch`)."""

    __tablename__ = "template_key"

    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    template_id: Mapped[BigRef] = mapped_column(ForeignKey("template.id"), primary_key=True, autoincrement=False)


class MessageTemplate(Base):
    """A message is of a template."""

    __tablename__ = "message_template"
    __table_args__ = (Index("ix_message_template_template_id_message_id", "template_id", "message_id"),)

    message_id: Mapped[BigRef] = mapped_column(ForeignKey("message.id"), primary_key=True, autoincrement=False)
    template_id: Mapped[BigRef] = mapped_column(ForeignKey("template.id"))


class TemplateSize(Base):
    """Roll-up: the messages of a template that has more than one, and when the first and the last was sent (ms)."""

    __tablename__ = "template_size"

    template_id: Mapped[BigRef] = mapped_column(ForeignKey("template.id"), primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(BigInteger)
    first_seen: Mapped[int] = mapped_column(BigInteger)
    last_seen: Mapped[int] = mapped_column(BigInteger)
