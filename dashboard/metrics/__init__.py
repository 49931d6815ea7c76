"""Numbers for machines: what `/metrics` prints.

`process` counts what this process does; `numbers` reads the store's roll-ups; `families` puts names to both.
"""

from dashboard.metrics.families import CONTENT_TYPE, exposition
from dashboard.metrics.process import answered

__all__ = ["CONTENT_TYPE", "answered", "exposition"]
