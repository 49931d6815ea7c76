"""The door: a link's token for a session."""

from __future__ import annotations

from html import escape
from http import HTTPStatus

from core.errors import AccessError
from dashboard.room import room
from dashboard.routes.base import Handler, aside, cookie_name
from labeling.people import SESSION_MS, identify, revoke, use_link

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Tallyroom</title><style>body{{font:16px/1.5 system-ui,sans-serif;max-width:32em;margin:18vh auto;padding:0 1em;
color:#1c2430}}code{{background:#eef0f4;padding:2px 6px;border-radius:4px}}@media(prefers-color-scheme:dark){{body{{
background:#10141a;color:#e8ebf0}}code{{background:#2b3340}}}}</style>
<h1>The door is closed</h1><p>{what}</p><p>{fix}</p>
</html>"""


class Door(Handler):
    """Opens with a token that works once."""

    role = None

    async def get(self) -> None:
        """Exchange the token for a session's cookie, and go in."""
        name = cookie_name(self.request.host)
        home = f"../{self.request.path.rstrip('/').split('/')[-2]}"
        store = room().project.store
        try:
            session = await aside(use_link, store, self.get_query_argument("token", ""))
        except AccessError as error:
            present = self.get_cookie(name)
            if present and await aside(identify, store, present) is not None:
                self.redirect(home)  # the same browser, a second click: it is in already
                return
            self.set_status(HTTPStatus.FORBIDDEN)
            self.set_header("Content-Type", "text/html; charset=utf-8")
            self.finish(_PAGE.format(what=escape(error.what.capitalize() + "."), fix=escape(error.fix)))
            return
        # Lax, not Strict: a link opened from a mail would not carry the cookie through the redirect below.
        self.set_cookie(
            name, session, httponly=True, samesite="Lax", path="/", expires_days=SESSION_MS / 86_400_000,
            secure=self.request.protocol == "https",
        )  # fmt: skip
        self.redirect(home)


class Leave(Handler):
    """Ends the session, everywhere and at once."""

    def post(self) -> None:
        """Revoke it and forget the cookie."""
        name = cookie_name(self.request.host)
        revoke(room().project.store, self.get_cookie(name) or "")
        self.clear_cookie(name)
        self.answer({"left": True})
