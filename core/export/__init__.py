"""Exporters, one a file: a fitted model as a file that scores the same elsewhere, as on a phone."""

from core.export.exporter import EXPORTERS, Agreement, Exporter, Leaving

__all__ = ["EXPORTERS", "Agreement", "Exporter", "Leaving"]
