r"""The rule file: named regular expressions, each a vote for a class.

The language is that of Vectorscan: Perl's regular expressions without look-around and back-references, over UTF-8,
where `\b`, `\w`, `\d` and `\s` know ASCII only. A pattern that Vectorscan cannot take is matched by the `regex`
package under a time limit, where those know all of Unicode; the report says which engine matched which rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import regex
from pydantic import BaseModel, ConfigDict, Field

from core.errors import RulesError, did_you_mean
from core.fingerprint import fingerprint
from core.yaml_file import read_model


class Rule(BaseModel):
    """A named pattern that votes for a class."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    name: str = Field(min_length=1, max_length=100)
    klass: str = Field(alias="class")
    pattern: str = Field(min_length=1, max_length=10_000)
    ignore_case: bool = True
    weight: float = Field(1.0, gt=0, le=1000)
    note: str = ""


class _RuleFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: Literal[1]
    rules: list[Rule] = Field(min_length=1)


@dataclass(frozen=True)
class RuleSet:
    """The rules of a room in their order, and the classes that they vote for."""

    rules: tuple[Rule, ...]
    classes: tuple[str, ...]

    @cached_property
    def fingerprint(self) -> str:
        """Of what the rules match and vote, not of their notes."""
        said = [rule.model_dump(mode="json", exclude={"note"}) for rule in self.rules]
        return fingerprint("rules", said, self.classes)

    @cached_property
    def codes(self) -> list[int]:
        """The code of each rule's class."""
        return [self.classes.index(rule.klass) for rule in self.rules]


def load_rules(path: Path, classes: Sequence[str]) -> RuleSet:
    """The rules in a file.

    Raises:
        RulesError: a key, class, name or pattern cannot be used; names file, line, rule and the fix.
    """
    model, file = read_model(path, _RuleFile, RulesError)
    names: set[str] = set()
    for number, rule in enumerate(model.rules):
        where = file.where(("rules", number, "name"))
        if rule.name in names:
            raise RulesError(f"two rules are called '{rule.name}'", where=where, fix="Rename one of them.")
        names.add(rule.name)
        if rule.klass not in classes:
            raise RulesError(
                f"the rule '{rule.name}' votes for '{rule.klass}', which is no class of this room",
                where=file.where(("rules", number, "class")),
                fix=did_you_mean(rule.klass, classes),
            )
        try:
            regex.compile(rule.pattern)
        except regex.error as error:
            raise RulesError(
                f"the pattern of the rule '{rule.name}' is no regular expression: {error}",
                where=file.where(("rules", number, "pattern")),
                fix="Mend it; a sign that is meant literally is written with a backslash before it.",
            ) from None
    return RuleSet(tuple(model.rules), tuple(classes))
