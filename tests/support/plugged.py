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


MOODY = '''"""An estimator from outside that fails, or takes its time, as files in a folder have it."""

import os
import time
from pathlib import Path

from core.learning.estimators.complement_nb import ComplementNaiveBayes

MOODS = Path(os.environ["MOODS"])


class Moody(ComplementNaiveBayes):
    """Fails until somebody mends it."""

    name = "moody"
    title = "Moody"

    def build(self, seed):
        while (MOODS / "slow").exists():
            time.sleep(0.05)
        if not (MOODS / "mended").exists():
            raise RuntimeError("the moon is in the wrong quarter")
        return super().build(seed)
'''


def plug_in_estimator(folder: Path) -> str:
    """Write a package with an estimator of moods; gives the folder that PYTHONPATH must name."""
    site = folder / "site"
    about = site / "tallyroom_moody-1.0.dist-info"
    about.mkdir(parents=True)
    (site / "tallyroom_moody.py").write_text(MOODY)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: tallyroom-moody\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[tallyroom.estimators]\nmoody = tallyroom_moody:Moody\n")
    return str(site)
