"""What a browser may run and fetch on a page: the Content-Security-Policy.

A script runs only where it is a file of ours, or carries the word that this one answer was given (its nonce); markup
that got in by a mistake of ours carries none. Two things are let through for Bokeh: `unsafe-eval`, since it makes
functions of the code of a figure's ticks, and inline styles, which it writes into its shadow roots. Nothing is fetched
from, sent to or embedded on other sites.
"""

from __future__ import annotations

import re
import secrets

_HOST = re.compile(r"[\w.:\[\]-]+\Z", re.ASCII)


def new_nonce() -> str:
    """A word that nobody can guess."""
    return secrets.token_urlsafe(18)


def page_policy(nonce: str, host: str) -> str:
    """The policy of a page that is asked for at `host`, whose own inline scripts carry `nonce`."""
    # Older browsers do not count sockets to the page's own host as 'self'.
    sockets = f" ws://{host} wss://{host}" if _HOST.match(host) else ""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'nonce-{nonce}' 'unsafe-eval'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            f"connect-src 'self'{sockets}",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )
