"""What steps of a protocol can do to each other, and to conditions, at given sizes.

Three answers, from cheap to dear: cells that do not meet; a formula that folds to false once one
step's effect is put into the other's guard; Z3. Where none settles it, the answer is the one that
reduces less.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from quorate.checker.finite.instances import Store
from quorate.checker.finite.layout import Layout
from quorate.checker.finite.nodes import Bool, Graph, Node, Scalar, nodes_in
from quorate.model.language import SizeError

from .codegen import Footprint, Group, enabled

MOST_ASKED = 2_000  # questions to Z3
MOST_TERMS = 2_000_000  # joined where effects are put into conditions, in all
MOST_AT_ONCE = 50_000  # for one answer
PATIENCE = 500  # milliseconds for one question


@dataclass(frozen=True)
class Step:
    """Instances that share a successor, as one step: one bit of every mask below.

    `changes` is where it is enabled and leads to another state, `enabled` where it is enabled,
    `senseless` where it has no value. A `looped` step stands for one per message that it finds.
    """

    enabled: Bool
    changes: Bool
    senseless: Bool
    stores: tuple[Store, ...]
    looped: bool


def step_of(graph: Graph, cells: Footprint, group: Group) -> Step:
    first = group.instances[0]
    able = graph.or_(enabled(graph, i) for i in group.instances)
    after = After(graph, cells, first.stores)
    differs: list[Bool] = []
    for s in first.stores:
        old = graph.load(s.column, s.index)
        differs.append(graph.and_([s.when, graph.not_(graph.eq(old, after(old)))]))
    senseless = graph.or_(u.when for i in group.instances for u in i.undefined)
    changes = graph.and_([able, graph.or_(differs)])
    return Step(able, changes, senseless, first.stores, bool(first.loops))


class After:
    """Conditions and scalars as they are after some stores, over the cells before them."""

    def __init__(self, graph: Graph, cells: Footprint, stores: Sequence[Store]) -> None:
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
        self._terms_left = MOST_TERMS

    def _read_by(self, s: Step) -> int:
        roots: list[Bool | Scalar] = [s.enabled, s.changes, s.senseless]
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
            read = self.cells.read(p)
            self._makers[key] = sum(
                1 << k
                for k, after in enumerate(self._after)
                if after.written & read
                and self._may(self._makes, k, p if value else self.g.not_(p))
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
        return self._possible(g.and_([g.not_(goal), reached, step.changes, g.not_(step.senseless)]))

    def symbolic(self, p: Bool) -> bool:
        """Whether a condition is about a message that a loop finds: not about one state alone."""
        return isinstance(p, Node) and any(n.op == "param" for n in nodes_in([p]))

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

        No step is senseless in the states that are looked at: the search ends where one is.
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
            *map(g.not_, (first.senseless, second.senseless, after_u(second.senseless))),
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
        never = g.and_([second.changes, after_t(first.senseless)])
        return self._possible(g.and_([possible, g.not_(swapped), g.not_(never)]))


class Possible:
    """Whether a condition over cells can hold, each cell having any of its values.

    Conditions that differ in the names of cells alone are asked about once, as far as that shows.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.asked = 0
        self._answers: dict[Any, bool] = {}
        self._kinds: dict[int, int] = {}
        self._translator: Any = None

    def __call__(self, p: Bool) -> bool:
        if not isinstance(p, Node):
            return p
        shape = self._shape(p)
        if shape not in self._answers:
            self._answers[shape] = self._ask(p)
        return self._answers[shape]

    def _ask(self, p: Node) -> bool:
        if self.asked >= MOST_ASKED:
            return True
        import z3

        from quorate.checker.prove.cells import Cells
        from quorate.checker.prove.formulas import term
        from quorate.checker.prove.translate import Translator

        if self._translator is None:
            self._translator = Translator(Cells(self.layout, ""))
        self.asked += 1
        try:
            formula = term(self._translator.condition(p))
        except SizeError:
            return True
        solver = z3.SolverFor("QF_FD")
        solver.set("timeout", PATIENCE)
        solver.add(formula)
        return bool(solver.check() != z3.unsat)

    def _shape(self, p: Node) -> Any:
        """The condition with its operands in a fixed order, its cells numbered as they occur."""
        loads = [n.args for n in nodes_in([p]) if n.op == "load"]
        moving = {id(column) for column, index in loads if isinstance(index, Node)}
        numbers: dict[int, int] = {}
        places: dict[tuple[int, int], int] = {}
        rows: list[Any] = []
        stack = [p]
        while stack:
            node = stack[-1]
            args = self._ordered(node)
            waiting = [a for a in args if isinstance(a, Node) and a.id not in numbers]
            if waiting:
                stack += reversed(waiting)
                continue
            stack.pop()
            if node.id in numbers:
                continue
            numbers[node.id] = len(numbers)
            row: Any = (
                node.op,
                *(("n", numbers[a.id]) if isinstance(a, Node) else a for a in args),
            )
            if node.op == "load" and id(args[0]) not in moving:
                row = "cell", places.setdefault((id(args[0]), args[1]), len(places)), node.size
            rows.append(row)
        return tuple(rows)

    def _ordered(self, node: Node) -> Sequence[Any]:
        if node.op not in ("and", "or", "eq", "iff"):
            return node.args
        return sorted(node.args, key=self._kind)

    def _kind(self, node: Node) -> int:
        """The same number for nodes that differ in the names of cells alone."""
        if node.id not in self._kinds:
            for n in nodes_in([node]):
                if n.id not in self._kinds:
                    self._kinds[n.id] = self._kind_of(n)
        return self._kinds[node.id]

    def _kind_of(self, n: Node) -> int:
        if n.op == "load":
            column, index = n.args
            return hash((n.op, id(column), self._kinds[index.id] if isinstance(index, Node) else 0))
        kinds = [self._kinds[a.id] if isinstance(a, Node) else a for a in n.args]
        if n.op in ("and", "or", "eq", "iff"):
            kinds.sort()
        return hash((n.op, *kinds))
