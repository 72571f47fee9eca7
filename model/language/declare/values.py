"""Values of states: immutable and hashable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any


class FrozenMap(Mapping[Any, Any]):
    """A map as a value: in a message, or what a map variable holds."""

    __slots__ = ("_dict", "_hash")

    def __init__(self, items: Iterable[tuple[Any, Any]] | Mapping[Any, Any]) -> None:
        self._dict = dict(items)
        self._hash: int | None = None

    def __getitem__(self, key: Any) -> Any:
        return self._dict[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._dict)

    def __len__(self) -> int:
        return len(self._dict)

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self._dict.items()))
        return self._hash

    def __repr__(self) -> str:
        return "{" + ", ".join(f"{k!r}: {v!r}" for k, v in self._dict.items()) + "}"


def frozen(value: Any) -> Any:
    """The immutable form of a dict, list or set, or of a tuple that holds one."""
    if isinstance(value, dict):
        return FrozenMap({k: frozen(v) for k, v in value.items()})
    if isinstance(value, list) or type(value) is tuple:
        return tuple(map(frozen, value))
    return frozenset(value) if isinstance(value, set) else value
