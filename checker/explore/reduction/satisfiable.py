"""Whether a condition over the cells of a state is satisfiable, by Z3.

If the limit on effort is reached, the answer is yes. Effort is counted, not timed, so the answers,
and with them the states that a search visits, are the same on every machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quorate.checker.ground.columns import Column
from quorate.checker.ground.layout import Layout
from quorate.checker.ground.nodes import Bool, Node, nodes_in
from quorate.checker.lazily import lazily
from quorate.model.language import SizeError

if TYPE_CHECKING:
    from quorate.checker.smt import cells, translate
else:  # they take Z3
    cells = lazily("quorate.checker.smt.cells")
    translate = lazily("quorate.checker.smt.translate")

MOST_ASKED = 10_000  # questions to Z3
MOST_CONFLICTS = 10_000  # that it works through for one

NONE: frozenset[Column] = frozenset()


class Possible:
    """Whether a condition over cells is satisfiable, if each cell may have any of its values.

    Conditions that differ only in the names of cells are asked once, if that is recognized.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.asked = 0
        self._answers: dict[Any, bool] = {}
        self._kinds: dict[int, int] = {}
        self._numbers: dict[Any, int] = {}  # of kinds
        self._orders: dict[int, tuple[Any, ...]] = {}
        self._moving: dict[int, frozenset[Column]] = {}
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
        if self._translator is None:
            self._begin()
        self.asked += 1
        try:
            formula = self._translator.condition(p)
        except SizeError:
            return True
        self._solver.push()
        self._solver.add(formula)
        answer = str(self._solver.check())
        self._solver.pop()
        return answer != "unsat"

    def _begin(self) -> None:
        import z3

        cell_terms = cells.Cells(self.layout, "")
        self._translator = translate.GroundTranslator(cell_terms)
        # One for all: to make one takes longer than to ask.
        self._solver = z3.SolverFor("QF_FD", cell_terms.context)
        self._solver.set("max_conflicts", MOST_CONFLICTS)
        self._solver.add(*cell_terms.ranges())

    def _shape(self, p: Node) -> Any:
        """The condition with its operands in a fixed order, its cells numbered as they occur."""
        self._kind(p)
        moving = self._moving[p.id]
        numbers: dict[int, int] = {}
        places: dict[tuple[int, int], int] = {}
        rows: list[Any] = []
        stack = [(p, False)]
        while stack:
            node, ready = stack.pop()
            if node.id in numbers:
                continue
            args = self._ordered(node)
            if not ready and (below := [(a, False) for a in args if isinstance(a, Node)]):
                stack.append((node, True))
                stack += reversed(below)
                continue
            numbers[node.id] = len(numbers)
            if node.op == "load" and args[0] not in moving:
                rows.append(("cell", places.setdefault(args, len(places)), node.size))
            else:
                operands = (("n", numbers[a.id]) if isinstance(a, Node) else a for a in args)
                rows.append((node.op, *operands))
        return tuple(rows)

    def _ordered(self, node: Node) -> tuple[Any, ...]:
        if node.id not in self._orders:
            self._orders[node.id] = (
                tuple(sorted(node.args, key=self._kind))
                if node.op in ("and", "or", "eq", "iff")
                else node.args
            )
        return self._orders[node.id]

    def _kind(self, node: Node) -> int:
        """The same number for nodes that differ in the names of cells alone."""
        for n in nodes_in([node], self._kinds):
            kind = self._kind_of(n)
            self._kinds[n.id] = self._numbers.setdefault(kind, len(self._numbers))
            self._moving[n.id] = self._moving_in(n)
        return self._kinds[node.id]

    def _moving_in(self, n: Node) -> frozenset[Column]:
        """The columns of which cells are read whose index is not a constant."""
        found = NONE
        for a in n.args:
            if isinstance(a, Node) and (more := self._moving[a.id]):
                found = found | more
        return found | {n.args[0]} if n.op == "load" and isinstance(n.args[1], Node) else found

    def _kind_of(self, n: Node) -> Any:
        if n.op == "load":
            column, index = n.args
            return n.op, column, self._kinds[index.id] if isinstance(index, Node) else -1
        kinds = [self._kinds[a.id] if isinstance(a, Node) else a for a in n.args]
        if n.op in ("and", "or", "eq", "iff"):
            kinds.sort()
        return (n.op, *kinds)
