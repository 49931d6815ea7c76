"""Some faults are seen in a real Chromium."""

from chromium import browser, chromium

__all__ = ["browser", "chromium"]
