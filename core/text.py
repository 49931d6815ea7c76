"""The one boundary where text becomes storable.

Neither store takes everything Python takes: PostgreSQL refuses NUL, both refuse lone surrogates. Both are
replaced here by U+FFFD, the replacement character, so that the same text lies in either store, and its length
in characters does not change.
"""

from __future__ import annotations

import re
import unicodedata

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """`text` with NUL and lone surrogates replaced by U+FFFD."""
    return _UNSTORABLE.sub("\ufffd", text)


_JOINERS = "\u200c\u200d"
"""Letters of several scripts, and emoji, are written with them."""


def hidden_sign(text: str) -> str | None:
    r"""The first sign of `text` that nobody sees, as `U+202E`; None where there is none.

    >>> hidden_sign("spam\u202e"), hidden_sign("spam"), hidden_sign("spam\nham")
    ('U+202E', None, 'U+000A')
    """
    for sign in text:
        if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp") and sign not in _JOINERS:
            return f"U+{ord(sign):04X}"
    return None
