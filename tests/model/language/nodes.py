"""The nodes of a description."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from quorate.model.language import Protocol
from quorate.model.language.description import describe


def parts(value: Any) -> Iterator[Any]:
    """Everything inside a description."""
    yield value
    if is_dataclass(value) and not isinstance(value, type):
        for item in fields(value):
            yield from parts(getattr(value, item.name))
    elif isinstance(value, tuple) and not hasattr(value, "field_names"):
        for part in value:
            yield from parts(part)


def nodes(protocol: type[Protocol]) -> Iterator[Any]:
    d = describe(protocol)
    for value in (d.variables, d.inits, d.actions, d.properties):
        yield from parts(value)
