"""One command a file. Each has `register(app)`, or is an `app` of sub-commands."""
