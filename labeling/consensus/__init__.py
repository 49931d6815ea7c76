"""Consensus: from several verdicts on a message to one class. Pure."""

from labeling.consensus.majority import Consensus, majority

__all__ = ["Consensus", "majority"]
