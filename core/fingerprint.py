"""Fingerprints: the same content gives the same short text, on every machine and in every process."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def fingerprint(*parts: Any) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of `parts` as canonical JSON.

    Parts are what JSON can say (and tuples, as lists); anything else is a `TypeError`, so that an object's
    address in memory can never slip into a fingerprint.
    """
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
