"""The live page as one file: every pane as it stands, to be mailed, kept, or opened where there is no network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any, Final

from bokeh.embed import components
from bokeh.resources import Resources
from jinja2 import Environment
from markupsafe import Markup, escape

from core import Project
from core.store.queries.judged import AGAINST
from dashboard.figures import Figure, Rows, figures_of
from dashboard.reading import Reading, look
from dashboard.samples import Samples
from dashboard.state import ViewState
from dashboard.theme import TOKENS
from dashboard.view_state import Drawing
from dashboard.views import PANES, View

ROWS_MOST: Final = 400
"""Of a figure's data; a longer table says that it is cut."""
LOOKS: Final = frozenset({"color", "alpha", "dash", "width", "room", "on_dark", "on_light"})
"""Columns that say how a row is drawn, and nothing of what it is."""
SOURCES: Final = {"folds": "folds it was not trained on", "verdicts": "the office", "imported": "imported labels"}
_HIDDEN = re.compile(
    "[\u200b\u2060\ufeff\u00ad\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\u0000-\u0008\u000b-\u001f\u007f]"
)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A figure in the report: its heading, its place in the page, and its data as a table."""

    title: str
    note: str
    empty: str
    div: Markup | None
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    more: int


@dataclass(frozen=True, slots=True)
class Pane:
    """A part of the live page."""

    title: str
    figures: tuple[Drawn, ...]


def report(project: Project, view: View | None = None, *, masks: bool = True) -> str:
    """The live page of a room as HTML that asks nobody for anything.

    Args:
        project: the room.
        view: its time range, slice and what the model is held against; its pane does not matter.
        masks: whether digits in messages are hidden.
    """
    asked = view or View()
    panes: list[tuple[str, list[Figure], ViewState]] = []
    seen: set[str] = set()
    with look(project, Samples(project.classes)) as common:
        at = common.at
        for name, title in PANES.items():
            figures = [figure for figure in figures_of(name, project.classes) if figure.name not in seen]
            if figures:
                seen.update(figure.name for figure in figures)
                reading = Reading(common, replace(asked, pane=name))
                state = Drawing(project.classes, name, masks=masks).state(reading, None, None)
                panes.append((title, figures, state))
    models = {figure.name: built for _, figures, state in panes for figure, built in _built(figures, state, asked)}
    script, divs = components(models) if models else ("", {})
    now = panes[0][2]
    text: str = _template().render(
        room=project.settings.room.name,
        at=datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC"),
        view=asked,
        masks=masks,
        words=now.words,
        verdicts=list(now.tables.get("verdicts", {}).values()),
        panes=[
            Pane(title, tuple(_drawn(each, state, divs, asked) for each in figures)) for title, figures, state in panes
        ],
        colors=_colors(),
        bokeh=Markup("\n".join(Resources(mode="inline", components=["bokeh"]).js_raw)),  # noqa: S704 - Bokeh's own
        script=Markup(script),  # noqa: S704 - Bokeh has escaped what is in it
    )
    return text


def _built(figures: list[Figure], state: ViewState, view: View) -> Iterator[tuple[Figure, Any]]:
    """Each figure that has rows, over sources that hold them."""
    for figure in figures:
        if not state.words.get(f"has-{figure.name}"):
            continue
        sources = figure.sources()
        for name, source in sources.items():
            rows = state.tables.get(f"{figure.name}.{name}", {})  # some are worked out in the page
            columns = map(str, source.data)
            source.data = {name: [key if name == "key" else row[name] for key, row in rows.items()] for name in columns}
        model = figure.build(sources)
        if model is None:  # the page draws it without Bokeh: here its numbers speak
            continue
        model.name = figure.name
        for part in model.renderers:
            _show_one(part, figure, view)
        yield figure, model


def _show_one(part: Any, figure: Figure, view: View) -> None:
    """Of a figure with a part for each of 'against', the page shows one."""
    _, _, against = str(part.name or "").partition("-")
    if against in AGAINST and against in figure.columns() and against != view.against:
        part.visible = False


def _drawn(figure: Figure, state: ViewState, divs: dict[str, str], view: View) -> Drawn:
    found = {name: state.tables.get(f"{figure.name}.{name}", {}) for name in figure.columns()}
    columns = tuple(dict.fromkeys(c for each in figure.columns().values() for c in each if c not in LOOKS))
    rows = [(part, *(row.get(column, "") for column in columns)) for part, row in _points(found)]
    div = divs.get(figure.name)
    words = str(state.words.get(f"{figure.name}-note") or "")
    if isinstance(of := state.words.get(f"{figure.name}-{view.against}"), dict):
        words = f"{of.get('model', '')}, against {SOURCES[view.against]}"
    return Drawn(
        figure.title,
        " ".join(filter(None, (figure.note, words))),
        figure.empty,
        None if div is None else Markup(div),  # noqa: S704 - Bokeh's own
        ("part", *columns),
        tuple(rows[:ROWS_MOST]),
        max(0, len(rows) - ROWS_MOST),
    )


def _points(tables: dict[str, Rows]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rows, one a point: a line has many points in one."""
    for part, rows in tables.items():
        for row in rows.values():
            many = max((len(value) for value in row.values() if isinstance(value, list)), default=0)
            if not many:
                yield part, row
            for at in range(many):
                yield part, {name: value[at] if isinstance(value, list) else value for name, value in row.items()}


def marked(text: str) -> Markup:
    """A text with what nobody sees shown as marks, as pages show it (static/js/text.js)."""
    parts, at = Markup(), 0
    for hidden in _HIDDEN.finditer(text):
        parts += escape(text[at : hidden.start()]) + Markup('<span class="mark">U+{:04X}</span>').format(ord(hidden[0]))
        at = hidden.end()
    return parts + escape(text[at:])


def _colors() -> str:
    return ":root{color-scheme:light;" + "".join(f"--{name}:{values[0]};" for name, values in TOKENS.items()) + "}"


def _template() -> Any:
    environment = Environment(autoescape=True)
    environment.filters["marked"] = marked
    return environment.from_string(files("dashboard").joinpath("report.html").read_text("utf-8"))
