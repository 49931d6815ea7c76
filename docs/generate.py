"""Writes the reference pages from the code: `python docs/generate.py`. A test compares them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from typer.main import get_command

from core.cleaning import STEPS
from core.corpus.languages import LANGUAGES
from core.dictionary.schema import Columns, ColumnSpec, DictionaryModel, Sample, SourceSpec
from core.dictionary.sources import SOURCES
from core.export import EXPORTERS
from core.learning import ESTIMATORS, FEATURES
from core.rules.ruleset import Rule
from core.settings import Settings
from dashboard.command import build
from dashboard.figures import FIGURES
from dashboard.metrics.families import described
from dashboard.pages import PAGES
from dashboard.routes.api import HANDLERS
from dashboard.routes.api.openapi import document
from labeling.consensus.method import CONSENSUS
from labeling.exchange import FORMATS
from labeling.orders import ORDERS
from labeling.signs import SIGNS

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
        shown = default if default == "needed" else f"`{json.dumps(default, default=str)}`"
        yield f"`{field.alias or name}`", shown, field.description or ""


def settings() -> str:
    """All settings."""
    parts = ["# Settings\n\n`tallyroom.toml` in the room's folder. Each key can be overridden by the environment:",
             "`TALLYROOM_` and its path in capitals with two underscores between, such as `TALLYROOM_SERVER__PORT=5007`.\n"]  # fmt: skip
    for name, section in Settings.model_fields.items():
        model: Any = section.annotation
        many = bool(get_args(model))
        parts += [f"## [[{name}]]\n" if many else f"## [{name}]\n"]
        parts += [table(("key", "default", "what it is"), fields(get_args(model)[0] if many else model)), ""]
    variables = (
        ("`TALLYROOM_HOME`", "the room's folder, for every command and for `bokeh serve bokeh_app`"),
        ("`TALLYROOM_TRACEBACK`", "set it to see the traceback behind a one-sentence error"),
        ("`TALLYROOM_CHROMIUM`", "the browser of the tests"),
        ("`TALLYROOM_SMS_DATA`", "real SMS collections for the tests and benchmarks that read them"),
        ("`TALLYROOM_EXAMPLES`", "how many examples the desk's state machine tries; `make nightly` sets it"),
        (
            "`TALLYROOM_FOREIGN_PYTHON`",
            "an interpreter with the tools that `make foreign` tries exports and the API with",
        ),
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

Each rule that hits weighs by how often it is right, as far as that is known ([how](../explanation/weak-labels.md)), times its
`weight`; the class with the most wins, a tie is an abstention. While nothing is known of the rules it is the vote by the weights.

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
    for title, registry in (("Sources", SOURCES), ("Cleaning steps", STEPS), ("Feature sets", FEATURES), ("Estimators", ESTIMATORS), ("Exporters", EXPORTERS),
                            ("Queue orders", ORDERS), ("Label formats", FORMATS), ("Ways to a consensus", CONSENSUS), ("Signs of alarms", SIGNS), ("Figures", FIGURES), ("Pages", PAGES), ("Languages of the demo", LANGUAGES)):  # fmt: skip
        rows = [(f"`{each.name}`", each.title + _usual(each)) for each in registry]  # type: ignore[attr-defined]
        parts += [f"## {title}\n", table(("name", "what it is"), rows), ""]
    return "\n".join(parts)


def _usual(entry: Any) -> str:
    """The limit of a sign where a rule names none; the parameters of a feature set or an estimator."""
    if parameters := getattr(entry, "parameters", ()):
        each = (f"`{parameter.name}` {parameter.range()}, usually {parameter.usual}" for parameter in parameters)
        return ". " + "; ".join(each)
    return f"; {entry.usual:g} where none is named" if hasattr(entry, "usual") else ""


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


def api() -> str:
    """The REST API, from its OpenAPI document."""
    told = document(HANDLERS)
    parts = [API_HEAD]
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            parts += [f"## {method.upper()} {path}\n", f"{operation['summary']}. {operation['description']}\n"]
            rows = [
                (
                    f"`{each['name']}`",
                    each["in"],
                    json.dumps(each["schema"].get("default", "needed" if each["required"] else None)),
                    each.get("description", ""),
                )
                for each in operation["parameters"]
            ]
            parts += [table(("parameter", "in", "default", "what it is"), rows), ""] if rows else []
            answer = operation["responses"]["200"]["content"]
            body = operation.get("requestBody", {}).get("content", {}).get("application/json")
            parts += [f"Body: {_shape(body)}" if body else "", f"Answer: {_shape(answer['application/json'])}"]
            also = [kind for kind in answer if kind != "application/json"]
            parts += [f"Also as {', '.join(f'`{kind}`' for kind in also)}." if also else "", ""]
    parts.append("## Shapes\n")
    for name, schema in told["components"]["schemas"].items():
        if "properties" not in schema or name.endswith("Query") or name == "Document":
            continue
        needed = schema.get("required", ())
        rows = [
            (f"`{key}`", _type(each), "yes" if key in needed else "", each.get("description", ""))
            for key, each in schema["properties"].items()
        ]
        parts += [
            f"### {name}\n",
            schema.get("description", "") + "\n",
            table(("key", "type", "needed", "what it is"), rows),
            "",
        ]
    return "\n".join(part for number, part in enumerate(parts) if part or parts[number - 1]).rstrip() + "\n"


def _shape(content: dict[str, Any]) -> str:
    name = content["schema"]["$ref"].rsplit("/", 1)[-1]
    return f"[{name}](#{name.lower()})." if name != "Document" else "the document."


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(map(_type, schema["anyOf"]))
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"object of {_type(schema['additionalProperties'])}"
    return str(schema.get("type", "any"))


def metrics() -> str:
    """What /metrics prints."""
    room = [(f"`{name}`", kind, about) for name, kind, about in described()]
    return "\n".join(
        [
            "# Metrics\n\nWhat `/room/metrics` prints ([how to read it](../how-to/monitoring.md)). Beside these, the",
            "client library's own of the process: `process_*` and `python_gc_*`.\n",
            table(("name", "type", "what it is"), room),
            "",
        ]
    )


API_HEAD = """# The REST API

Below `/room/api/v1`, JSON in and out. `openapi.json` there is its OpenAPI 3.1 document, from which this page is made.

Every request carries a session: a token (`Authorization: Bearer ...`), or a browser's cookie with, for a write, the header
`X-Tallyroom: 1`. Nobody asks more often than `[api] requests_per_minute`; a body has at most 8 MB. What is wrong is told as a
problem ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)): `detail` is the sentence, `where` the place, `fix` what to do.

| status | when |
| --- | --- |
| 400 | a parameter or the body is not as it should be; `where` names the first key |
| 401, 403 | no session; a session whose role does not reach |
| 404, 406, 409 | there is no such thing; not in that type; not as things stand |
| 413, 415 | more than 8 MB; not JSON |
| 429 | too often: `Retry-After` says when again |
| 503 | the store does not answer |
"""


def walk(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    """All commands that are not hidden."""
    for sub_name, sub in getattr(command, "commands", {}).items():
        if not sub.hidden:
            if not hasattr(sub, "commands"):
                yield f"{name} {sub_name}", sub
            yield from walk(f"{name} {sub_name}", sub)


PAGES_BY_NAME = {
    "settings": settings, "dictionary": dictionary, "rules": rules, "registries": registries, "commands": commands,
    "api": api, "metrics": metrics,
}  # fmt: skip

if __name__ == "__main__":
    for name, make in PAGES_BY_NAME.items():
        (REFERENCE / f"{name}.md").write_text(make(), "utf-8")
