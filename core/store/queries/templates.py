"""What mining and the desk ask of templates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, select

from core.store.models import DatasetId, Message, MessageTemplate, Template, TemplateKey, TemplatePattern, TemplateSize

ASKED_AT_ONCE = 900  # values in an IN: SQLite's old limit


@dataclass(frozen=True, slots=True)
class MessageBody:
    """A message to be mined; `at` is when it was sent, or arrived, in ms."""

    message_id: int
    body: str
    at: int


@dataclass(frozen=True, slots=True)
class TemplateFacts:
    """A template as a page shows it: its widest pattern, how many messages of the whole store it has, since when."""

    pattern: str
    size: int
    first_seen: int | None
    last_seen: int | None


_sent = func.coalesce(Message.sent_at, Message.arrived_at)
# Along the primary key: a page costs the same wherever it begins.
BODIES = (
    select(Message.id, Message.body, _sent)
    .where(Message.dataset_id == bindparam("dataset"), Message.id > bindparam("after"))
    .order_by(Message.id)
    .limit(bindparam("most"))
)
UNDER_KEYS = (
    select(TemplateKey.key, TemplateKey.template_id)
    .where(TemplateKey.key.in_(bindparam("these", expanding=True)))
    .order_by(TemplateKey.template_id)
)
FOUNDING = (
    select(Template.id, Template.pattern, _sent)
    .join(Message, Message.id == Template.id)
    .where(Template.id.in_(bindparam("these", expanding=True)))
)
WIDER = (
    select(TemplatePattern.template_id, TemplatePattern.id, TemplatePattern.pattern)
    .where(TemplatePattern.template_id.in_(bindparam("these", expanding=True)))
    .order_by(TemplatePattern.id)
)
SIZE = select(TemplateSize.n, TemplateSize.first_seen, TemplateSize.last_seen).where(
    TemplateSize.template_id == bindparam("this")
)
TEMPLATE_OF = select(MessageTemplate.template_id).where(MessageTemplate.message_id == bindparam("this"))


def bodies_after(connection: Connection, dataset: DatasetId, after: int, most: int) -> list[MessageBody]:
    """The next messages with ids above `after`, rising."""
    asked = {"dataset": dataset, "after": after, "most": most}
    return [MessageBody(*row) for row in connection.execute(BODIES, asked)]


def buckets(connection: Connection, keys: Sequence[int]) -> dict[int, list[int]]:
    """The templates under each of the keys, the oldest first; keys that have none are left out."""
    found: dict[int, list[int]] = {}
    unique = sorted(set(keys))
    for start in range(0, len(unique), ASKED_AT_ONCE):
        for key, template_id in connection.execute(UNDER_KEYS, {"these": unique[start : start + ASKED_AT_ONCE]}):
            found.setdefault(key, []).append(template_id)
    return found


def founders(connection: Connection, template_ids: Sequence[int]) -> dict[int, tuple[str, int]]:
    """Of the first message of each template: its pattern, and when it was sent."""
    found: dict[int, tuple[str, int]] = {}
    unique = sorted(set(template_ids))
    for start in range(0, len(unique), ASKED_AT_ONCE):
        rows = connection.execute(FOUNDING, {"these": unique[start : start + ASKED_AT_ONCE]})
        found.update((template_id, (pattern, at)) for template_id, pattern, at in rows)
    return found


def wider_patterns(connection: Connection, template_ids: Sequence[int]) -> dict[int, tuple[int, str]]:
    """The widest pattern of each template that has been widened: the row's id and the pattern."""
    found: dict[int, tuple[int, str]] = {}
    unique = sorted(set(template_ids))
    for start in range(0, len(unique), ASKED_AT_ONCE):
        rows = connection.execute(WIDER, {"these": unique[start : start + ASKED_AT_ONCE]})
        found.update((template_id, (row_id, pattern)) for template_id, row_id, pattern in rows)
    return found


def template_facts(connection: Connection, template_id: int) -> TemplateFacts:
    """What is known of one template."""
    founding, _ = founders(connection, [template_id])[template_id]
    wider = wider_patterns(connection, [template_id]).get(template_id)
    size = connection.execute(SIZE, {"this": template_id}).first()
    pattern = wider[1] if wider else founding
    return TemplateFacts(pattern, *(size or (1, None, None)))


def template_of(connection: Connection, message_id: int) -> int | None:
    """The template of a message, or None where it has not been mined yet."""
    return connection.execute(TEMPLATE_OF, {"this": message_id}).scalar_one_or_none()
