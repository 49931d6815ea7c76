"""Labels: read a page at a time, and taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from http import HTTPStatus
from itertools import islice
from typing import ClassVar
from urllib.parse import urlencode

from tornado.web import HTTPError

from core.store import emit
from dashboard.room import room
from dashboard.routes.api.base import JSON, ApiHandler, Operation
from dashboard.routes.api.schemas import (
    ImportedOut,
    LabelOut,
    LabelSetOut,
    LabelSetsOut,
    LabelsIn,
    LabelsPage,
    LabelsQuery,
    Refused,
)
from dashboard.routes.base import aside
from labeling.exchange import FORMATS, LabelRow, take
from labeling.exchange.formats.form import TextFormat
from labeling.exchange.labels import numbered
from labeling.label_sets import find, label_sets
from labeling.models import Role

TEXTS = {form.media_type: form for form in FORMATS if issubclass(form, TextFormat) and form.media_type}


class Labels(ApiHandler):
    """The labels of the room, for leads: they carry the messages' text."""

    role = Role.LEAD
    path: ClassVar[str] = "/labels"
    operations: ClassVar[Mapping[str, Operation]] = {
        "get": Operation(
            "Labels with their provenance, in order of the messages; a page at a time",
            LabelsPage,
            query=LabelsQuery,
            errors=(HTTPStatus.NOT_ACCEPTABLE, HTTPStatus.CONFLICT),
            also=tuple(TEXTS),
        ),
        "post": Operation("Take labels", ImportedOut, body=LabelsIn),
    }

    async def get(self) -> None:
        """JSON, JSON lines or CSV, as Accept asks; in all of them a Link header leads to the next page."""
        wanted, kind = self.query(LabelsQuery), self._accepted()
        page = await aside(lambda: self._read(wanted))
        after = page[-1][0] if len(page) == wanted.limit else None
        if after is not None:
            asked = wanted.model_dump(mode="json", exclude_defaults=True) | {"after": after}
            self.set_header("Link", f'<?{urlencode(asked, doseq=True)}>; rel="next"')
        self.set_header("Vary", "Accept")
        if kind == JSON:
            rows = [LabelOut(message_id=message_id, **asdict(row)) for message_id, row in page]
            self.tell(LabelsPage(labels=rows, after=after))
            return
        self.set_header("Content-Type", f"{kind}; charset=utf-8")
        self.finish("".join(TEXTS[kind]().chunks(row for _, row in page)))

    def _accepted(self) -> str:
        asked = [
            part.partition(";")[0].strip().lower() for part in self.request.headers.get("Accept", "*/*").split(",")
        ]
        for kind in asked:
            if kind in ("*/*", "application/*", JSON, ""):
                return JSON
            if kind in TEXTS:
                return kind
            if kind == "text/*":
                return "text/csv"
        raise HTTPError(HTTPStatus.NOT_ACCEPTABLE, reason=f"labels come as {JSON}, {', '.join(TEXTS)}")

    def _read(self, wanted: LabelsQuery) -> list[tuple[int, LabelRow]]:
        store, dataset = room().project.store, room().project.dataset_id
        frozen = find(store, dataset, wanted.set) if wanted.set is not None else None
        rows = numbered(
            store,
            dataset,
            frozen.origins if frozen is not None else wanted.origin or None,
            as_of=None if frozen is None else frozen.as_of,
            after=wanted.after,
            people=wanted.people,
            page=min(wanted.limit, 2_000),
        )
        page = list(islice(rows, wanted.limit))
        person = self.person.name
        store.write(lambda connection: emit(connection, "exported", what="labels", n=len(page), person=person))
        return page

    async def post(self) -> None:
        """Each row is taken, known already, or refused with its reason."""
        asked = self.asked(LabelsIn)
        rows = ((number, label.model_dump()) for number, label in enumerate(asked.labels, start=1))
        project, ref = room().project, f"api:{self.person.name}"
        done = await aside(lambda: take(project.store, project.dataset_id, rows, project.classes, ref=ref))
        refused = [Refused(row=row, reason=reason) for row, reason in done.refused]
        counts = {name: getattr(done, name) for name in ("rows", "labels", "unchanged", "repeated", "refused_rows")}
        self.tell(ImportedOut(**counts, refused=refused))


class LabelSets(ApiHandler):
    """The frozen sets."""

    path: ClassVar[str] = "/label-sets"
    operations: ClassVar[Mapping[str, Operation]] = {"get": Operation("Frozen sets of labels", LabelSetsOut)}

    async def get(self) -> None:
        """The newest first."""
        project = room().project
        found = await aside(lambda: label_sets(project.store, project.dataset_id))
        self.tell(LabelSetsOut(sets=[LabelSetOut.model_validate(each) for each in found]))
