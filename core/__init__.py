"""The works: from a source of messages to a promoted model."""
