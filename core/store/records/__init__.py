"""Named writes: facts appended, and what is derived from them kept beside, in one transaction."""
