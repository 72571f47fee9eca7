"""Products, quotients and remainders of numbers, and numbers that may be negative.

The operations of a graph take a constant on the right. Another right operand is looked up: one case
for each value that it can have, which are few at given sizes. The scalars of a graph are never
negative; a number that may be is one with a constant taken off.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from .nodes import Bool, Graph, Node, Scalar, size_of


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


class Signed(NamedTuple):
    """The number `scalar - bias`; the bias is at least 0."""

    scalar: Scalar
    bias: int


def signed(g: Graph, least: int, above: Scalar = 0) -> Signed:
    """The number `least + above`."""
    return Signed(above, -least) if least < 0 else Signed(g.add(above, least), 0)


def aligned(g: Graph, x: Signed, y: Signed) -> tuple[Scalar, Scalar, int]:
    """The scalars of two numbers under one bias, and the bias."""
    bias = max(x.bias, y.bias)
    return g.add(x.scalar, bias - x.bias), g.add(y.scalar, bias - y.bias), bias


def above_of(g: Graph, x: Signed, least: int, most: int | None) -> tuple[Scalar, Bool, Bool]:
    """How far a number is above `least`, and whether it is below that, or above `most`.

    The first is 0 where one of the others holds.
    """
    zero = x.bias + least
    below: Bool = g.less(x.scalar, zero) if zero > 0 else False
    code = g.sub(g.select(below, zero, x.scalar), zero) if zero > 0 else g.add(x.scalar, -zero)
    if most is None:
        return code, below, False
    above = g.less(most - least, code)
    return g.mod(g.select(above, 0, code), most - least + 1), below, above


def computed(g: Graph, op: str, x: Signed, y: Signed) -> Signed:
    """An operation on two numbers; `//` and `%` give 0 where y is 0 (the caller sees to it)."""
    match op:
        case "+":
            return Signed(g.add(x.scalar, y.scalar), x.bias + y.bias)
        case "-":
            return computed(g, "+", x, _negative(g, y))
    if op == "*" and size_of(x.scalar) < size_of(y.scalar):
        x, y = y, x
    last = size_of(y.scalar) - 1
    cases = [_by_constant(g, op, x, k - y.bias) for k in range(last + 1)]
    if not isinstance(y.scalar, Node):
        return cases[-1]
    bias = max(c.bias for c in cases)
    scalars = [g.add(c.scalar, bias - c.bias) for c in cases]
    return Signed(by_value(g, y.scalar, scalars.__getitem__), bias)


def _negative(g: Graph, x: Signed) -> Signed:
    """-x: the scalar counted down from the largest that it can be."""
    most = size_of(x.scalar) - 1
    return signed(g, x.bias - most, g.sub(most, x.scalar))


def _by_constant(g: Graph, op: str, x: Signed, k: int) -> Signed:
    if k < 0:
        found = _by_constant(g, op, _negative(g, x), -k)
        return _negative(g, found) if op == "%" else found
    if op == "*":
        return Signed(g.mul(x.scalar, k), x.bias * k)
    if k == 0:
        return Signed(0, 0)
    bias = -(-x.bias // k) * k  # a multiple of k, so that taking it off changes no remainder
    scalar = g.add(x.scalar, bias - x.bias)
    return Signed(g.div(scalar, k), bias // k) if op == "//" else Signed(g.mod(scalar, k), 0)
