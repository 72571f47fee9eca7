"""The ground formulas: quantifier-free expressions over the cells of one state, hash-consed.

A constant is a Python `bool` or `int`; everything else is a `Node`. Comparing one scalar with
constants always takes the form `isin(x, set of codes)`, so that conjunctions and disjunctions
over one cell melt into a single test.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from operator import attrgetter, is_
from typing import Any, TypeAlias

from quorate.model.language.diagnostics import SizeError

# How many terms may be joined in all. What takes more takes minutes to compile, or for ever.
MOST_TERMS = 2_000_000


class Node:
    """One hash-consed operation. `size` is one more than the largest value; 0 for a condition.

    Conditions: isin(x, mask), eq(x, y), lt(x, y), iff(p, q), not(p), and(...), or(...).
    Scalars: load(column, index), param(name), add(x, y), sub(x, y), mul(x, k), div(x, k),
    mod(x, k), select(p, x, y), number(p).
    """

    __slots__ = ("args", "id", "op", "size")

    def __init__(self, op: str, args: tuple[Any, ...], size: int, id_: int) -> None:
        self.op, self.args, self.size, self.id = op, args, size, id_

    def __repr__(self) -> str:
        return f"{self.op}({', '.join(map(repr, self.args))})"


Bool: TypeAlias = "bool | Node"
Scalar: TypeAlias = "int | Node"


def size_of(x: Scalar) -> int:
    """One more than the largest value a scalar can have."""
    return x.size if isinstance(x, Node) else int(x) + 1


def nodes_in(roots: Iterable[Bool | Scalar], known: Container[int] = ()) -> Iterator[Node]:
    """Every node reachable from the roots, operands before what uses them.

    Those whose numbers are `known`, and what is reached only through them, are left out.
    """
    seen: set[int] = set()
    for root in roots:
        stack: list[tuple[Any, bool]] = [(root, False)]
        while stack:
            x, done = stack.pop()
            if not isinstance(x, Node):
                continue
            if done:
                yield x
            elif x.id not in seen and x.id not in known:
                seen.add(x.id)
                stack.append((x, True))
                for a in x.args:
                    if isinstance(a, Node) and a.id not in seen:
                        stack.append((a, False))


_number = attrgetter("id")


class Graph:
    """Makes nodes: folds constants, keeps each distinct operation once."""

    def __init__(self) -> None:
        self._made: dict[tuple[Any, ...], Node] = {}
        self._joined: dict[tuple[str, tuple[Bool, ...]], tuple[Bool, int]] = {}
        self._terms = 0

    def _node(self, op: str, args: tuple[Any, ...], size: int = 0) -> Node:
        key = (op, *args)
        if (found := self._made.get(key)) is None:
            found = self._made[key] = Node(op, args, size, len(self._made))
        return found

    @property
    def terms(self) -> int:
        """How many were joined so far."""
        return self._terms

    @contextmanager
    def aside(self, most: int) -> Iterator[None]:
        """Inside, up to `most` terms are joined that do not count outside; SizeError for more."""
        before, self._terms = self._terms, MOST_TERMS - most
        try:
            yield
        finally:
            self._terms = before

    # ------------------------------------------------------------ conditions

    def isin(self, x: Scalar, mask: int) -> Bool:
        """Whether bit x of `mask` is set."""
        if not isinstance(x, Node):
            return bool(mask >> x & 1)
        full = (1 << x.size) - 1
        mask &= full
        if mask == 0:
            return False
        if mask == full:
            return True
        if (made := self._made.get(("isin", x, mask))) is not None:
            return made
        if x.op == "number":
            return x.args[0] if mask == 2 else self.not_(x.args[0])
        if x.op == "select":
            test, a, b = x.args
            if not (isinstance(a, Node) and isinstance(b, Node)):
                return self.ite(test, self.isin(a, mask), self.isin(b, mask))
        if x.op == "add" and not isinstance(x.args[1], Node):
            return self.isin(x.args[0], mask >> x.args[1])
        return self._node("isin", (x, mask))

    def not_(self, p: Bool) -> Bool:
        if not isinstance(p, Node):
            return not p
        if p.op == "not":
            return p.args[0]  # type: ignore[no-any-return]
        if p.op == "isin":
            x, mask = p.args
            return self.isin(x, ~mask & ((1 << x.size) - 1))
        if p.op == "or" and all(q.op == "isin" for q in p.args):
            return self.and_(map(self.not_, p.args))  # tests of cells, to melt with others
        return self._node("not", (p,))

    def and_(self, parts: Iterable[Bool]) -> Bool:
        """The conjunction; tests of one scalar are intersected."""
        return self._nary("and", parts, absorbing=False)

    def or_(self, parts: Iterable[Bool]) -> Bool:
        """The disjunction; tests of one scalar are united."""
        return self._nary("or", parts, absorbing=True)

    def _nary(self, op: str, parts: Iterable[Bool], absorbing: bool) -> Bool:
        """The same parts are joined once; their terms count each time."""
        key = op, tuple(parts)
        if self._terms > MOST_TERMS:
            raise SizeError(
                f"unrolled at these sizes, the guards have more than {MOST_TERMS:,} terms: that "
                "would take minutes to compile, if it fits at all; give smaller sizes"
            )
        if (known := self._joined.get(key)) is None:
            known = self._joined[key] = self._join(*key, absorbing)
        found, terms = known
        self._terms += terms
        return found

    def _join(self, op: str, parts: tuple[Bool, ...], absorbing: bool) -> tuple[Bool, int]:
        """The parts joined, and how many terms were looked at."""
        tests: dict[Node, tuple[int, Node | None]] = {}  # with the test, if there was but one
        others: dict[Node, None] = {}
        stack = list(reversed(parts))
        terms = 0
        while stack:
            p = stack.pop()
            terms += 1
            if not isinstance(p, Node):
                if p is absorbing:
                    return absorbing, terms
            elif p.op == op:
                stack += reversed(p.args)
            elif p.op == "isin":
                x, mask = p.args
                if x in tests:
                    old = tests[x][0]
                    tests[x] = (old | mask if absorbing else old & mask), None
                else:
                    tests[x] = mask, p
            else:
                others[p] = None
        if any(p.op == "not" and p.args[0] in others for p in others):
            return absorbing, terms
        merged = [self.isin(x, m) if p is None else p for x, (m, p) in tests.items()]
        if absorbing in merged:
            return absorbing, terms
        found = [p for p in merged if isinstance(p, Node)] + list(others)
        if len(found) <= 1:
            return (found[0] if found else not absorbing), terms
        found.sort(key=_number)
        return self._node(op, tuple(found)), terms

    def iff(self, p: Bool, q: Bool) -> Bool:
        if not isinstance(p, Node):
            p, q = q, p
        if not isinstance(q, Node):
            return p if q else self.not_(p)
        if p is q:
            return True
        if isinstance(p, Node) and p.id > q.id:
            p, q = q, p
        return self._node("iff", (p, q))

    def ite(self, test: Bool, p: Bool, q: Bool) -> Bool:
        """p where the test holds, else q."""
        if not isinstance(test, Node):
            return p if test else q
        if not isinstance(p, Node):
            return self.or_([test, q]) if p else self.and_([self.not_(test), q])
        if not isinstance(q, Node):
            return self.or_([self.not_(test), p]) if q else self.and_([test, p])
        return self.or_([self.and_([test, p]), self.and_([self.not_(test), q])])

    def eq(self, x: Scalar, y: Scalar) -> Bool:
        if not isinstance(x, Node):
            x, y = y, x
        if not isinstance(y, Node):
            return self.isin(x, 1 << y)
        if x is y:
            return True
        assert isinstance(x, Node)
        return self._node("eq", (x, y) if x.id < y.id else (y, x))

    def less(self, x: Scalar, y: Scalar) -> Bool:
        if not isinstance(y, Node):
            return self.isin(x, (1 << y) - 1)
        if not isinstance(x, Node):
            return self.isin(y, ~((1 << (x + 1)) - 1) & ((1 << y.size) - 1))
        return False if x is y else self._node("lt", (x, y))

    def less_eq(self, x: Scalar, y: Scalar) -> Bool:
        return self.not_(self.less(y, x))

    def rebuilt(self, node: Node, args: Sequence[Any]) -> Any:
        """The operation of a node on other operands, folded anew."""
        if all(map(is_, args, node.args)):
            return node
        match node.op:
            case "and" | "or":
                return (self.and_ if node.op == "and" else self.or_)(args)
            case "lt":
                return self.less(*args)
            case "not":
                return self.not_(args[0])
        return getattr(self, node.op)(*args)

    # ------------------------------------------------------------ scalars

    def load(self, column: Any, index: Scalar) -> Scalar:
        """The cell of a column (see layout.py) at an index."""
        if column.size == 1:
            return 0
        if column.formula is not None:
            return column.formula(index)  # type: ignore[no-any-return]
        return self._node("load", (column, index), column.size)

    def param(self, name: str, size: int) -> Node:
        """A value bound by an enclosing loop over the messages sent."""
        return self._node("param", (name, size), size)

    def add(self, x: Scalar, y: Scalar) -> Scalar:
        if not isinstance(x, Node):
            x, y = y, x
        if not isinstance(y, Node):
            if y == 0 or not isinstance(x, Node):
                return x + y if not isinstance(x, Node) else x
            if x.op == "add" and not isinstance(x.args[1], Node):
                return self.add(x.args[0], x.args[1] + y)
            if x.op == "select" and not (
                isinstance(x.args[1], Node) and isinstance(x.args[2], Node)
            ):
                return self.select(x.args[0], self.add(x.args[1], y), self.add(x.args[2], y))
        return self._node("add", (x, y), size_of(x) + size_of(y) - 1)

    def sub(self, x: Scalar, y: Scalar) -> Scalar:
        """x - y where y <= x (the caller sees to it)."""
        if not isinstance(y, Node):
            if y == 0:
                return x
            if not isinstance(x, Node):
                return max(0, x - y)
            return self._node("sub", (x, y), max(1, x.size - y))
        return self._node("sub", (x, y), size_of(x))

    def mul(self, x: Scalar, k: int) -> Scalar:
        if not isinstance(x, Node):
            return x * k
        if k == 0:
            return 0
        return x if k == 1 else self._node("mul", (x, k), (x.size - 1) * k + 1)

    def div(self, x: Scalar, k: int) -> Scalar:
        if not isinstance(x, Node):
            return x // k
        if k == 1:
            return x
        return 0 if x.size <= k else self._node("div", (x, k), (x.size - 1) // k + 1)

    def mod(self, x: Scalar, k: int) -> Scalar:
        if not isinstance(x, Node):
            return x % k
        return x if x.size <= k else self._node("mod", (x, k), k)

    def select(self, test: Bool, x: Scalar, y: Scalar) -> Scalar:
        if not isinstance(test, Node):
            return x if test else y
        if x is y or (not isinstance(x, Node) and not isinstance(y, Node) and x == y):
            return x
        if not isinstance(x, Node) and not isinstance(y, Node) and {x, y} == {0, 1}:
            return self.number(test if x == 1 else self.not_(test))
        return self._node("select", (test, x, y), max(size_of(x), size_of(y)))

    def number(self, p: Bool) -> Scalar:
        """1 where the condition holds, else 0."""
        if not isinstance(p, Node):
            return int(p)
        if p.op == "isin" and p.args[0].size == 2 and p.args[1] == 2:
            return p.args[0]  # type: ignore[no-any-return]
        return self._node("number", (p,), 2)

    def total(self, parts: Iterable[Scalar]) -> Scalar:
        """The sum."""
        found: Scalar = 0
        for part in parts:
            found = self.add(found, part)
        return found
