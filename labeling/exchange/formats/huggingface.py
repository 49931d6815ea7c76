"""A folder that `datasets.load_dataset` opens: a dataset card and Parquet files with a ClassLabel."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any, ClassVar

import yaml

from core.errors import SourceError
from labeling.exchange.formats.form import Format, Read
from labeling.exchange.row import LabelRow

SHARD = 200_000


class HuggingFace(Format):
    """README.md with the card's YAML, and data/train-00000.parquet, ..."""

    name: ClassVar[str] = "huggingface"
    title: ClassVar[str] = "A folder for the `datasets` library: a dataset card, Parquet files, labels as a ClassLabel."
    extension: ClassVar[str] = ""
    binary: ClassVar[bool] = True

    def write(self, rows: Iterable[LabelRow], target: Path, classes: Sequence[str]) -> None:
        """A file for each 200,000 labels, then the card, which has their counts.

        Raises:
            SourceError: a label is no class of the room: a ClassLabel's names are set before its first row.
        """
        from labeling.exchange.tables import coded_schema, write_table  # here: pyarrow takes long to import

        (target / "data").mkdir(parents=True)
        counts: Counter[str] = Counter()
        each, number, size = _known(rows, classes, counts, target), 0, 0
        first = list(islice(each, 1))
        while first or number == 0:
            path = target / "data" / f"train-{number:05d}.parquet"
            write_table(
                chain(first, islice(each, SHARD - len(first))),
                path,
                coded_schema(
                    {"huggingface": json.dumps({"info": {"features": _features(classes)}}, ensure_ascii=False)}
                ),
                {name: code for code, name in enumerate(classes)},
            )
            size += path.stat().st_size
            number += 1
            first = list(islice(each, 1))
        (target / "README.md").write_text(_card(classes, counts, size), "utf-8")

    def read(self, path: Path) -> Read:
        """The rows of all files below data/, numbered through."""
        from labeling.exchange.tables import read_table

        files = sorted(path.glob("data/*.parquet")) or sorted(path.glob("**/*.parquet"))
        if not files:
            raise SourceError("there is no Parquet file in it", where=str(path))
        before = 0
        for file in files:
            number = 0
            for number, row in read_table(file):
                yield before + number, row
            before += number


def _known(rows: Iterable[LabelRow], classes: Sequence[str], counts: Counter[str], folder: Path) -> Iterator[LabelRow]:
    for row in rows:
        if row.label not in classes:
            raise SourceError(
                f"the label '{row.label}' of {row.source}/{row.key} is no class of this room",
                where=str(folder),
                fix="Add the class to [room] classes, or export another format.",
            )
        counts[row.label] += 1
        yield row


def _features(classes: Sequence[str]) -> dict[str, Any]:
    from labeling.exchange.tables import plain_types

    features: dict[str, Any] = {name: {"dtype": kind, "_type": "Value"} for name, kind in plain_types().items()}
    features["label"] = {"names": list(classes), "_type": "ClassLabel"}
    return features


def _card(classes: Sequence[str], counts: Counter[str], size: int) -> str:
    total = sum(counts.values())
    features: list[dict[str, Any]] = []
    for name, feature in _features(classes).items():
        names = {str(code): klass for code, klass in enumerate(classes)}
        features.append({"name": name, "dtype": feature.get("dtype") or {"class_label": {"names": names}}})
    split = {"name": "train", "num_bytes": size, "num_examples": total}
    about = {
        "pretty_name": "Labels from Tallyroom",
        "task_categories": ["text-classification"],
        "tags": ["tallyroom"],
        "configs": [{"config_name": "default", "data_files": [{"split": "train", "path": "data/train-*.parquet"}]}],
        "dataset_info": {"features": features, "splits": [split], "download_size": size, "dataset_size": size},
    }
    head = yaml.safe_dump(about, sort_keys=False, allow_unicode=True)
    lines = "\n".join(f"| {klass} | {counts[klass]:,} |" for klass in classes)
    return (
        f"---\n{head}---\n\n# Labels from Tallyroom\n\n{total:,} messages with the class that each is held to be.\n\n"
        f"| class | messages |\n|---|---|\n{lines}\n\n"
        "`origin` says who gave the label (`verdict`: the office, `imported`: a source or a file, `rule`: a pattern),\n"
        "`origin_ref` names it; `verdicts`, `agreed` and `blind` count the office's verdicts on the message, those\n"
        "that say the label, and those that were given without a model's prediction in sight; `shown_run` names\n"
        "the models whose predictions the others saw.\n"
    )
