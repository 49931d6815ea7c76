"""The cleaning steps, one family a file."""
