"""Who stands at the door: requests, sessions, the guard in front of Bokeh's own routes."""
