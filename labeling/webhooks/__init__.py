"""Webhooks: other programs are told of events, in their order, each at least once.

One follower an address. It reads the feed, sends, and keeps in the store how far it came: a restart begins behind the
last event that was settled. A receiver that was told twice knows it by the event's id. An address that fails is tried
again with growing waits; an event that it never takes is given up, with a line in the log and an event of its own.
"""

from labeling.webhooks.follower import Follower, follow
from labeling.webhooks.hook import Hook, hooks
from labeling.webhooks.sending import RefusedError, addresses, send, signature

__all__ = ["Follower", "Hook", "RefusedError", "addresses", "follow", "hooks", "send", "signature"]
