"""Registries: one file in a folder adds one thing.

A registry belongs to a package (a folder). It imports the modules of that folder, and each class in them that
derives from the folder's base class and has a `name` is found. Packages from outside join through a Python
entry point in the registry's group.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from functools import cached_property
from importlib.metadata import entry_points
from typing import Generic, TypeVar

from core.errors import UnknownNameError, did_you_mean

T = TypeVar("T")


class Registry(Generic[T]):
    """The named classes of one folder.

    Args:
        kind: what one of them is called in a sentence ("cleaning step").
        base: the class that each derives from; it declares `name` and `title`.
        package: the folder, as a dotted package name.
    """

    def __init__(self, kind: str, base: type[T], package: str) -> None:
        self.kind = kind
        self.base = base
        self.package = package
        self.group = f"tallyroom.{package.rsplit('.', 1)[-1]}"

    @cached_property
    def _found(self) -> dict[str, type[T]]:
        found: dict[str, type[T]] = {}
        for cls in (*self._in_folder(), *self._from_entry_points()):
            name = str(getattr(cls, "name", ""))
            if found.get(name, cls) is not cls:
                raise UnknownNameError(
                    f"two {self.kind}s are called '{name}': {found[name].__module__} and {cls.__module__}",
                    fix="Rename one of them.",
                )
            found[name] = cls
        return dict(sorted(found.items()))

    def _in_folder(self) -> Iterator[type[T]]:
        folder = importlib.import_module(self.package)
        for info in pkgutil.iter_modules(folder.__path__):
            module = importlib.import_module(f"{self.package}.{info.name}")
            for cls in vars(module).values():
                if self._is_entry(cls) and cls.__module__ == module.__name__:
                    yield cls

    def _from_entry_points(self) -> Iterator[type[T]]:
        for point in entry_points(group=self.group):
            cls = point.load()
            if self._is_entry(cls):
                yield cls

    def _is_entry(self, cls: object) -> bool:
        return (
            inspect.isclass(cls)
            and issubclass(cls, self.base)
            and not inspect.isabstract(cls)
            and bool(getattr(cls, "name", ""))
        )

    def names(self) -> list[str]:
        """All names, sorted."""
        return list(self._found)

    def __iter__(self) -> Iterator[type[T]]:
        return iter(self._found.values())

    def get(self, name: str, *, where: str = "") -> type[T]:
        """The class of that name.

        Raises:
            UnknownNameError: with the nearest known name, and `where` the unknown one stood.
        """
        try:
            return self._found[name]
        except KeyError:
            raise UnknownNameError(
                f"no {self.kind} is called '{name}'", where=where, fix=did_you_mean(name, self._found)
            ) from None
