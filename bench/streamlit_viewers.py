"""Sessions of a Streamlit page, as its browser opens them: its socket, its messages, its timer for the next run.

Run by the Python of Streamlit's own environment: `streamlit_viewers.py ADDRESS VIEWERS`. Prints a line when all have
the page; after a line on its standard input it prints, as JSON, what each viewer ends with and ends.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import pyarrow as pa
from streamlit.proto.BackMsg_pb2 import BackMsg  # type: ignore[import-not-found,unused-ignore]
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg  # type: ignore[import-not-found,unused-ignore]
from websockets.asyncio.client import connect

CURVES = {"x", "y", "title"}


class Viewer:
    """One tab. `rows`: the curves' dots as last drawn; `runs`: how many times the page was drawn anew."""

    def __init__(self) -> None:
        self.rows: list[list[Any]] = []
        self.runs = 0
        self._kept: dict[str, Any] = {}
        self._timers: dict[str, asyncio.Task[None]] = {}

    async def look(self, address: str) -> None:
        """Open the page and stay."""
        async with connect(address, subprotocols=["streamlit"], max_size=None) as socket:  # type: ignore[list-item]
            first = BackMsg()
            first.rerun_script.query_string = ""
            await socket.send(first.SerializeToString())
            async for data in socket:
                message = ForwardMsg()
                message.ParseFromString(data if isinstance(data, bytes) else data.encode())
                self._take(message, socket)

    def _take(self, message: Any, socket: Any) -> None:
        kind = message.WhichOneof("type")
        if kind == "ref_hash":  # the server knows that we have this one
            message = self._kept[message.ref_hash]
            kind = message.WhichOneof("type")
        elif message.hash:
            self._kept[message.hash] = message
        if kind == "auto_rerun":
            asked = message.auto_rerun
            if asked.fragment_id not in self._timers:
                self._timers[asked.fragment_id] = asyncio.create_task(
                    self._rerun(socket, asked.fragment_id, asked.interval)
                )
        elif kind == "script_finished":
            self.runs += 1
        elif kind == "delta" and message.delta.HasField("new_element"):
            self._draw(message.delta.new_element)

    async def _rerun(self, socket: Any, fragment: str, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            again = BackMsg()
            again.rerun_script.fragment_id = fragment
            again.rerun_script.is_auto_rerun = True
            await socket.send(again.SerializeToString())

    def _draw(self, element: Any) -> None:
        if element.WhichOneof("type") != "vega_lite_chart":
            return
        chart = element.vega_lite_chart
        for data in [chart.data.data, *(each.data.data for each in chart.datasets)]:
            if data:
                table = pa.ipc.open_stream(data).read_all()
                if set(table.column_names) >= CURVES:
                    columns = (table.column(name).to_pylist() for name in ("title", "x", "y"))
                    self.rows = sorted([list(row) for row in zip(*columns, strict=True)])


async def main() -> None:
    """Open them, tell, wait, tell again."""
    address, count = sys.argv[1], int(sys.argv[2])
    viewers = [Viewer() for _ in range(count)]
    looking = [asyncio.create_task(viewer.look(address)) for viewer in viewers]
    while not all(viewer.rows for viewer in viewers):
        for task in looking:
            if task.done():
                task.result()
        await asyncio.sleep(0.1)
    print("all look", flush=True)
    while line := (await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)).strip():
        print(json.dumps([{"rows": len(v.rows), "last": v.rows, "runs": v.runs} for v in viewers]), flush=True)
        if line == "end":
            break
    for task in looking:
        task.cancel()


asyncio.run(main())
