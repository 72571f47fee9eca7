"""Ground formulas (checker/ground/nodes.py) as Z3 formulas over the cells of one state.

A scalar becomes a value summary: for each value the condition under which it has that value (Sen,
Necula, Gong, Choi: MultiSE, ESEC/FSE 2015). Arithmetic works on the values, so Z3 sees only
propositional logic.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from quorate.checker.ground.nodes import Bool, Node, Scalar, nodes_in
from quorate.model.language import SizeError

from .cells import Cells, Summary
from .formulas import Formula, choice, conjunction, disjunction, negation, same

MOST_COMBINATIONS = 1 << 20


class GroundTranslator:
    """Translates nodes over the cells of one state, each node once."""

    def __init__(self, cells: Cells) -> None:
        self.cells = cells
        self._known: dict[int, Any] = {}

    def condition(self, p: Bool) -> Formula:
        """A condition as a formula."""
        return bool(p) if not isinstance(p, Node) else self._translated(p)

    def scalar(self, x: Scalar) -> Summary:
        """A scalar as a value summary."""
        return {int(x): True} if not isinstance(x, Node) else self._translated(x)

    def _translated(self, root: Node) -> Any:
        if root.id not in self._known:
            # Operands first: a long chain of operations would be too deep for Python's stack.
            for node in nodes_in([root]):
                if node.id not in self._known:
                    self._known[node.id] = getattr(self, f"_{node.op}")(node)
        return self._known[root.id]

    # ------------------------------------------------------------ conditions

    def _isin(self, p: Node) -> Formula:
        x, mask = p.args
        if x.op == "load" and not isinstance(x.args[1], Node):
            return self.cells.member(x.args[0], x.args[1], mask)
        values = self.scalar(x)
        inside = [c for v, c in values.items() if mask >> v & 1]
        outside = [c for v, c in values.items() if not mask >> v & 1]
        if len(inside) <= len(outside):
            return disjunction(inside)
        return negation(disjunction(outside))

    def _eq(self, p: Node) -> Formula:
        x, y = self.scalar(p.args[0]), self.scalar(p.args[1])
        return disjunction(conjunction([c, y[v]]) for v, c in x.items() if v in y)

    def _lt(self, p: Node) -> Formula:
        x, y = self.scalar(p.args[0]), self.scalar(p.args[1])
        cases: list[Formula] = []
        above: Formula = False
        larger = sorted(y.items())
        for v, condition in sorted(x.items(), reverse=True):
            while larger and larger[-1][0] > v:
                above = disjunction([above, larger.pop()[1]])
            cases.append(conjunction([condition, above]))
        return disjunction(cases)

    def _iff(self, p: Node) -> Formula:
        return same(self.condition(p.args[0]), self.condition(p.args[1]))

    def _not(self, p: Node) -> Formula:
        return negation(self.condition(p.args[0]))

    def _and(self, p: Node) -> Formula:
        return conjunction(map(self.condition, p.args))

    def _or(self, p: Node) -> Formula:
        return disjunction(map(self.condition, p.args))

    # ------------------------------------------------------------ scalars

    def _load(self, x: Node) -> Summary:
        column, index = x.args
        if not isinstance(index, Node):
            return self.cells.summary(column, index)
        parts: list[tuple[int, Formula]] = []
        for i, here in self.scalar(index).items():
            # An index past the end can only be in a branch that is not taken: any value will do.
            cell = self.cells.summary(column, i) if i < column.count else {0: True}
            parts += [(v, conjunction([here, c])) for v, c in cell.items()]
        return merged(parts)

    def _param(self, x: Node) -> Summary:
        raise TypeError(f"{x!r} is bound by a loop over messages: unroll the instances first")

    def _add(self, x: Node) -> Summary:
        return self._combined(x, lambda a, b: a + b)

    def _sub(self, x: Node) -> Summary:
        # A negative difference can only be in a branch that is not taken: any value will do.
        return self._combined(x, lambda a, b: max(0, a - b))

    def _mul(self, x: Node) -> Summary:
        return merged([(v * x.args[1], c) for v, c in self.scalar(x.args[0]).items()])

    def _div(self, x: Node) -> Summary:
        return merged([(v // x.args[1], c) for v, c in self.scalar(x.args[0]).items()])

    def _mod(self, x: Node) -> Summary:
        return merged([(v % x.args[1], c) for v, c in self.scalar(x.args[0]).items()])

    def _select(self, x: Node) -> Summary:
        test = self.condition(x.args[0])
        return chosen(test, self.scalar(x.args[1]), self.scalar(x.args[2]))

    def _number(self, x: Node) -> Summary:
        p = self.condition(x.args[0])
        return {v: c for v, c in ((1, p), (0, negation(p))) if c is not False}

    def _combined(self, x: Node, operation: Callable[[int, int], int]) -> Summary:
        left, right = self.scalar(x.args[0]), self.scalar(x.args[1])
        if len(left) * len(right) > MOST_COMBINATIONS:
            raise SizeError(
                f"one number has {len(left):,} times {len(right):,} cases at these sizes, more "
                f"than {MOST_COMBINATIONS:,}: give smaller sizes"
            )
        return merged(
            [
                (operation(v, w), conjunction([p, q]))
                for v, p in left.items()
                for w, q in right.items()
            ]
        )


def merged(parts: list[tuple[int, Formula]]) -> Summary:
    """One case per value: cases with the same value are merged."""
    cases: dict[int, list[Formula]] = {}
    for value, condition in parts:
        if condition is not False:
            cases.setdefault(value, []).append(condition)
    return {v: disjunction(found) for v, found in cases.items()}


def chosen(test: Formula, yes: Summary, no: Summary) -> Summary:
    """The value of `yes` where the test holds, else that of `no`."""
    if isinstance(test, bool):
        return yes if test else no
    values = dict.fromkeys([*yes, *no])
    found = {v: choice(test, yes.get(v, False), no.get(v, False)) for v in values}
    return {v: c for v, c in found.items() if c is not False}
