"""The plain way to a live Bokeh page: each session asks the store each second and sets its sources anew."""

from __future__ import annotations

import os

from bokeh.document import Document

from core import Project
from dashboard.figures import figures_of
from dashboard.reading import Reading, look
from dashboard.samples import Samples
from dashboard.views import View

_project = Project(os.environ["TALLYROOM_HOME"])
_samples = Samples(_project.classes)


def page(document: Document) -> None:
    """The live page's figures, kept up to date by a periodic callback."""
    figures = figures_of("now", _project.classes)
    sources = {figure.name: figure.sources() for figure in figures}
    for figure in figures:
        document.add_root(figure.build(sources[figure.name]))

    def update() -> None:
        with look(_project, _samples) as common:
            reading = Reading(common, View())
            shown = [(figure, figure.rows(reading)) for figure in figures]
        for figure, tables in shown:
            for name, rows in tables.items():
                columns = figure.columns()[name]
                data = {column: [row[column] for row in rows.values()] for column in columns}
                sources[figure.name][name].data = {"key": list(rows), **data}

    document.add_periodic_callback(update, 1000)


if __name__ == "__main__":
    from bokeh.server.server import Server

    server = Server({"/plain": page}, port=int(os.environ["PLAIN_PORT"]), address="127.0.0.1")
    server.start()
    server.io_loop.start()
