"""Named reads: each a statement that costs the same at any number of messages."""
