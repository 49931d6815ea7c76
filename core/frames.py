"""The frames that cross a floor, with their columns by name."""

from __future__ import annotations

from typing import Final

import pandas as pd
import pandera.pandas as pa

MESSAGES: Final = pa.DataFrameSchema(
    {
        "source": pa.Column(str, description="name of the source in the dictionary"),
        "key": pa.Column(str, description="the message's key in its source; unique within it"),
        "body": pa.Column(str, description="the text as it came"),
        "text": pa.Column(str, description="the text after the cleaning steps"),
        "sender": pa.Column(str, nullable=True, description="who sent it, as given by the source"),
        "sent_at": pa.Column("Int64", nullable=True, description="milliseconds since 1970, UTC"),
        "label": pa.Column(str, nullable=True, description="the class that the source itself gives"),
    },
    strict=True,
    ordered=True,
)
"""Messages as the dictionary delivers them: one row a message, in the source's order."""


def empty_messages() -> pd.DataFrame:
    """No message, with the right columns and dtypes."""
    text = pd.Series([], dtype="str")
    columns = dict.fromkeys(("source", "key", "body", "text", "sender"), text)
    return pd.DataFrame({**columns, "sent_at": pd.Series([], dtype="Int64"), "label": text})
