"""Marker patterns: which instances of which universals Z3 looks at, so that it always ends.

A marker `D_S` is a predicate that means "true". It is asserted of every constant of the query; each
universal is asserted twice, with the markers of its variables as its one multi-pattern (instances
at exactly these constants, by E-matching: de Moura, Bjørner: Efficient E-Matching for SMT Solvers,
CADE 2007) and plain (Z3's own patterns). An existential below a universal carries the markers of
the sorts whose witnesses are to be looked at too: members of quorums, which cuts the cycle from
members to ballots and back. With markers replaced by "true" the query is the original one: `unsat`
is a proof.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import z3

from .logic import All, And, Atom, Formula, Or, Some, Term


class Markers:
    """Writes formulas down for Z3, with markers. `followed` sorts have witnesses looked at."""

    def __init__(self, followed: Iterable[Any]) -> None:
        self.followed = {s.name() for s in followed}
        self._marks: dict[str, Any] = {}

    def mark(self, x: Term) -> Any:
        """The marker of a term."""
        sort = x.sort()
        name = sort.name()
        if name not in self._marks:
            self._marks[name] = z3.Function(f"D_{name}", sort, z3.BoolSort())
        return self._marks[name](x)

    def written(self, f: Formula, constants: list[Term] | None = None) -> Any:
        """The formula for Z3; existentials at the top become constants, added to `constants`."""
        match f:
            case bool():
                return z3.BoolVal(f)
            case Atom(term, positive):
                return term if positive else z3.Not(term)
            case And(parts):
                return z3.And(*[self.written(p, constants) for p in parts])
            case Or(parts):
                return z3.Or(*[self.written(p, constants) for p in parts])
            case Some(variables, body):
                if constants is not None:
                    constants += variables
                    return self.written(body, constants)
                marks = [self.mark(x) for x in variables if x.sort().name() in self.followed]
                return z3.Exists(list(variables), z3.And(*marks, self.written(body)))
            case All(variables, body):
                patterns = self._patterns(variables, body)
                return universal(list(variables), self.written(body), patterns)
        raise TypeError(f)

    def _patterns(self, variables: Sequence[Term], body: Formula) -> list[Any]:
        """Atoms that the body presupposes, and markers of the variables that these leave out."""
        known = {x.get_id() for x in variables}
        covered: set[int] = set()
        patterns: list[Any] = []
        for p in body.parts if isinstance(body, Or) else [body]:
            if isinstance(p, Atom) and not p.positive and is_fact(p.term):
                new = {x.get_id() for x in p.term.children()} & known
                if new - covered:
                    covered |= new
                    patterns.append(p.term)
        return patterns + [self.mark(x) for x in variables if x.get_id() not in covered]


def is_fact(term: Any) -> bool:
    """Whether an atom is a message sent or a member of a set; not an order or an equation."""
    kind = term.decl().kind()
    name = term.decl().name()
    return bool(kind == z3.Z3_OP_UNINTERPRETED and not name.startswith("le_"))


def universal(variables: list[Term], body: Any, patterns: list[Any]) -> Any:
    """A universal with this one multi-pattern, and with patterns of Z3's own choice."""
    marked = z3.ForAll(variables, body, patterns=[z3.MultiPattern(*patterns)])
    return z3.And(marked, z3.ForAll(variables, body))
