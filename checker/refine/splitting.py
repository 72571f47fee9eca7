"""Splitting universal quantifiers, so that triggers say for which values they are instantiated.

After a step a message was sent before, or it is the one that is sent now. So "for all messages"
becomes "for all messages sent before, and for the one that is sent now".
"""

from __future__ import annotations

from collections.abc import Iterator

import z3

from quorate.checker.prove.unbounded.logic import (
    And,
    Atom,
    Exists,
    ForAll,
    Formula,
    Or,
    Term,
    conj,
    disj,
    every,
    is_quantified,
    some,
)


def split(f: Formula) -> Formula:
    """An equivalent formula whose universal quantifiers are over clauses, with equations solved."""
    match f:
        case And(parts):
            return conj(map(split, parts))
        case Or(parts):
            return disj(map(split, parts))
        case Exists(variables, body):
            return some(variables, split(body))
        case ForAll(variables, body):
            return conj(_solved(list(variables), clause) for clause in _clauses(split(body)))
    return f


def _clauses(f: Formula) -> Iterator[Formula]:
    """The formula as clauses; conjunctions with quantifiers inside are not distributed."""
    parts = f.parts if isinstance(f, Or) else (f,)
    for i, p in enumerate(parts):
        if isinstance(p, And) and not is_quantified(p):
            for q in p.parts:
                yield from _clauses(disj([*parts[:i], q, *parts[i + 1 :]]))
            return
    yield f


def _solved(variables: list[Term], clause: Formula) -> Formula:
    """Replaces `for all x: x != t or p(x)` by `p(t)`."""
    parts = list(clause.parts) if isinstance(clause, Or) else [clause]
    for i, p in enumerate(parts):
        if isinstance(p, Atom) and not p.positive and z3.is_eq(p.term):
            for x, t in (p.term.children(), reversed(p.term.children())):
                others = [y for y in variables if not y.eq(x)]
                if len(others) < len(variables) and not _mentions(t, x):
                    rest = disj(_put(q, x, t) for q in [*parts[:i], *parts[i + 1 :]])
                    return _solved(others, rest)
    return every(variables, disj(parts))


def _mentions(t: Term, x: Term) -> bool:
    return bool(t.eq(x)) or any(_mentions(y, x) for y in t.children())


def _put(f: Formula, x: Term, t: Term) -> Formula:
    """The formula with `t` for `x`, which it does not bind."""
    match f:
        case Atom(term, positive):
            return Atom(z3.substitute(term, (x, t)), positive)
        case And(parts):
            return conj(_put(p, x, t) for p in parts)
        case Or(parts):
            return disj(_put(p, x, t) for p in parts)
        case ForAll(variables, body):
            return every(variables, _put(body, x, t))
        case Exists(variables, body):
            return some(variables, _put(body, x, t))
    return f
