"""What CPython has to hash: the members of a set, and the keys of a map.

Whatever a state or a message holds is immutable, and so hashable. A set that an expression makes is
a Python `set`, which is not, and neither is a tuple that holds one.
"""

from __future__ import annotations

from quorate.model.language.declare.types import RecordType, TupleRecord
from quorate.model.language.ir import surface as s


def python_set(e: s.Expr) -> s.Expr | None:
    """The part of a value that is a Python `set`, if CPython makes one here."""
    match e:
        case s.SetOf(items=[_, *_]) | s.Comprehension(kind="set"):
            return e
        case s.SetOperation():
            return e if python_set(e.left) else None  # the left side decides what it is
        case s.Conditional(then=then, orelse=orelse):
            return python_set(then) or python_set(orelse)
        case s.New(args=args, type=RecordType(record)) if issubclass(record, TupleRecord):
            return next(filter(None, map(python_set, args)), None)
        case s.Local(value=of) | s.Call(body=of) | s.OneOf(of=of):
            return e if python_set(of) else None
        case s.Declared(of=of, written=False):
            return python_set(of)
    return None
