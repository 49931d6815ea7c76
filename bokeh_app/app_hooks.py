"""The app's life: routes before the server is built, the room when it starts."""

from bokeh.application.application import ServerContext

from dashboard.server import register_routes, start

register_routes()


def on_server_loaded(server_context: ServerContext) -> None:
    """Open the room, once a process."""
    start(server_context)
