"""The door: the Bokeh directory app. Holds no logic."""
