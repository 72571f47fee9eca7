"""Formulas: a Python `bool` where the truth value is known, else a Z3 term.

Folding constants before Z3 sees them keeps the formulas of a protocol's first steps small. Terms
are made by Z3's C functions, which halves the time of building them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias

import z3
from z3 import z3core

Formula: TypeAlias = Any  # bool or z3.BoolRef
Variable: TypeAlias = Any  # z3.BoolRef


def term(p: Formula, context: z3.Context) -> Any:
    """The formula as a Z3 term of this context."""
    return z3.BoolVal(p, context) if isinstance(p, bool) else p


def conjunction(parts: Iterable[Formula]) -> Formula:
    return _join(parts, absorbing=False, make=z3core.Z3_mk_and)


def disjunction(parts: Iterable[Formula]) -> Formula:
    return _join(parts, absorbing=True, make=z3core.Z3_mk_or)


def _join(parts: Iterable[Formula], absorbing: bool, make: Any) -> Formula:
    kept: dict[int, Any] = {}
    for p in parts:
        if isinstance(p, bool):
            if p is absorbing:
                return absorbing
        else:
            kept[p.get_id()] = p
    first: Any = next(iter(kept.values()), not absorbing)
    if len(kept) <= 1:
        return first
    array = (z3.Ast * len(kept))(*[p.as_ast() for p in kept.values()])
    return z3.BoolRef(make(first.ctx.ref(), len(kept), array), first.ctx)


def negation(p: Formula) -> Formula:
    if isinstance(p, bool):
        return not p
    if z3.is_not(p):
        return p.arg(0)
    return z3.BoolRef(z3core.Z3_mk_not(p.ctx.ref(), p.as_ast()), p.ctx)


def choice(test: Formula, yes: Formula, no: Formula) -> Formula:
    """`yes` where the test holds, else `no`."""
    if isinstance(test, bool):
        return yes if test else no
    if isinstance(yes, bool):
        return disjunction([test, no]) if yes else conjunction([negation(test), no])
    if isinstance(no, bool):
        return disjunction([negation(test), yes]) if no else conjunction([test, yes])
    if yes.eq(no):
        return yes
    made = z3core.Z3_mk_ite(test.ctx.ref(), test.as_ast(), yes.as_ast(), no.as_ast())
    return z3.BoolRef(made, test.ctx)


def same(p: Formula, q: Formula) -> Formula:
    """That both hold or neither does."""
    if isinstance(p, bool):
        p, q = q, p
    if isinstance(q, bool):
        return p if q is True else negation(p)
    if p.eq(q):
        return True
    return z3.BoolRef(z3core.Z3_mk_eq(p.ctx.ref(), p.as_ast(), q.as_ast()), p.ctx)


def implies(p: Formula, q: Formula) -> Formula:
    return disjunction([negation(p), q])


def kind_of(ref: Any, p: Any) -> int:
    """The connective of a raw term of a raw context, such as `z3.Z3_OP_AND`."""
    return int(z3core.Z3_get_decl_kind(ref, z3core.Z3_get_app_decl(ref, p)))


def parts_of(ref: Any, p: Any) -> list[Any]:
    """The arguments of a raw term, also raw; they live as long as `p`."""
    count = z3core.Z3_get_app_num_args(ref, p)
    return [z3core.Z3_get_app_arg(ref, p, i) for i in range(count)]


def id_of(ref: Any, p: Any) -> int:
    """The id of a raw term."""
    return int(z3core.Z3_get_ast_id(ref, p))


class Substitution:
    """Renames variables in many formulas at once; Z3 does the traversal."""

    def __init__(self, old: Sequence[Variable], new: Sequence[Variable]) -> None:
        self._pairs = list(zip(old, new, strict=True))

    def __call__(self, p: Formula) -> Formula:
        return p if isinstance(p, bool) or not self._pairs else z3.substitute(p, *self._pairs)


def true_in(model: Any, variables: Iterable[Variable]) -> Iterator[bool]:
    """The value of each variable; those that a model leaves open are false."""
    for v in variables:
        yield z3.is_true(model[v])
