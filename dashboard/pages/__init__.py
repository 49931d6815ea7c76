"""Pages, one a file; each is a Bokeh document in the house's template."""

from dashboard.pages.build import build, chosen, warm, written
from dashboard.pages.page import PAGES, Page

__all__ = ["PAGES", "Page", "build", "chosen", "warm", "written"]
