"""Signs: what an alarm can watch, one number a file."""

from labeling.signs.sign import SIGNS, Look, Measured, Sign

__all__ = ["SIGNS", "Look", "Measured", "Sign"]
