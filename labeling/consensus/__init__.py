"""Consensus: from several verdicts on a message to one class, one way a file. Pure.

The ways stand in `labeling.consensus.method.CONSENSUS`, apart from here: frames take a second to import, and the desk
needs the vote alone.
"""

from labeling.consensus.vote import Consensus, majority

__all__ = ["Consensus", "majority"]
