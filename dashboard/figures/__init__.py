"""Figures, one a file: data in, rows out, drawn by Bokeh."""

from dashboard.figures.figure import FIGURES, Figure, Row, Rows, figures_of

__all__ = ["FIGURES", "Figure", "Row", "Rows", "figures_of"]
