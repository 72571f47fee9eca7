"""Modules that are loaded at their first use: most runs need few of those that they could.

    if TYPE_CHECKING:
        from quorate.checker.explore import kernel_source
    else:
        kernel_source = lazily("quorate.checker.explore.kernel_source")

Type checkers and the contracts about layers read the import; the program runs the other line.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


def lazily(name: str) -> Any:
    """What stands for a module until something in it is used."""
    return _Unloaded(name)


class _Unloaded:
    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):  # somebody only looks what this is
            raise AttributeError(attribute)
        return getattr(import_module(self._name), attribute)
