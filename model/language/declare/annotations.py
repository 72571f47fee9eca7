"""Annotations as they are written: where their names are looked up, and those that are no types."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import Any


class NotAType(Exception):
    """An annotation that is not a type of the language; the text of the error is the annotation."""


@dataclass(frozen=True)
class Fixed:
    """What `Const[...]` stands for: the type of a variable that no step changes."""

    type: Any

    def __str__(self) -> str:
        return f"Const[{self.type}]"


def shown(annotation: Any) -> str:
    """An annotation as it is written, without module names."""
    if isinstance(annotation, type) and not getattr(annotation, "__args__", ()):
        return annotation.__name__
    return re.sub(r"\b\w+\.", "", str(annotation))


def scope_of(cls: type) -> dict[str, Any]:
    """The names that the annotations of a class may mention; call it when the class is made.

    Once a file is loaded again, the module of its name is another one, with other classes.
    """
    module = sys.modules.get(cls.__module__)
    return {} if module is None else vars(module)
