"""First-order formulas in negation normal form: what descriptions become on their way to Z3.

Only atoms carry a sign. Quantified variables are Z3 constants with names of their own, so that an
existential at the top is made a constant by leaving its quantifier away.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import z3

Term = Any  # a Z3 expression; z3py has no types


@dataclass(frozen=True, eq=False)
class Atom:
    """A quantifier-free Z3 formula, or its negation."""

    term: Term
    positive: bool = True

    quantified = False


@dataclass(frozen=True, eq=False)
class _Connective:
    parts: tuple[Formula, ...]

    @cached_property
    def quantified(self) -> bool:
        """Whether a quantifier is inside."""
        return any(is_quantified(p) for p in self.parts)


class And(_Connective):
    """All of the parts."""


class Or(_Connective):
    """One of the parts."""


@dataclass(frozen=True, eq=False)
class _Quantifier:
    variables: tuple[Term, ...]
    body: Formula

    quantified = True


class ForAll(_Quantifier):
    """For all values of the variables."""


@dataclass(frozen=True, eq=False)
class Triggered(ForAll):
    """For all values, instantiated at triggers alone: more instances would beget more without end.

    `strict`: every variable needs a trigger, and only witnesses at the top of the body get one.
    """

    strict: bool = False


class Unrestricted(ForAll):
    """For all values, those that Z3 comes upon included: its instances make no new terms."""


class Exists(_Quantifier):
    """For some values of the variables."""


Formula = bool | Atom | And | Or | ForAll | Exists


def is_quantified(f: Formula) -> bool:
    """Whether a quantifier is inside."""
    return not isinstance(f, bool) and f.quantified


def conj(parts: Iterable[Formula]) -> Formula:
    """All of them."""
    flat: list[Formula] = []
    for p in _flattened(parts, And):
        if p is False:
            return False
        if p is not True:
            flat.append(p)
    if not flat:
        return True
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def disj(parts: Iterable[Formula]) -> Formula:
    """One of them."""
    flat: list[Formula] = []
    for p in _flattened(parts, Or):
        if p is True:
            return True
        if p is not False:
            flat.append(p)
    if not flat:
        return False
    return flat[0] if len(flat) == 1 else Or(tuple(flat))


def _flattened(parts: Iterable[Formula], kind: type[_Connective]) -> Iterator[Formula]:
    for p in parts:
        if isinstance(p, kind):
            yield from p.parts
        else:
            yield p


def neg(f: Formula) -> Formula:
    """The opposite, in negation normal form."""
    match f:
        case bool():
            return not f
        case Atom(term, positive):
            return Atom(term, not positive)
        case And(parts):
            return disj(map(neg, parts))
        case Or(parts):
            return conj(map(neg, parts))
        case ForAll(variables, body):
            return Exists(variables, neg(body))
        case Exists(variables, body):
            return ForAll(variables, neg(body))
    raise TypeError(f)


def some(variables: Sequence[Term], body: Formula) -> Formula:
    """For some values; existentials in a conjunction below join this one."""
    if isinstance(body, bool):
        return body
    names = list(variables)
    parts: list[Formula] = []
    for p in body.parts if isinstance(body, And) else [body]:
        if isinstance(p, Exists):
            names += p.variables
            p = p.body
        parts.append(p)
    whole = conj(parts)
    if isinstance(whole, bool) or not names:
        return whole
    return Exists(tuple(names), whole)


def every(variables: Sequence[Term], body: Formula) -> Formula:
    """For all values; universals in a disjunction below join this one."""
    return neg(some(variables, neg(body)))


def unrestricted(f: Formula) -> Formula:
    """A universal whose instances make no new terms."""
    return Unrestricted(f.variables, f.body) if isinstance(f, ForAll) else f


def triggered(f: Formula, strict: bool = False) -> Formula:
    """A universal that is instantiated at triggers alone."""
    return Triggered(f.variables, f.body, strict) if isinstance(f, ForAll) else f


def iff(f: Formula, g: Formula) -> Formula:
    """Both or neither."""
    if isinstance(f, bool):
        return g if f else neg(g)
    if isinstance(g, bool):
        return f if g else neg(f)
    return disj([conj([f, g]), conj([neg(f), neg(g)])])


def implies(f: Formula, g: Formula) -> Formula:
    """The second wherever the first."""
    return disj([neg(f), g])


def equal(x: Term, y: Term) -> Formula:
    """That two Z3 terms are the same; decided at once for the same term and for two constants."""
    if x.eq(y):
        return True
    if is_constant(x) and is_constant(y):
        return False
    return Atom(x == y)


def is_constant(x: Term) -> bool:
    """Whether a term is a member of an enumeration, a truth value or a number, as it is written."""
    kinds = (z3.Z3_OP_DT_CONSTRUCTOR, z3.Z3_OP_TRUE, z3.Z3_OP_FALSE, z3.Z3_OP_ANUM)
    return z3.is_app(x) and x.num_args() == 0 and x.decl().kind() in kinds


def plain(f: Formula) -> Term:
    """A quantifier-free formula as a Z3 term, or as a truth value."""
    match f:
        case bool():
            return f
        case Atom(term, positive):
            return term if positive else z3.Not(term)
        case And(parts):
            return z3.And(*map(plain, parts))
        case Or(parts):
            return z3.Or(*map(plain, parts))
    raise TypeError(f"a quantifier in {f}")


# ---------------------------------------------------------------- terms by cases

# A term as alternatives: exactly one condition holds. Only tests with quantifiers make several.
Cases = tuple[tuple[Formula, Term], ...]


def single(term: Term) -> Cases:
    """A term without alternatives."""
    return ((True, term),)


def lifted(make: Callable[..., Formula], *arguments: Cases) -> Formula:
    """What `make` says of terms, whichever alternatives they are."""
    return disj(conj([condition, make(*terms)]) for condition, terms in _combined(arguments))


def mapped(make: Callable[..., Term], *arguments: Cases) -> Cases:
    """A term made of terms, by their alternatives."""
    return tuple((condition, make(*terms)) for condition, terms in _combined(arguments))


def _combined(arguments: Sequence[Cases]) -> Iterator[tuple[Formula, tuple[Term, ...]]]:
    for row in itertools.product(*arguments):
        condition = conj(c for c, _ in row)
        if condition is not False:
            yield condition, tuple(t for _, t in row)


def choice(test: Formula, then: Cases, orelse: Cases) -> Cases:
    """`then` where the test holds, else `orelse`."""
    if isinstance(test, bool):
        return then if test else orelse
    if not is_quantified(test) and len(then) == len(orelse) == 1:
        (_, x), (_, y) = then[0], orelse[0]
        return single(x if x.eq(y) else z3.If(plain(test), x, y))
    return (
        *((conj([test, c]), t) for c, t in then),
        *((conj([neg(test), c]), t) for c, t in orelse),
    )
