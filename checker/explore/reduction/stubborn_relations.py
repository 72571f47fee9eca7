"""How steps of a protocol affect each other, and conditions, at given sizes.

Three tests, from cheap to expensive: the steps share no cells; a formula folds to false after one
step's effect is substituted into the other's guard; Z3. If none decides, the answer is the one that
reduces less.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from quorate.checker.explore.codegen.groups import Group, enabled
from quorate.checker.explore.codegen.known import Footprint
from quorate.checker.ground.instances import Assignment
from quorate.checker.ground.layout import Layout
from quorate.checker.ground.nodes import Bool, Graph, Node, Scalar, nodes_in
from quorate.model.language import SizeError

from .satisfiable import Possible

MOST_TERMS = 5_000_000  # joined where effects are put into conditions, in all
MOST_VALUES = 16  # of a cell
MOST_AT_ONCE = 50_000  # for one answer


@dataclass(frozen=True)
class GroupedStep:
    """Instances that share a successor, as one step: one bit of every mask below.

    `changes` is where it is enabled and leads to another state, `enabled` where it is enabled,
    `undefined` where it is undefined. A `looped` step stands for one per message that it finds.
    """

    enabled: Bool
    changes: Bool
    undefined: Bool
    stores: tuple[Assignment, ...]
    looped: bool


def step_of(graph: Graph, cells: Footprint, group: Group) -> GroupedStep:
    first = group.instances[0]
    able = graph.or_(enabled(graph, i) for i in group.instances)
    after = After(graph, cells, first.stores)
    differs: list[Bool] = []
    for s in first.stores:
        old = graph.load(s.column, s.index)
        differs.append(graph.and_([s.when, graph.not_(graph.eq(old, after(old)))]))
    undefined = graph.or_(u.when for i in group.instances for u in i.undefined)
    changes = graph.and_([able, graph.or_(differs)])
    return GroupedStep(able, changes, undefined, first.stores, bool(first.loops))


class After:
    """Conditions and scalars as they are after some stores, over the cells before them."""

    def __init__(self, graph: Graph, cells: Footprint, stores: Sequence[Assignment]) -> None:
        self.g, self.cells, self.stores = graph, cells, stores
        self.written = cells.written(stores)
        self._done: dict[int, Any] = {}

    def __call__(self, p: Any) -> Any:
        if not isinstance(p, Node) or not self.cells.read(p) & self.written:
            return p
        stack = [p]
        while stack:
            node = stack[-1]
            waiting = [a for a in node.args if isinstance(a, Node) and not self._known(a)]
            if waiting:
                stack += waiting
            else:
                stack.pop()
                self._done[node.id] = self._put(node)
        return self._done[p.id]

    def _known(self, node: Node) -> bool:
        return node.id in self._done or not self.cells.read(node) & self.written

    def _put(self, node: Node) -> Any:
        args = [self._done.get(a.id, a) if isinstance(a, Node) else a for a in node.args]
        if node.op != "load":
            return self.g.rebuilt(node, args)
        column, index = args
        value: Scalar = self.g.load(column, index)
        for s in self.stores:
            if s.column is column:
                here = self.g.and_([s.when, self.g.eq(s.index, index)])
                value = self.g.select(here, s.value, value)
        return value


class Relations:
    """Masks of steps: bit k is step k."""

    def __init__(self, layout: Layout, groups: Sequence[Group]) -> None:
        self.g, self.cells = layout.graph, Footprint()
        self._possible = Possible(layout)
        self.steps = [step_of(self.g, self.cells, group) for group in groups]
        self._after = [After(self.g, self.cells, s.stores) for s in self.steps]
        self._reads = [self._read_by(s) for s in self.steps]
        self._makers: dict[tuple[int, bool], int] = {}
        self._symbolic: dict[int, bool] = {}
        self._terms_left = MOST_TERMS

    def _read_by(self, s: GroupedStep) -> int:
        roots: list[Bool | Scalar] = [s.enabled, s.changes, s.undefined]
        roots += [x for store in s.stores for x in (store.when, store.index, store.value)]
        mask = 0
        for p in roots:
            mask |= self.cells.read(p)
        return mask

    def makers(self, p: Bool, value: bool = True) -> int:
        """The steps that may turn a condition from `not value` to `value`."""
        if not isinstance(p, Node):
            return 0
        if self.symbolic(p):
            return self.touching(p)
        key = p.id, value
        if key not in self._makers:
            read, goal = self.cells.read(p), p if value else self.g.not_(p)
            self._makers[key] = sum(
                1 << k
                for k, after in enumerate(self._after)
                if after.written & read and self._may(self._makes, k, goal)
            )
        return self._makers[key]

    def _may(self, answer: Callable[..., bool], *question: Any) -> bool:
        """The answer, or that it may be where finding out would take too long."""
        most = min(self._terms_left, MOST_AT_ONCE)
        with self.g.aside(most):
            before = self.g.terms
            try:
                return most <= 0 or answer(*question)
            except SizeError:
                return True
            finally:
                self._terms_left -= self.g.terms - before

    def _makes(self, k: int, goal: Bool) -> bool:
        g, step = self.g, self.steps[k]
        if step.looped:
            return True
        reached = self._after[k](goal)
        return self._possible(g.and_([g.not_(goal), reached, step.changes, g.not_(step.undefined)]))

    def symbolic(self, p: Bool) -> bool:
        """Whether a condition is about a message that a loop finds: not about one state alone."""
        if not isinstance(p, Node):
            return False
        known = self._symbolic
        for n in nodes_in([p], known):
            known[n.id] = n.op == "param" or any(known[a.id] for a in n.args if isinstance(a, Node))
        return known[p.id]

    def implied(self, p: Node) -> Iterator[Node]:
        """Tests of single cells that hold wherever a condition does.

        So where one of them is false, whatever makes the condition true makes that true, too.
        """
        if p.op == "isin" or self.symbolic(p):
            return
        for cell in nodes_in([p]):
            if cell.op == "load" and cell.size <= MOST_VALUES and not self.symbolic(cell):
                values = (v for v in range(cell.size) if self._may(self._holds_with, p, cell, v))
                test = self.g.isin(cell, sum(1 << v for v in values))
                if isinstance(test, Node):
                    yield test

    def _holds_with(self, p: Bool, cell: Node, value: int) -> bool:
        return self._possible(self.g.and_([p, self.g.isin(cell, 1 << value)]))

    def touching(self, p: Bool) -> int:
        """The steps that write a cell which the condition reads."""
        read = self.cells.read(p)
        return sum(1 << k for k, after in enumerate(self._after) if after.written & read)

    def row(self, t: int) -> int:
        """The steps that step t may not simply be moved in front of."""
        others = (u for u in range(len(self.steps)) if u != t)
        return sum(1 << u for u in others if self._may(self._holds_back, u, t))

    def enablers(self, t: int) -> int:
        """All steps that write what step t reads."""
        return sum(1 << u for u, a in enumerate(self._after) if a.written & self._reads[t])

    def _holds_back(self, u: int, t: int) -> bool:
        """Whether, in some state, u and then t is possible, but not t and then u to the same end.

        No step is undefined in the states that are looked at: the search ends where one is.
        """
        g, first, second = self.g, self.steps[u], self.steps[t]
        after_u, after_t = self._after[u], self._after[t]
        if not (
            after_u.written & (self._reads[t] | after_t.written) or after_t.written & self._reads[u]
        ):
            return False
        if first.looped or second.looped:
            return True
        before = [
            first.changes,
            after_u(second.changes),
            *map(g.not_, (first.undefined, second.undefined, after_u(second.undefined))),
        ]
        possible = g.and_(before)
        if possible is False:
            return False
        same: list[Bool] = []
        for store in (*first.stores, *second.stores):
            if isinstance(store.index, Node):
                return True
            cell = g.load(store.column, store.index)
            same.append(g.eq(after_u(after_t(cell)), after_t(after_u(cell))))
        swapped = g.and_([second.changes, after_t(first.enabled), *same])
        never = g.and_([second.changes, after_t(first.undefined)])
        return self._possible(g.and_([possible, g.not_(swapped), g.not_(never)]))
