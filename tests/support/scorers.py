"""The reference scorers in other languages, for tests: each scores texts with a document, in a process of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from chromium import CHROMIUM
from playwright.sync_api import sync_playwright

from core.export import scorers

FOLDER = Path(scorers.__file__).parent
Said = list[list[float]]

NODE = """
import {readFileSync} from "node:fs";
const {Scorer} = await import("SCORER");
const {document, texts} = JSON.parse(readFileSync(0, "utf8"));
const scorer = new Scorer(document);
scorer.check();
process.stdout.write(JSON.stringify(texts.map((text) => scorer.probabilities(text))));
"""
BROWSER = """
async ({source, document, texts}) => {
  const {Scorer} = await import(URL.createObjectURL(new Blob([source], {type: "text/javascript"})));
  const scorer = new Scorer(JSON.parse(document));
  scorer.check();
  return JSON.stringify(texts.map((text) => scorer.probabilities(text)));
}
"""
MAIN = """
import java.io.File
import tallyroom.Tallyroom

fun main(args: Array<String>) {
    val scorer = Tallyroom.read(File(args[0]).readText())
    scorer.check()
    for (line in File(args[1]).readLines()) { // four hexadecimal digits a UTF-16 unit
        val text = line.chunked(4).map { '\\u0000' + Integer.parseInt(it, 16) }.joinToString("")
        println(scorer.probabilities(text).joinToString(" "))
    }
}
"""


def node(document: bytes, texts: Sequence[str]) -> Said:
    """What tallyroom.js says in Node."""
    if shutil.which("node") is None:
        pytest.skip("no Node here; the same runs in Chromium")
    given = json.dumps({"document": json.loads(document), "texts": texts})
    script = NODE.replace("SCORER", (FOLDER / "tallyroom.js").as_uri())
    done = subprocess.run(
        ["node", "--input-type=module", "--eval", script], input=given, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def browser(document: bytes, texts: Sequence[str]) -> Said:
    """What tallyroom.js says in Chromium."""
    if CHROMIUM is None:
        pytest.skip("no Chromium here: install it, or set TALLYROOM_CHROMIUM")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        try:
            given = {"source": (FOLDER / "tallyroom.js").read_text("utf-8"), "document": document.decode()}
            return json.loads(launched.new_page().evaluate(BROWSER, {**given, "texts": list(texts)}))
        finally:
            launched.close()


@cache
def _compiled() -> TemporaryDirectory[str]:
    folder = TemporaryDirectory()
    (Path(folder.name) / "Main.kt").write_text(MAIN)
    files = [str(FOLDER / "Tallyroom.kt"), f"{folder.name}/Main.kt"]
    command = ["kotlinc", *files, "-include-runtime", "-d", f"{folder.name}/main.jar"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder


def kotlin(document: bytes, texts: Sequence[str]) -> Said:
    """What Tallyroom.kt says on the JVM."""
    if shutil.which("kotlinc") is None or shutil.which("java") is None:
        pytest.skip("no Kotlin here: 'apt-get install kotlin' brings it")
    folder = Path(_compiled().name)
    (folder / "model.json").write_bytes(document)
    (folder / "texts").write_text("".join(text.encode("utf-16-be", "surrogatepass").hex() + "\n" for text in texts))
    command = ["java", "-cp", str(folder / "main.jar"), "MainKt", str(folder / "model.json"), str(folder / "texts")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return [[float(number) for number in line.split()] for line in done.stdout.splitlines()]


SCORERS: dict[str, Callable[[bytes, Sequence[str]], Said]] = {"node": node, "browser": browser, "kotlin": kotlin}
