"""Arithmetic that Z3 decides: sums, and products, quotients and remainders with a literal."""

from __future__ import annotations

from typing import Any

from quorate.model.language.ir import core as c


def is_linear(e: c.Arith) -> bool:
    """Whether an operation is in Presburger arithmetic."""
    match e:
        case c.Arith(op="*", left=left, right=right):
            return isinstance(left, c.Lit) or isinstance(right, c.Lit)
        case c.Arith(op="//" | "%", right=right):
            return isinstance(right, c.Lit) and bool(right.value > 0)
    return True


def arithmetic(op: str, x: Any, y: Any) -> Any:
    """An operation on Z3's integers; by a positive divisor Z3 rounds down, as Python does."""
    match op:
        case "+":
            return x + y
        case "-":
            return x - y
        case "*":
            return x * y
        case "//":
            return x / y
    return x % y
