"""Ground formulas over many packed states at once: one array per node, one entry per state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .columns import Column
from .nodes import Bool, Node, Scalar, nodes_in

if TYPE_CHECKING:
    from .instances import Assignment

Truth = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]
States = npt.NDArray[np.uint64]  # one row of machine words for each state

RECENT = 256  # sets of numbers whose tables are remembered


class Vector:
    """Evaluates nodes in all of these states; each node once.

    A parameter has, in each state, the value that `parameters` has for its name.
    """

    def __init__(self, states: States, parameters: Mapping[str, Numbers] | None = None) -> None:
        self.states, self.parameters = states, parameters or {}
        self._known: dict[int, Any] = {}
        self._constants = {b: np.full(len(states), b) for b in (False, True)}

    def condition(self, p: Bool) -> Truth:
        """In which states a condition holds."""
        return self._value(p) if isinstance(p, Node) else self._constants[bool(p)]

    def scalar(self, x: Scalar) -> Any:
        """A scalar in each state; a constant as a number."""
        return self._value(x) if isinstance(x, Node) else int(x)

    def stored(self, stores: Iterable[Assignment]) -> States:
        """The states after these stores, applied in order; values are read in the states before."""
        found = self.states.copy()
        for store in stores:
            when, value = self.condition(store.when), self.scalar(store.value)
            if not isinstance(store.index, Node):
                put(found, store.column, store.index, value, when)
                continue
            index = self._value(store.index)
            for i in range(store.column.count):
                put(found, store.column, i, value, when & (index == i))
        return found

    def _value(self, root: Node) -> Any:
        if root.id not in self._known:
            # Operands first, so that no chain of operations is too deep for Python's stack.
            for node in nodes_in([root]):
                if node.id not in self._known:
                    self._known[node.id] = getattr(self, f"_{node.op}")(*node.args)
        return self._known[root.id]

    # ------------------------------------------------------------ conditions

    def _isin(self, x: Node, mask: int) -> Truth:
        found: Truth = _table(mask, x.size)[np.minimum(self._value(x), x.size - 1)]
        return found

    def _eq(self, x: Scalar, y: Scalar) -> Truth:
        return np.asarray(self.scalar(x) == self.scalar(y))

    def _lt(self, x: Scalar, y: Scalar) -> Truth:
        return np.asarray(self.scalar(x) < self.scalar(y))

    def _iff(self, p: Bool, q: Bool) -> Truth:
        return np.asarray(self.condition(p) == self.condition(q))

    def _not(self, p: Bool) -> Truth:
        return ~self.condition(p)

    def _and(self, *parts: Bool) -> Truth:
        return np.asarray(np.logical_and.reduce([self.condition(p) for p in parts]))

    def _or(self, *parts: Bool) -> Truth:
        return np.asarray(np.logical_or.reduce([self.condition(p) for p in parts]))

    # ------------------------------------------------------------ scalars

    def _load(self, column: Any, index: Scalar) -> Numbers:
        if not isinstance(index, Node):
            return self.cell(column, index)
        cells = np.stack([self.cell(column, i) for i in range(column.count)])
        # An index past the end belongs to a branch that is not taken: any value will do.
        where = np.clip(self._value(index), 0, column.count - 1)
        found: Numbers = cells[where, np.arange(len(self.states))]
        return found

    def cell(self, column: Any, index: int) -> Numbers:
        """The number that a cell holds in each state."""
        if column.bits == 0:
            return np.zeros(len(self.states), np.int64)
        word, bit = column.place(index)
        mask = np.uint64((1 << column.bits) - 1)
        return (self.states[:, word] >> np.uint64(bit) & mask).astype(np.int64)

    def _param(self, name: str, _size: int) -> Numbers:
        return self.parameters[name]

    def _add(self, x: Scalar, y: Scalar) -> Any:
        return self.scalar(x) + self.scalar(y)

    def _sub(self, x: Scalar, y: Scalar) -> Any:
        return np.maximum(0, self.scalar(x) - self.scalar(y))

    def _mul(self, x: Scalar, k: int) -> Any:
        return self.scalar(x) * k

    def _div(self, x: Scalar, k: int) -> Any:
        return self.scalar(x) // k

    def _mod(self, x: Scalar, k: int) -> Any:
        return self.scalar(x) % k

    def _select(self, p: Bool, x: Scalar, y: Scalar) -> Numbers:
        found: Numbers = np.where(self.condition(p), self.scalar(x), self.scalar(y))
        return found

    def _number(self, p: Bool) -> Numbers:
        found: Numbers = self.condition(p).astype(np.int64)
        return found


def put(
    states: States, column: Column, index: int, value: Numbers | int, when: Truth | bool = True
) -> None:
    """Let a cell hold a value, in each of these states or where the condition holds."""
    if column.bits == 0 or index >= column.count:
        return
    word, bit = column.place(index)
    mask = np.uint64(((1 << column.bits) - 1) << bit)
    old = states[:, word]
    new = old & ~mask | np.asarray(value).astype(np.uint64) << np.uint64(bit) & mask
    states[:, word] = np.where(when, new, old)


@lru_cache(RECENT)
def _table(mask: int, size: int) -> Truth:
    """Whether each number below `size` is in a set of them."""
    return np.array([bool(mask >> i & 1) for i in range(size)])
