"""A page for somebody: which one they ask for, its figures, what its template is told.

A page whose figures call no Python is the same for everybody but for a few words: its figures are built once a process,
and no Bokeh session stands behind it. The others get a session each, whose document is filled here.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from bokeh.core.templates import FILE, MACROS
from bokeh.document import Document
from bokeh.embed import components
from jinja2 import Environment, FileSystemLoader, Template

from dashboard.access.requests import Visitor
from dashboard.assets import release
from dashboard.pages.page import PAGES, Page
from dashboard.room import room
from dashboard.theme import TOKENS, class_colors, css
from labeling.people import Reviewer

_embedding = threading.Lock()
_embedded: dict[tuple[type[Page], tuple[str, ...], str], tuple[str, Mapping[str, Any]]] = {}


def chosen(request: Any) -> Page:
    """The page that an address asks for, or the first one that this person may see."""
    pages = _pages(_who(request))
    query = {name: _argument(request, name) for name in request.arguments}
    page = next((page for page in pages if page.name == query.get("page", "")), pages[0])
    return page(room().project.classes, query)


def build(document: Document) -> None:
    """Fill a session's document with the page that its address asks for."""
    context: Any = document.session_context
    request = context.request
    slug = context.server_context.application_context.url.strip("/").split("/")[-1]
    page, person = chosen(request), _who(request)
    roots = _named(page.roots()) if person is not None else {}
    for model in roots.values():
        document.add_root(model)
    told = {**_told(page, person, slug, roots), "nonce": getattr(request, "nonce", "")}
    document.title = told.pop("title")
    document.template_variables.update(told)


def written(request: Any, slug: str) -> str:
    """The page that an address asks for, whole, with figures that the feed fills and no session behind them."""
    page, person = chosen(request), _who(request)
    script, roots = embedding(page) if person is not None else ("", {})
    bokehs = {"base": FILE, "macros": MACROS, "docs": [], "roots": roots, "plot_script": script}
    nonce = getattr(request, "nonce", "")
    return _template().render({**_told(page, person, slug, roots), **bokehs, "nonce": nonce})


def embedding(page: Page) -> tuple[str, Mapping[str, Any]]:
    """The script that draws a page's figures, and the place of each: made once, the same for everybody."""
    key = type(page), page.classes, page.variant
    with _embedding:
        if key not in _embedded:
            roots = _named(page.roots())
            script, places = components(roots, wrap_plot_info=False) if roots else ("", {})
            _embedded[key] = str(script), dict(places)
        return _embedded[key]


def warm() -> None:
    """Build the figures of the first page before somebody asks for it, beside whatever else a starting server does."""

    def work() -> None:
        first = _pages(None)[0]
        if not first.calls_python:
            embedding(first(room().project.classes, {}))
        release().get("js/bokeh.min.js")

    threading.Thread(target=work, name="warm-pages", daemon=True).start()


def _named(roots: Mapping[str, Any]) -> dict[str, Any]:
    for name, model in roots.items():
        model.name = name
    return dict(roots)


@cache
def _template() -> Template:
    folder = files("bokeh_app").joinpath("templates")
    # As Bokeh's own for an app: what is not ours to trust is escaped in the templates, by name.
    return Environment(loader=FileSystemLoader(str(folder))).get_template("index.html")  # noqa: S701


def _told(page: Page, person: Reviewer | None, slug: str, names: Iterable[str]) -> dict[str, Any]:
    """What the template is told."""
    settings, only = room().project.settings, page.query.get("only", "")
    told: dict[str, Any] = {
        "slug": slug,
        "title": f"{page.title} · {settings.room.name}",
        "room_name": settings.room.name,
        "classes": list(page.classes),
        "tokens_css": css(page.classes),
        "pages": _pages(person),
        "page": page,
        "person": person,
        "assets": f"{slug}/assets/{release().version}",
        "names": list(names),
        "only": only if only in names else "",
    }
    if person is None:
        return told
    facts = {
        "page": page.name,
        "classes": page.classes,
        "colors": class_colors(page.classes),
        "tokens": TOKENS,
        "person": {"name": person.name, "role": person.role},
        **page.facts(),
    }
    scripts = (page.script, *(f"figures/{name}" for name in facts.get("scripts", ())))
    # "<" would end the script element that holds this.
    words = json.dumps(facts).replace("<", "\\u003c")
    return {**told, "facts": words, "modules": release().modules(*scripts), **page.variables()}


def _pages(person: Reviewer | None) -> list[type[Page]]:
    return [page for page in sorted(PAGES, key=lambda page: page.place) if person is None or person.may(page.role)]


def _who(request: Any) -> Reviewer | None:
    """Whom the guard let in; nobody where no guard stands."""
    found = getattr(request, "visitor", None)
    return found.person if isinstance(found, Visitor) else None


def _argument(request: Any, name: str) -> str:
    values = request.arguments.get(name, [b""])
    return bytes(values[0]).decode("utf-8", "replace")
