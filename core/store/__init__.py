"""The store: one SQL database (SQLite or PostgreSQL), the only state that the services share."""

from core.store.feed import Feed, StoreEvent, emit
from core.store.store import Store

__all__ = ["Feed", "Store", "StoreEvent", "emit"]
