"""Queues: what each is for, how they are made and changed, and how messages come into them."""

from labeling.queues.filling import chosen, fill, fill_by_order
from labeling.queues.making import change, create, set_members, set_team
from labeling.queues.refill import TRAINING, refill
from labeling.queues.spec import STRICT, QueueSpec

__all__ = [
    "STRICT",
    "TRAINING",
    "QueueSpec",
    "change",
    "chosen",
    "create",
    "fill",
    "fill_by_order",
    "refill",
    "set_members",
    "set_team",
]
