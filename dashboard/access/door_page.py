"""The door's page: a plain form that needs no script."""

from __future__ import annotations

import secrets
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, Template

from dashboard.access.requests import cookie_name, is_https
from dashboard.room import room
from dashboard.theme import TOKENS
from labeling.people import has_password
from labeling.people.passwords import LEAST

CLOSED = "Whoever started this server has a link that lets you in."
CLOSED_FIX = "On this machine, 'tallyroom link NAME' prints one; each works once."


@cache
def _template() -> Template:
    text = files("dashboard.access").joinpath("door.html").read_text("utf-8")
    return Environment(autoescape=True).from_string(text)


def _colors() -> str:
    light, dark = ("".join(f"--{name}:{values[at]};" for name, values in TOKENS.items()) for at in (0, 1))
    return f":root{{color-scheme:light dark;{light}}}@media(prefers-color-scheme:dark){{:root{{{dark}}}}}"


def _page(**parts: Any) -> str:
    here = {"colors": _colors(), "room": room().project.settings.room.name, "least": LEAST}
    return _template().render(**here, **parts)


def closed_page(what: str, fix: str = "") -> str:
    """The door is closed, and why."""
    return _page(kind="closed", what=_sentence(what), fix=fix)


def sign_in_page(handler: Any, *, action: str, name: str = "", what: str = "", fix: str = "") -> str:
    """The form for name and password; where nobody has a password, the closed door.

    Args:
        handler: of the request; its answer gets the form's cookie and headers.
        action: where the form is sent, from the page's own address.
        name: what was typed before.
        what: what was wrong with it.
        fix: what to do.
    """
    with room().project.store.read() as connection:
        accounts = has_password(connection)
    provider = room().provider
    if not accounts and provider is None:
        return closed_page(what or CLOSED, fix if what else CLOSED_FIX)
    secret = _form_secret(handler)
    said = {"name": name, "what": _sentence(what), "fix": fix}
    return _page(kind="sign in", action=action, form=secret, accounts=accounts, **said, **_other(action))


def invitation_page(handler: Any, *, action: str, token: str, name: str, what: str = "", fix: str = "") -> str:
    """The form in which somebody who was invited sets a password."""
    secret = _form_secret(handler)
    other = _other(action, f"?{urlencode({'invitation': token})}")
    said = {"token": token, "name": name, "what": _sentence(what), "fix": fix}
    return _page(kind="invitation", action=action, form=secret, accounts=True, **said, **other)


def _other(action: str, query: str = "") -> dict[str, str]:
    """The way through the office's own provider, where there is one."""
    provider = room().provider
    return {} if provider is None else {"other": f"{action}/provider{query}", "provider": provider.label}


def _sentence(what: str) -> str:
    return f"{what[:1].upper()}{what[1:].rstrip('.')}." if what else ""


def _form_cookie(handler: Any) -> str:
    return f"{cookie_name(handler.request)}_form"


def _form_secret(handler: Any) -> str:
    """What the form and a cookie have in common: a form on another site has neither."""
    # no-referrer would make browsers send "Origin: null" with the form.
    handler.set_header("Referrer-Policy", "same-origin")
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    handler.set_header("Content-Security-Policy", policy)
    secret = handler.get_cookie(_form_cookie(handler)) or secrets.token_urlsafe(24)
    handler.set_cookie(
        _form_cookie(handler), secret, httponly=True, samesite="Strict", path="/", secure=is_https(handler.request)
    )
    return str(secret)


def form_is_ours(handler: Any) -> bool:
    """Whether a form that was sent is one that this browser got from here."""
    kept = handler.get_cookie(_form_cookie(handler)) or ""
    sent = handler.get_body_argument("form", "")
    return bool(kept) and secrets.compare_digest(kept.encode(), sent.encode("utf-8", "replace"))
