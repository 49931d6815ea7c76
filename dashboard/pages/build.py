"""Building a document: who asks, which page, which roots."""

from __future__ import annotations

import json
from typing import Any

import bokeh
from bokeh.document import Document

from dashboard.access.requests import Visitor
from dashboard.pages.page import PAGES, Page
from dashboard.room import room
from dashboard.theme import TOKENS, class_colors, css
from labeling.people import Reviewer


def build(document: Document) -> None:
    """Fill a session's document with the page that its address asks for, or with the closed door."""
    context: Any = document.session_context
    request = context.request
    person = _who(request)
    here = room().project
    pages = [page for page in sorted(PAGES, key=lambda page: page.place) if person is None or person.may(page.role)]
    asked = _argument(request, "page")
    chosen = next((page for page in pages if page.name == asked), pages[0])
    document.title = f"{chosen.title} · {here.settings.room.name}"
    document.template_variables.update(
        slug=context.server_context.application_context.url.strip("/").split("/")[-1],
        room_name=here.settings.room.name,
        classes=list(here.classes),
        tokens_css=css(here.classes),
        pages=pages,
        page=chosen,
        person=person,
        only="",
        bokeh_version=bokeh.__version__,
    )
    if person is not None:
        query = {name: _argument(request, name) for name in request.arguments}
        _furnish(document, chosen(here.classes, query), person)


def _furnish(document: Document, page: Page, person: Reviewer) -> None:
    roots = page.roots()
    only = page.query.get("only", "")
    for name, model in roots.items():
        if only not in roots or only == name:
            model.name = name
            document.add_root(model)
    facts = {
        "page": page.name,
        "classes": page.classes,
        "colors": class_colors(page.classes),
        "tokens": TOKENS,
        "person": {"name": person.name, "role": person.role},
        **page.facts(),
    }
    # "<" would end the script element that holds this.
    document.template_variables.update(
        facts=json.dumps(facts).replace("<", "\\u003c"), only=only if only in roots else "", **page.variables()
    )


def _who(request: Any) -> Reviewer | None:
    """Whom the guard let in; nobody where no guard stands."""
    found = getattr(request, "visitor", None)
    return found.person if isinstance(found, Visitor) else None


def _argument(request: Any, name: str) -> str:
    values = request.arguments.get(name, [b""])
    return bytes(values[0]).decode("utf-8", "replace")
