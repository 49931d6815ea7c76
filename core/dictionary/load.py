"""Loading a data dictionary from its YAML file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.dictionary.schema import Dictionary, DictionaryModel
from core.errors import DictionaryError, did_you_mean
from core.yaml_file import YamlFile, read_model


def load_dictionary(path: Path, classes: Sequence[str]) -> Dictionary:
    """The dictionary in a file, for a room with these classes.

    Raises:
        DictionaryError: it cannot be used; names file, line, key and the fix.
    """
    model, file = read_model(path, DictionaryModel, DictionaryError)
    _check_labels(model, file, classes)
    return Dictionary(**dict(model), classes=tuple(classes))


def _check_labels(model: DictionaryModel, file: YamlFile, classes: Sequence[str]) -> None:
    for number, source in enumerate(model.sources):
        for given, meant in (source.labels or {}).items():
            if meant not in classes:
                raise DictionaryError(
                    f"the label '{given}' is to mean '{meant}', which is no class of this room",
                    where=file.where(("sources", number, "labels", given)),
                    fix=did_you_mean(meant, classes),
                )
