"""The live page on Streamlit: the same reading of the store, the same four figures as stock charts, anew each second.

Run by Streamlit in an environment of its own (bench/streamlit_way.py).
"""

from __future__ import annotations

import os

import pandas as pd
import streamlit as st  # type: ignore[import-not-found,unused-ignore]

from core import Project
from core.store.rollups import FOLDS, VERDICTS
from dashboard.figures import FIGURES
from dashboard.reading import Reading, look
from dashboard.samples import Samples
from dashboard.views import View


@st.cache_resource  # once a process, as a Streamlit app would
def project() -> Project:
    """The room."""
    return Project(os.environ["TALLYROOM_HOME"])


@st.cache_resource
def samples() -> Samples:
    """What is kept between two looks at the store."""
    return Samples(project().classes)


def frame(name: str, source: str, reading: Reading) -> pd.DataFrame:
    """A figure's rows of now."""
    figure = FIGURES.get(name)(project().classes)
    return pd.DataFrame(list(figure.rows(reading)[source].values()), columns=list(figure.columns()[source]))


@st.fragment(run_every=1)
def page() -> None:
    """Anew each second."""
    with look(project(), samples()) as common:
        draw(Reading(common, View()))


def draw(reading: Reading) -> None:
    """Cards, both confusion matrices, the classes over time, the curves, the newest verdicts."""
    common, classes = reading.common, reading.classes
    for column, (title, value) in zip(
        st.columns(3),
        [
            ("Messages in the store", common.counts.get("messages", 0)),
            ("Champion", common.champion.title if common.champion else "none yet"),
            ("Verdicts", common.counts.get("verdicts", 0)),
        ],
        strict=True,
    ):
        column.metric(title, value)
    for against in (reading.confusion(FOLDS), reading.confusion(VERDICTS)):
        cells = [(truth, called, against.cells.get((truth, called), 0)) for truth in classes for called in classes]
        st.scatter_chart(pd.DataFrame(cells, columns=["truth", "called", "n"]), x="called", y="truth", size="n")
    hours = [{"hour": hour, **counts} for hour, counts in sorted(reading.predicted.items())]
    st.area_chart(pd.DataFrame(hours, columns=["hour", *reading.classes]), x="hour", stack="normalize")
    st.scatter_chart(frame("curves", "dots", reading), x="x", y="y", color="title")
    st.dataframe(pd.DataFrame([{"body": v.body, "klass": v.klass, "person": v.person} for v in common.verdicts]))


page()
