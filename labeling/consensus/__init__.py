"""Consensus: from several verdicts on a message to one class, one way a file. Pure."""

from labeling.consensus.majority import Consensus, majority
from labeling.consensus.method import CONSENSUS, Fitted, Method

__all__ = ["CONSENSUS", "Consensus", "Fitted", "Method", "majority"]
