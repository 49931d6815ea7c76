"""A package from outside that brings a page whose figure calls Python, as an installed one would."""

from __future__ import annotations

from pathlib import Path

NAME = "talking"
CODE = '''"""A page from outside."""

from bokeh.models import Button

from dashboard.pages import Page


class Talking(Page):
    """A button that Python hears of."""

    name = "talking"
    title = "Talking"
    place = 99
    calls_python = True

    def roots(self):
        button = Button(label="Press")
        button.on_click(lambda: setattr(button, "label", "Python has heard it"))
        return {"button": button}
'''


def plug_in(folder: Path) -> str:
    """Write the package; gives the folder that PYTHONPATH must name."""
    site = folder / "site"
    about = site / "tallyroom_talking-1.0.dist-info"
    about.mkdir(parents=True)
    (site / "tallyroom_talking.py").write_text(CODE)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: tallyroom-talking\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[tallyroom.pages]\ntalking = tallyroom_talking:Talking\n")
    return str(site)
