"""Modules that are loaded when they are first used, because most runs do not need them.

    if TYPE_CHECKING:
        from quorate.checker.explore import kernel_source
    else:
        kernel_source = lazily("quorate.checker.explore.kernel_source")

Type checkers and import-linter see the import; the program runs the other line.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


def lazily(name: str) -> Any:
    """A stand-in for a module, which loads it when an attribute is used."""
    return _Unloaded(name)


class _Unloaded:
    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):  # somebody only looks what this is
            raise AttributeError(attribute)
        return getattr(import_module(self._name), attribute)
