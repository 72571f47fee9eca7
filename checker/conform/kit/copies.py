"""Copies of an adapter's whole state, for code that is plain objects."""

from __future__ import annotations

from copy import deepcopy
from typing import Any


class DeepCopies:
    """Gives an adapter `snapshot` and `restore`: everything that it holds is copied.

    Threads, sockets, open files and generators have no copies. Attributes that never change need
    none: a class lists them in `shared`.
    """

    shared: tuple[str, ...] = ()

    def snapshot(self) -> dict[str, Any]:
        """A copy of all attributes."""
        return self._copied(vars(self))

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Put a copy back; it can be put back again."""
        held = self._copied(snapshot)
        vars(self).clear()
        vars(self).update(held)

    def _copied(self, held: dict[str, Any]) -> dict[str, Any]:
        memo: dict[int, Any] = {id(self): self}
        memo.update((id(held[name]), held[name]) for name in self.shared if name in held)
        return {name: deepcopy(value, memo) for name, value in held.items()}
