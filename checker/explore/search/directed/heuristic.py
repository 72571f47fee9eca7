"""The distance of a state from a violation, which best-first search minimizes.

The violation is a formula over the state's cells. A test that fails has distance 1, a conjunction
the sum of its parts, a disjunction the least of its parts (Bonet and Geffner: Planning as Heuristic
Search, 2001, with the goal as the only level).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from quorate.checker.explore.codegen.assembly import I64, POINTER, Builder, Module
from quorate.checker.explore.codegen.lowering import NodeLowering, const, load_words, new_function
from quorate.checker.ground.nodes import Bool, Graph, Node, nodes_in

# Beyond so many operations, only the top of a formula is counted, its parts as true or false.
MOST_COUNTED = 20_000


def add_distance(
    module: Module, graph: Graph, words: int, violations: Sequence[Bool], most: int
) -> None:
    """`i64 distance(state*, label*)`: the distance to the nearest violation, at most `most`.

    0 if and only if one of the violations holds; the label is not used.
    """
    f = new_function(module, "distance", [POINTER] * 2)
    b = Builder(f.append_basic_block("entry"))
    low = NodeLowering(b, load_words(b, f.args[0], words), graph)
    counting = _Counting(low, most, sum(1 for _ in nodes_in(violations)) <= MOST_COUNTED)
    b.ret(counting.least([const(most), *(counting.missing(p, True) for p in violations)]))


class _Counting:
    """Emits the distance; common parts are computed once."""

    def __init__(self, low: NodeLowering, most: int, deep: bool) -> None:
        self.low, self.b, self.most, self.deep = low, low.b, most, deep
        self._done: dict[tuple[int, bool], Any] = {}

    def missing(self, p: Bool, wanted: bool) -> Any:
        """The distance of p from the wanted truth value, as an i64."""
        if not isinstance(p, Node):
            return const(0 if p == wanted else self.most)
        if (p.id, wanted) not in self._done:
            self._done[p.id, wanted] = self._missing(p, wanted)
        return self._done[p.id, wanted]

    def _missing(self, p: Node, wanted: bool) -> Any:
        if p.op == "not":
            return self.missing(p.args[0], not wanted)
        if self.deep and p.op in ("and", "or"):
            parts = [self.missing(q, wanted) for q in p.args]
            return self.sum(parts) if (p.op == "and") == wanted else self.least(parts)
        holds = self.low.condition(p)
        return self.b.zext(self.b.not_(holds) if wanted else holds, I64)

    def sum(self, parts: Sequence[Any]) -> Any:
        """The sum, cut off at `most`."""
        total = parts[0]
        for part in parts[1:]:
            total = self.b.add(total, part)
        return self.least([total, const(self.most)])

    def least(self, parts: Sequence[Any]) -> Any:
        """The smallest."""
        found = parts[0]
        for part in parts[1:]:
            smaller = self.b.icmp_unsigned("<", part, found)
            found = self.b.select(smaller, part, found)
        return found
