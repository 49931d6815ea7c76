"""Orders: which messages a queue asks for next, one order a file."""

from labeling.orders.order import ORDERS, Asked, Order

__all__ = ["ORDERS", "Asked", "Order"]
