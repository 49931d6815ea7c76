"""The one boundary where text becomes storable.

Neither store takes everything Python takes: PostgreSQL refuses NUL, both refuse lone surrogates. Both are
replaced here by U+FFFD, the replacement character, so that the same text lies in either store, and its length
in characters does not change.
"""

from __future__ import annotations

import re

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """`text` with NUL and lone surrogates replaced by U+FFFD."""
    return _UNSTORABLE.sub("\ufffd", text)
