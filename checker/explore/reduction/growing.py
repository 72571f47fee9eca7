"""Cells that only help as they grow: steps that only grow them are taken at once, and alone.

A state covers another one if it holds at least as much in the growing cells, and the same in all
others. Whatever run leads from a state to a violation, a state that covers it has one at most as
long: it takes the same steps, and covers each state of that run, or has already what a step adds.
So where a step leads to a state that covers the one before, the search may take this step alone;
such steps come to an end, since cells only grow, and after them all steps are taken. Permutations
exchange cells of one column and none of these values, so symmetry reduction on the way changes
neither the length of a run nor how much the cells hold in all.

The first sentences are what `GrowingColumns` makes sure of, column by column. Sending a message is
such a step where nothing asks for its absence. This is the simulation by which lossy channels and
other well-structured systems are explored (Abdulla, Cerans, Jonsson, Tsay: General Decidability
Theorems for Infinite-State Systems, LICS 1996), and the eager sending of Bokor, Kinder, Serafini,
Suri: Supporting Domain-Specific State Space Reductions through Local Partial-Order Reduction (ASE
2011). The run that is found need not be a shortest one: it may send what nobody receives.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from quorate.checker.ground.columns import Column
from quorate.checker.ground.instances import Assignment, Instance
from quorate.checker.ground.layout import Layout
from quorate.checker.ground.nodes import Bool, Node, Scalar
from quorate.model.language.declare.types import BoolType, MapType, NatType, SetType, Type

ORDERED = (BoolType, NatType, SetType)  # of which no symmetry exchanges the values of a cell


@dataclass(frozen=True)
class Effect:
    """What growing columns may do to a value: a bit for each that may raise, or lower it."""

    raises: int = 0
    lowers: int = 0

    @property
    def reads(self) -> int:
        """All that it depends on."""
        return self.raises | self.lowers

    @property
    def reversed(self) -> Effect:
        return Effect(self.lowers, self.raises)

    @property
    def unordered(self) -> Effect:
        """Of something that depends on the value in any way."""
        return Effect(self.reads, self.reads)


def both(effects: Iterable[Effect]) -> Effect:
    """Of something that rises with each of several values."""
    return reduce(lambda x, y: Effect(x.raises | y.raises, x.lowers | y.lowers), effects, Effect())


class GrowingColumns:
    """The columns that may grow, given all instances and what a violation is.

    They are the largest set for which the following is true of every step and of every violation.
    What is asked of a state is not made false as they grow, nor is it where a step is undefined;
    what is written to them does not fall, and what is written elsewhere, and where, does not depend
    on them. A step that does nothing but raise one of their cells to a value may ask whether the
    cell is still below it: where it is not, the step would add nothing.
    """

    def __init__(
        self, layout: Layout, instances: Sequence[Instance], violation: Sequence[Bool]
    ) -> None:
        self._number = {id(c): k for k, c in enumerate(layout.columns())}
        self._known: dict[int, Effect] = {}
        self.layout, self.instances = layout, instances
        self._growing = sum(1 << self._number[id(c)] for c in _candidates(layout))
        self._growing &= ~both(map(self._effect, violation)).lowers
        while (smaller := self._smaller()) != self._growing:
            self._growing = smaller
        self.columns = [c for c in layout.columns() if self._grows(c)]

    def _grows(self, column: Column) -> bool:
        return bool(self._growing >> self._number[id(column)] & 1)

    def _smaller(self) -> int:
        """Without the columns of which some instance shows that they may not grow.

        The parts of a variable, such as one column for each possible member of a set, grow together
        or not at all: symmetry exchanges them.
        """
        left = self._growing & ~reduce(or_, map(self._shown, self.instances), 0)
        for parts in self.layout.parts.values():
            whole = sum(1 << self._number[id(c)] for c in parts if id(c) in self._number)
            left = left if left & whole == whole else left & ~whole
        return left

    def _shown(self, i: Instance) -> int:
        exempt = list(self._only_raises(i))
        asked = [q for p in (i.implicit, *i.guards) for q in _conjuncts(p) if q not in exempt]
        wrong = [self._effect(p).lowers for p in (*asked, *(u.when for u in i.undefined))]
        for s in i.stores:
            wrong.append(self._effect(s.index).reads | self._effect(s.when).reads)
            value = self._effect(s.value)
            wrong.append(value.lowers if self._grows(s.column) else value.reads)
        return reduce(or_, wrong, 0)

    def _only_raises(self, i: Instance) -> Iterator[Node]:
        """Of a step that raises one cell to a value: the guards that the cell is below it."""
        if len(i.stores) != 1 or not self._grows(i.stores[0].column):
            return
        (store,) = i.stores
        fixed = (store.index, store.when, store.value)
        if any(self._effect(x).reads & self._growing for x in fixed):
            return
        for q in (q for p in (i.implicit, *i.guards) for q in _conjuncts(p)):
            if _is_below(q, store):
                yield q

    # ------------------------------------------------------------ what depends on what

    def _effect(self, x: Bool | Scalar) -> Effect:
        """What the columns do to a condition or a scalar as they grow."""
        if not isinstance(x, Node):
            return Effect()
        stack = [x]
        while stack:
            node = stack[-1]
            waiting = [a for a in node.args if isinstance(a, Node) and a.id not in self._known]
            if waiting:
                stack += waiting
            else:
                stack.pop()
                self._known[node.id] = self._of(node)
        return self._known[x.id]

    def _of(self, node: Node) -> Effect:
        parts = [self._known[a.id] if isinstance(a, Node) else Effect() for a in node.args]
        match node.op:
            case "load":
                column, _ = node.args
                return Effect(1 << self._number[id(column)] | parts[1].reads, parts[1].reads)
            case "not":
                return parts[0].reversed
            case "and" | "or" | "add" | "mul" | "div" | "number":
                return both(parts)
            case "lt":
                return both([parts[0].reversed, parts[1]])
            case "select":
                return both([parts[0].unordered, *parts[1:]])
            case "isin":
                return _within(parts[0], node.args[1], node.args[0].size)
        return both(parts).unordered  # eq, iff, sub, mod; a param depends on nothing


def _candidates(layout: Layout) -> Iterator[Column]:
    """Messages that are sent or not; truth values, sets and numbers."""
    for m in layout.messages.values():
        if m.kept.size == 2:
            yield m.kept
    for v in layout.description.variables:
        cell: Type = v.type.value if isinstance(v.type, MapType) else v.type
        if isinstance(cell, ORDERED):
            yield from (c for c in layout.parts[v.name] if c.formula is None)


def _within(value: Effect, mask: int, size: int) -> Effect:
    """Of a test whether a value is one of those in a mask."""
    full = (1 << size) - 1
    mask &= full
    if mask & (mask + 1) == 0:  # all up to some value
        return value.reversed
    rest = full & ~mask
    return value if rest & (rest + 1) == 0 else value.unordered


def _conjuncts(p: Bool) -> Iterator[Node]:
    if isinstance(p, Node):
        yield from p.args if p.op == "and" else (p,)


def _is_below(q: Node, store: Assignment) -> bool:
    """Whether a condition can only be false where the cell holds at least what is written."""
    if q.op not in ("isin", "lt"):
        return False
    cell, bound = q.args
    if not (isinstance(cell, Node) and cell.op == "load"):
        return False
    if cell.args[0] is not store.column or cell.args[1] != store.index:
        return False
    if q.op == "lt":
        return bool(bound == store.value)
    below = not isinstance(store.value, Node) and (1 << store.value) - 1
    return below is not False and below & ~bound == 0
