"""A session of the app: the page that its address asks for."""

from bokeh.io import curdoc

from dashboard.pages import build

build(curdoc())
