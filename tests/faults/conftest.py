"""Some faults are seen in a real Chromium."""

from chromium import browser

__all__ = ["browser"]
