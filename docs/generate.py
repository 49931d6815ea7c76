"""Writes the reference pages from the code: `python docs/generate.py`. A test compares them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from typer.main import get_command

from core.cleaning import STEPS
from core.corpus.languages import LANGUAGES
from core.dictionary.schema import Columns, ColumnSpec, DictionaryModel, Sample, SourceSpec
from core.dictionary.sources import SOURCES
from core.learning import ESTIMATORS, FEATURES
from core.rules.ruleset import Rule
from core.settings import Settings
from dashboard.command import build
from dashboard.figures import FIGURES
from dashboard.pages import PAGES
from labeling.orders import ORDERS

REFERENCE = Path(__file__).with_name("reference")


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    lines = [list(head), ["---"] * len(list(head)), *map(list, rows)]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |" for line in lines
    )


def fields(model: type[BaseModel]) -> Iterator[tuple[str, str, str]]:
    """A model's keys: name, default, what it is."""
    for name, field in model.model_fields.items():
        default: Any = "needed" if field.is_required() else field.get_default(call_default_factory=True)
        shown = default if default == "needed" else f"`{json.dumps(default, default=list)}`"
        yield f"`{field.alias or name}`", shown, field.description or ""


def settings() -> str:
    """All settings."""
    parts = ["# Settings\n\n`tallyroom.toml` in the room's folder. Each key can be overridden by the environment:",
             "`TALLYROOM_` and its path in capitals with two underscores between, such as `TALLYROOM_SERVER__PORT=5007`.\n"]  # fmt: skip
    for name, section in Settings.model_fields.items():
        parts += [f"## [{name}]\n", table(("key", "default", "what it is"), fields(section.annotation)), ""]  # type: ignore[arg-type]
    variables = (
        ("`TALLYROOM_HOME`", "the room's folder, for every command and for `bokeh serve bokeh_app`"),
        ("`TALLYROOM_TRACEBACK`", "set it to see the traceback behind a one-sentence error"),
        ("`TALLYROOM_CHROMIUM`", "the browser of the tests"),
        ("`TALLYROOM_SMS_DATA`", "real SMS collections for the tests and benchmarks that read them"),
        ("`TALLYROOM_EXAMPLES`", "how many examples the desk's state machine tries; `make nightly` sets it"),
        ("`TALLYROOM_TEST_POSTGRESQL`", "a PostgreSQL server for the tests, instead of one of their own"),
    )
    return "\n".join([*parts, "## Other variables\n", table(("variable", "what it is"), variables), ""])


def dictionary() -> str:
    """The data dictionary's keys."""
    parts = [
        "# The data dictionary\n\n`dictionaries/<dataset>.yaml`, plain YAML. Unknown keys are refused with their line.\n"
    ]
    sections = (("The file", DictionaryModel), ("A source", SourceSpec), ("columns", Columns),
                ("A column, where its name alone is not enough", ColumnSpec), ("sample", Sample))  # fmt: skip
    for title, model in sections:
        parts += [f"## {title}\n", table(("key", "default", "what it is"), fields(model)), ""]
    parts += [
        "## How it is read\n",
        "Text stays text: `NA`, `0123` and `1e5` come through unchanged. NUL and lone surrogates become U+FFFD, the",
        "replacement character; everything else that cannot be taken is set aside with its line and the reason.",
        "A row is in the sample when the first 32 bits of the MD5 of `seed:source:key` are below `fraction` times 2^32.\n",
    ]
    return "\n".join(parts)


def rules() -> str:
    """The rule file's keys."""
    doc = """# Rules

`rules.yaml`: named patterns, each a vote for a class.

```yaml
version: 1
rules:
  - {name: prize_words, class: spam, pattern: '\\b(?:won|winner|prize)\\b'}
```

"""
    keys = [
        (f"`{f.alias or n}`", "needed" if f.is_required() else f"`{json.dumps(f.default)}`")
        for n, f in Rule.model_fields.items()
    ]
    return (
        doc
        + table(("key", "default"), keys)
        + """

The class with the most weight among the rules that hit wins; a tie is an abstention.

**The language** is that of Vectorscan: Perl's regular expressions without look-around and back-references, over UTF-8.
`\\b`, `\\w`, `\\d` and `\\s` know ASCII only: write `\\p{L}` where letters of every script are meant, and mind that a word
glued to Thai or Chinese letters has a `\\b` beside it. Patterns that Vectorscan refuses are matched by a slower engine, in
which they know all of Unicode, under a limit of 20 ms a message.
"""
    )


def registries() -> str:
    """Everything that is found by name."""
    parts = [
        "# What is registered\n\nEach is one file in its folder; see [how to add one](../how-to/add-a-thing.md).\n"
    ]
    for title, registry in (("Sources", SOURCES), ("Cleaning steps", STEPS), ("Feature sets", FEATURES), ("Estimators", ESTIMATORS),
                            ("Queue orders", ORDERS), ("Figures", FIGURES), ("Pages", PAGES), ("Languages of the demo", LANGUAGES)):  # fmt: skip
        rows = [(f"`{each.name}`", each.title) for each in registry]  # type: ignore[attr-defined]
        parts += [f"## {title}\n", table(("name", "what it is"), rows), ""]
    return "\n".join(parts)


def commands() -> str:
    """The command's help."""
    parts = ["# Commands\n\nEnds with 0 where all went well, 1 where something was found amiss, 2 for settings, a dictionary or",
             "rules that cannot be used, 3 for a source, 4 for the store, 5 for a stage, 6 for the door, 7 for serving.\n"]  # fmt: skip
    for name, command in walk("tallyroom", get_command(build())):
        rows = []
        for parameter in command.params:
            if parameter.name in ("help",):
                continue
            names = (
                ", ".join([*parameter.opts, *parameter.secondary_opts])
                if parameter.param_type_name == "option"
                else parameter.name.upper()
            )
            rows.append((f"`{names}`", getattr(parameter, "help", None) or ""))
        parts += [f"## {name}\n", " ".join((command.help or "").split()) + "\n"]
        parts += [table(("option", "what it is"), rows), ""] if rows else []
    return "\n".join(parts)


def walk(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    """All commands that are not hidden."""
    for sub_name, sub in getattr(command, "commands", {}).items():
        if not sub.hidden:
            if not hasattr(sub, "commands"):
                yield f"{name} {sub_name}", sub
            yield from walk(f"{name} {sub_name}", sub)


PAGES_BY_NAME = {
    "settings": settings, "dictionary": dictionary, "rules": rules, "registries": registries, "commands": commands,
}  # fmt: skip

if __name__ == "__main__":
    for name, make in PAGES_BY_NAME.items():
        (REFERENCE / f"{name}.md").write_text(make(), "utf-8")
