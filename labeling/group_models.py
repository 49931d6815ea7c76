"""The desk's tables for look-alikes: what was seen of a group, what was decided, what is checked."""

from __future__ import annotations

from sqlalchemy import JSON, Float, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from core.store.models.base import Base, BigId, BigRef, Now


class GroupLook(Base):
    """A person was shown a group: the tasks in it, and the few of them that were on the screen.

    `token` names this look to the browser: a group is judged with it, and never unseen. `first_task_id` is the message
    from which the group was opened.
    """

    __tablename__ = "group_look"

    id: Mapped[BigId]
    token: Mapped[str] = mapped_column(String(36), unique=True)
    person_id: Mapped[BigRef] = mapped_column(ForeignKey("person.id"))
    queue_id: Mapped[BigRef] = mapped_column(ForeignKey("queue.id"))
    template_id: Mapped[BigRef] = mapped_column(ForeignKey("template.id"))
    first_task_id: Mapped[BigRef] = mapped_column(ForeignKey("task.id"))
    task_ids: Mapped[list[int]] = mapped_column(JSON)
    shown: Mapped[list[int]] = mapped_column(JSON)
    at: Mapped[Now]


class VerdictGroup(Base):
    """One decision for a group. `uuid` comes from the browser: the same one is stored once, a look is judged once.

    `size` counts the messages to be labelled: those of the look without the excluded ones and the spot checks. Each
    has a verdict row of its own (`verdict.group_id`), unless somebody else was faster. `unseen` of them were not shown:
    they are labelled on trust, and spot checks tell of these.
    """

    __tablename__ = "verdict_group"
    __table_args__ = (Index("ix_verdict_group_template_id_id", "template_id", "id"),)

    id: Mapped[BigId]
    uuid: Mapped[str] = mapped_column(String(36), unique=True)
    look_id: Mapped[BigRef] = mapped_column(ForeignKey("group_look.id"), unique=True)
    person_id: Mapped[BigRef] = mapped_column(ForeignKey("person.id"))
    queue_id: Mapped[BigRef] = mapped_column(ForeignKey("queue.id"))
    template_id: Mapped[BigRef] = mapped_column(ForeignKey("template.id"))
    klass: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(Integer)
    unseen: Mapped[int] = mapped_column(Integer)
    excluded: Mapped[list[int]] = mapped_column(JSON)
    seconds: Mapped[float | None] = mapped_column(Float)
    at: Mapped[Now]


class SpotCheck(Base):
    """A message of a judged group that was held back: it comes, blind, to somebody else."""

    __tablename__ = "spot_check"
    __table_args__ = (Index("ix_spot_check_group_id", "group_id"),)

    task_id: Mapped[BigRef] = mapped_column(ForeignKey("task.id"), primary_key=True, autoincrement=False)
    group_id: Mapped[BigRef] = mapped_column(ForeignKey("verdict_group.id"), primary_key=True, autoincrement=False)
    message_id: Mapped[BigRef] = mapped_column(ForeignKey("message.id"))
