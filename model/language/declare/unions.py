"""What all types share, and unions: values of several types that `isinstance` tells apart."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .annotations import NotAType


class Type:
    """A set of values. `str` gives its annotation, as a user writes it."""

    def values(self) -> Iterator[Any]:
        """Every value, in code order, under the active sizes."""
        raise NotImplementedError


@dataclass(frozen=True)
class UnionType(Type):
    """`A | B`: sorts, enums and records, no class of which is a subclass of another."""

    alternatives: tuple[Type, ...]

    def __str__(self) -> str:
        return " | ".join(map(str, self.alternatives))

    def values(self) -> Iterator[Any]:
        for t in self.alternatives:
            yield from t.values()

    def of(self, value: Any) -> Type | None:
        """The alternative that a Python value is of, or None."""
        return next((t for t in self.alternatives if isinstance(value, class_of(t))), None)


def union_of(found: list[Type]) -> UnionType:
    """The union of sorts, enums and records. Raises NotAType if `isinstance` mixes them up."""
    for one, other in itertools.permutations(map(class_of, found), 2):
        if issubclass(one, other):
            raise NotAType(f"a union with {one.__name__} and its base {other.__name__}")
    return UnionType(tuple(sorted(found, key=str)))


def class_of(t: Type) -> type:
    """The class whose instances are the values of an alternative."""
    (found,) = vars(t).values()
    assert isinstance(found, type)
    return found
