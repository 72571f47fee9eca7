"""What is known about a step: the cells that it fixes, and those that it reads and writes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from quorate.checker.ground.columns import Column
from quorate.checker.ground.instances import Assignment, Instance
from quorate.checker.ground.nodes import Bool, Graph, Node, Scalar, nodes_in

from .groups import cell_tests, enabled


class Known:
    """Simplifies conditions after a step of an instance, or before it.

    After the step, some cells are constants: those that it writes, and those that its guards fix
    and it does not write. Before it, only those that its guards fix.
    """

    def __init__(self, graph: Graph, instance: Instance, after: bool = True) -> None:
        self.g = graph
        self._constants: dict[int, int] = {}
        self._done: dict[int, Any] = {}
        if instance.loops:
            return
        for p in cell_tests(enabled(graph, instance)).values():
            if p.args[1].bit_count() == 1:
                self._constants[p.args[0].id] = p.args[1].bit_length() - 1
        if not after:
            return
        for s in instance.stores:
            if isinstance(s.index, Node):
                self._constants = {}
                return
        for s in instance.stores:
            cell = graph.load(s.column, s.index)
            assert isinstance(cell, Node)
            self._constants.pop(cell.id, None)
            if s.when is True and not isinstance(s.value, Node):
                self._constants[cell.id] = s.value

    def value(self, p: Any) -> Any:
        """The condition or scalar, with what is known put in."""
        if not self._constants:
            return p
        for node in nodes_in([p], self._done):
            self._done[node.id] = self._put(node)
        return self._done[p.id] if isinstance(p, Node) else p

    def _put(self, node: Node) -> Any:
        if node.id in self._constants:
            return self._constants[node.id]
        done = self._done
        new = [done[a.id] if isinstance(a, Node) else a for a in node.args]
        return self.g.rebuilt(node, new)


class Footprint:
    """Which cells conditions read and instances write, as bit sets."""

    def __init__(self) -> None:
        self._first: dict[int, tuple[int, Column]] = {}
        self._count = 0
        self._reads: dict[int, int] = {}

    def _cells(self, column: Column, index: Scalar) -> int:
        if id(column) not in self._first:
            self._first[id(column)] = (self._count, column)
            self._count += column.count
        first = self._first[id(column)][0]
        if isinstance(index, Node):
            return ((1 << column.count) - 1) << first
        return 1 << (first + index)

    def written(self, stores: Iterable[Assignment]) -> int:
        found = 0
        for s in stores:
            found |= self._cells(s.column, s.index)
        return found

    def read(self, p: Bool | Scalar) -> int:
        if not isinstance(p, Node):
            return 0
        for node in nodes_in([p], self._reads):
            mask = self._cells(*node.args) if node.op == "load" else 0
            for a in node.args:
                mask |= self._reads[a.id] if isinstance(a, Node) else 0
            self._reads[node.id] = mask
        return self._reads[p.id]
