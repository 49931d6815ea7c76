"""`tallyroom init`: make a room."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Annotated

import typer

from core import Project
from core.errors import SettingsError
from core.settings import FILE_NAME
from dashboard.commands.options import AsJson, answer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="init")(init)


def init(
    folder: Annotated[Path, typer.Argument(help="Where the room is made; the folder may exist.")],
    name: Annotated[str, typer.Option(help="What the pages call it.", show_default="the folder's name")] = "",
    classes: Annotated[
        str, typer.Option(help="The classes, 2 to 20, with commas between.")
    ] = "personal,notification,spam",
    dataset: Annotated[str, typer.Option(help="What the dataset is called.")] = "messages",
    store: Annotated[
        str, typer.Option(help="Where everything is kept: a SQLite file in the room, or postgresql://user@host/db.")
    ] = "sqlite:///tallyroom.db",
    as_json: AsJson = False,
) -> None:
    """Make a room: its settings, a dictionary, rules and a guide to begin with, and the tables of its store.

    Files that are there already are left as they are.
    """
    words = {
        "name": _quoted(name or folder.resolve().name),
        "classes": ", ".join(_quoted(part.strip()) for part in classes.split(",") if part.strip()),
        "dataset": dataset,
        "store": _quoted(store),
        "first_class": _quoted(next((part.strip() for part in classes.split(",") if part.strip()), "spam")),
    }
    if not dataset.replace("-", "").replace("_", "").isalnum():
        raise SettingsError(f"'{dataset}' cannot name a dataset", fix="Use letters, digits, '-' and '_'.")
    made = []
    for template, target in _files(dataset).items():
        path = folder / target
        if path.exists():
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        text = files("dashboard").joinpath("room_files", template).read_text("utf-8")
        path.write_text(Template(text).substitute(words), encoding="utf-8")
        made.append(str(target))
    project = Project(folder)
    project.upgrade_store()
    project.close()
    answer(
        as_json,
        {"room": str(folder), "made": made},
        f"The room {folder} is ready: say in {folder}/dictionaries/{dataset}.yaml where the messages come from, then\n"
        f"  tallyroom run --room {folder}\n  tallyroom serve --room {folder}",
    )


def _files(dataset: str) -> dict[str, Path]:
    return {
        "tallyroom.toml": Path(FILE_NAME),
        "dictionary.yaml": Path("dictionaries") / f"{dataset}.yaml",
        "rules.yaml": Path("rules.yaml"),
        "guide.md": Path("guide.md"),
    }


def _quoted(text: str) -> str:
    """As a TOML (and YAML, and JSON) string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'
