"""Orders: the parts by which values are compared, of which the first that differs decides."""

from __future__ import annotations

from dataclasses import replace

from quorate.model.language.declare.types import RecordType, SortType, Type
from quorate.model.language.ir import surface as s
from quorate.model.language.ir.relations import is_number, is_numeric


def is_ordered(t: Type) -> bool:
    """Whether values of a type can be compared: numbers, elements of orders, records of these."""
    if isinstance(t, RecordType):
        return t.ordered and all(map(is_ordered, t.fields.values()))
    return is_number(t) or (isinstance(t, SortType) and t.ordered)


def ordered_parts(e: s.Expr) -> tuple[s.Expr, ...] | None:
    """The numbers and elements of orders that an expression is compared by, None if by nothing."""
    if not (is_numeric(e) or is_ordered(e.type)):
        return None
    if not isinstance(e.type, RecordType):
        return (e,)
    fields = [s.Field(of=e, name=n, type=t, span=e.span) for n, t in e.type.fields.items()]
    return tuple(part for f in fields for part in ordered_parts(f) or ())


def by_fields(test: s.Expr) -> s.Expr:
    """A comparison, in which the orders of records are written out."""
    if not isinstance(test, s.Compare):
        return test
    pairs, left = [], test.first
    for op, right in test.rest:
        pairs.append((left, op, right))
        left = right
    if not any(_of_records(x, op) for x, op, _ in pairs):
        return test
    tests = tuple(_written_out(x, op, y, test) for x, op, y in pairs)
    if len(tests) == 1:
        return tests[0]
    return s.Boolean(op="and", args=tests, type=s.BOOL, span=test.span)


def _of_records(e: s.Expr, op: str) -> bool:
    return op in ("<", "<=", ">", ">=") and isinstance(e.type, RecordType)


def _written_out(x: s.Expr, op: str, y: s.Expr, at: s.Compare) -> s.Expr:
    if not _of_records(x, op):
        return _compared(x, op, y, at)
    rows = list(zip(ordered_parts(x) or (), ordered_parts(y) or (), strict=True))
    *before, (a, b) = rows
    found = _compared(a, op, b, at)
    for a, b in reversed(before):
        equal = _compared(a, "==", b, at)
        further = s.Boolean(op="and", args=(equal, found), type=s.BOOL, span=at.span)
        less = _compared(a, op[0], b, at)
        found = s.Boolean(op="or", args=(less, further), type=s.BOOL, span=at.span)
    return found


def _compared(x: s.Expr, op: str, y: s.Expr, at: s.Compare) -> s.Expr:
    return replace(at, first=x, rest=((op, y),))
