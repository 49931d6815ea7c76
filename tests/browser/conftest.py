"""The browser tests drive a real Chromium."""

from chromium import browser, chromium

__all__ = ["browser", "chromium"]
