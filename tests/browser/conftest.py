"""The browser tests drive a real Chromium."""

from chromium import browser

__all__ = ["browser"]
