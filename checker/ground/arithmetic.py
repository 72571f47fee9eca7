"""Products, quotients and remainders of numbers.

The operations of a graph take a constant on the right. Another right operand is looked up: one case
for each value that it can have, which are few at given sizes.
"""

from __future__ import annotations

from collections.abc import Callable

from .nodes import Graph, Node, Scalar, size_of


def product(g: Graph, x: Scalar, y: Scalar) -> Scalar:
    """x * y."""
    if size_of(x) < size_of(y):
        x, y = y, x
    return by_value(g, y, lambda k: g.mul(x, k))


def divided(g: Graph, op: str, x: Scalar, y: Scalar) -> Scalar:
    """x // y or x % y, rounded down; 0 where y is 0 (the caller sees to it)."""
    operation = g.div if op == "//" else g.mod
    return by_value(g, y, lambda k: operation(x, k) if k else 0)


def by_value(g: Graph, y: Scalar, of: Callable[[int], Scalar]) -> Scalar:
    """What an operation makes of each value of y."""
    if not isinstance(y, Node):
        return of(y)
    found = of(y.size - 1)
    for k in reversed(range(y.size - 1)):
        found = g.select(g.eq(y, k), of(k), found)
    return found
