"""Scripts and styles: sent once, compressed, kept for good; another version has another address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from servers import Server, make_folder

from core.store import Store
from dashboard import assets
from dashboard.assets import Release, release


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, httpx.Client]]:
    folder = tmp_path_factory.mktemp("room")
    url = f"sqlite:///{folder / 'tallyroom.db'}"
    with Store.open(url, create=True) as store:
        server = Server(make_folder(folder, url)).start()
        yield server, server.client(store, "Ada")
        server.stop()


def test_all_that_a_page_names_is_kept_for_good_and_sent_compressed(served: tuple[Server, httpx.Client]) -> None:
    server, ada = served
    for page in ("live", "compare", "review"):
        text = ada.get(f"{server.base}?page={page}").text
        names = set(re.findall(r'(?:src|href)="(room/[^"]+\.(?:js|css))"', text))
        assert len(names) > 4
        for name in names:
            answer = httpx.get(f"http://{server.host}/{name}")
            assert answer.status_code == 200
            assert "immutable" in answer.headers["cache-control"], name
            assert answer.headers["content-encoding"] == "gzip", name
            again = httpx.get(answer.url, headers={"If-None-Match": answer.headers["etag"]})
            assert (again.status_code, again.content) == (304, b"")
            plain = httpx.get(answer.url, headers={"Accept-Encoding": "identity"})
            assert plain.content == answer.content


def test_an_address_of_another_version_is_not_kept(served: tuple[Server, httpx.Client]) -> None:
    answer = httpx.get(f"{served[0].base}/assets/{'0' * 12}/js/live.js")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")


@pytest.mark.parametrize(
    "name", ["js/none.js", "../main.py", "js/../../main.py", "..%2fmain.py", "js%2f..%2f..%2fmain.py"]
)
def test_nothing_but_the_files_is_sent(served: tuple[Server, httpx.Client], name: str) -> None:
    assert httpx.get(f"{served[0].base}/assets/{release().version}/{name}").status_code == 404


def test_a_changed_file_changes_the_version_of_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = tmp_path / "one.js", tmp_path / "two.js"
    one.write_text('import {x} from "./two.js";\n')
    two.write_text("export const x = 1;\n")
    monkeypatch.setattr(assets, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(assets, "_ours", lambda: iter([("js/one.js", one), ("js/two.js", two)]))
    before = release()
    assert release() is before
    assert before.modules("one.js") == ("one.js", "two.js")
    two.write_text("export const x = 22;\n")
    assert release().version != before.version
    assert Release({"js/one.js": one}).get("js/two.js") is None
