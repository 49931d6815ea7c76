"""Mining: each message joins the template whose first message it is most like, or founds one.

A message is held against the *first* message of a template and against nothing else, so a template is a ball around it
and cannot drift from one meaning to another. The outcome depends on the order of the messages alone: not on where a run
stopped, nor on which process mined.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import LCSseq

from core.templates.sketch import BUCKET, Sketch, fixed

# Part of the stage's mark. Whoever raises it empties the tables of templates in a migration: they are mined again.
VERSION = 1
LEAST_ALIKE = 0.5  # of the longer one's fixed words, in their order
LOOKED_AT = 8


@dataclass(frozen=True, slots=True)
class Known:
    """What is known under the keys of the messages at hand: template ids by key, the shape of each template.

    Both are added to while a page is mined.
    """

    buckets: MutableMapping[int, list[int]]
    shapes: MutableMapping[int, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Founded:
    """A new template; its id is that of the message that founded it."""

    template_id: int
    keys: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Mined:
    """The template of each message, in the order given, and the templates that are new."""

    template_ids: tuple[int, ...]
    founded: tuple[Founded, ...]


def mine(message_ids: Sequence[int], sketched: Sequence[Sketch], known: Known) -> Mined:
    """Find the template of each message.

    Args:
        message_ids: rising.
        sketched: a sketch for each.
        known: all that the store has under their keys.
    """
    found: list[int] = []
    founded: list[Founded] = []
    for message_id, sketch in zip(message_ids, sketched, strict=True):
        template_id = _nearest(sketch, known)
        if template_id is None:
            template_id = message_id
            founded.append(Founded(message_id, _enter(message_id, sketch, known)))
        found.append(template_id)
    return Mined(tuple(found), tuple(founded))


def _enter(message_id: int, sketch: Sketch, known: Known) -> tuple[int, ...]:
    """Put a new template under its keys, those left out that have enough; gives the keys."""
    taken = tuple(key for key in sketch.keys if key == sketch.exact or len(known.buckets.get(key, ())) < BUCKET)
    for key in taken:
        known.buckets.setdefault(key, []).append(message_id)
    known.shapes[message_id] = sketch.shape
    return taken


def _nearest(sketch: Sketch, known: Known) -> int | None:
    for template_id in known.buckets.get(sketch.exact, ()):
        if known.shapes[template_id] == sketch.shape:
            return template_id
    meetings = Counter(template_id for key in sketch.near for template_id in known.buckets.get(key, ()))
    words = fixed(sketch.shape)
    best, most = None, LEAST_ALIKE
    for template_id in _promising(meetings):
        alike = likeness(words, fixed(known.shapes[template_id]))
        if alike > most or (best is None and alike >= most):
            best, most = template_id, alike
    return best


def _promising(meetings: Mapping[int, int]) -> list[int]:
    """The few templates met under the most keys, the oldest first among equals."""
    return sorted(meetings, key=lambda template_id: (-meetings[template_id], template_id))[:LOOKED_AT]


def likeness(left: Sequence[str], right: Sequence[str]) -> float:
    """The share of the longer one's words that both have in the same order, 0 to 1."""
    return LCSseq.similarity(left, right) / max(len(left), len(right), 1)
