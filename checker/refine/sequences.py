"""Sequences that a mapping makes of others: `tuple(entry.v for entry in self.agreed)`.

Such a sequence is as long as the one that it is made of, and what is at a position depends on that
position alone. Nothing else is read, so that no length has to be shown to be in its range.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from quorate.checker.prove.unbounded import UnsupportedError
from quorate.checker.prove.unbounded.values import SeqComp
from quorate.model.language.declare.types import SeqType
from quorate.model.language.frontend.expressions import ExpressionReader
from quorate.model.language.ir import core as c
from quorate.model.language.ir.build import TRUE
from quorate.model.language.ir.lower_expressions import ExpressionLowering


def is_made_sequence(node: ast.expr) -> bool:
    """Whether this is `tuple(... for ... in ...)`, which keeps all items."""
    match node:
        case ast.Call(
            func=ast.Name(id="tuple"),
            args=[ast.GeneratorExp(generators=[ast.comprehension(ifs=[])])],
            keywords=[],
        ):
            return True
    return False


def made_sequence(
    node: ast.Call,
    t: SeqType,
    reader: ExpressionReader,
    lowering: ExpressionLowering,
    env: Mapping[int, c.Expr],
) -> c.Expr:
    """`tuple(...)` as a value of type `t`. Raises UnsupportedError."""
    (argument,) = node.args
    assert isinstance(argument, ast.GeneratorExp)
    listed = ast.copy_location(ast.ListComp(argument.elt, argument.generators), argument)
    found = lowering.expr(reader.read(listed), env)
    assert isinstance(found, c.SetComp)
    lengths = [_length(b) for b in found.binders]
    if lengths != [t.length] or found.condition != TRUE or found.element.type != t.element:
        raise UnsupportedError(f"this sequence as a {t}", reader.span(node))
    return SeqComp(
        binders=found.binders, condition=TRUE, element=found.element, type=t, span=found.span
    )


def _length(b: c.Binder) -> object:
    """The type of the length of the sequence whose items or positions these are, if it is one."""
    match b.domain:
        case c.OverMembers(of=of) if isinstance(of.type, SeqType):
            return of.type.length
        case c.OverRange(lower=c.Lit(value=0), upper=c.Len(of=of)) if isinstance(of.type, SeqType):
            return of.type.length
    return None
