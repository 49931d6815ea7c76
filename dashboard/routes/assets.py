"""Scripts and styles. They hold nothing of the room: whoever asks gets them."""

from __future__ import annotations

from http import HTTPStatus

from tornado.web import HTTPError

from dashboard.assets import release
from dashboard.routes.base import Handler, aside

FOR_GOOD = "public, max-age=31536000, immutable"


class Assets(Handler):
    """A file under the version of all: kept for good where it is the version of now, else only until asked again."""

    role = None

    async def get(self, version: str, name: str) -> None:
        """The file, compressed where the browser takes that."""
        now = release()
        asset = (
            now.get(name) if name != "js/bokeh.min.js" else await aside(now.get, name)
        )  # a large one, the first time
        if asset is None:
            raise HTTPError(HTTPStatus.NOT_FOUND)
        self.set_header("Content-Type", asset.type)
        self.set_header("Cache-Control", FOR_GOOD if version == now.version else "no-cache")
        self.set_header("Etag", asset.etag)
        self.set_header("Vary", "Accept-Encoding")
        if self.check_etag_header():
            self.set_status(HTTPStatus.NOT_MODIFIED)
            return
        takes = self.request.headers.get("Accept-Encoding", "")
        if asset.compressed is not None and "gzip" in takes:
            self.set_header("Content-Encoding", "gzip")
            self.write(asset.compressed)
        else:
            self.write(asset.content)
