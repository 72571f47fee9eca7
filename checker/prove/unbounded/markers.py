"""Marker patterns: which instances of which universals Z3 looks at, so that it always ends.

A marker `D_S` is a predicate that means "true". It is asserted of every constant of the query. The
pattern of a universal is what it presupposes (messages sent, members of sets) and the markers of
the variables that this leaves out, so that it is instantiated at exactly these messages and
constants (E-matching: de Moura, Bjørner: Efficient E-Matching for SMT Solvers, CADE 2007). One that
presupposes nothing is asserted a second time with patterns of Z3's own choice. An existential below
a universal carries the markers of the sorts whose witnesses are to be looked at too: members of
quorums, which cuts the cycle from members to ballots and back. With markers replaced by "true" the
query is the original one: `unsat` is a proof.

A second marker `E_S` is on all of these and on every witness of an axiom or invariant: where
instances at the constants do not suffice, the universals of what is asked (the invariant after the
step, negated) are instantiated there. Those of the hypotheses never are: that could go on for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import z3

from .logic import All, And, Atom, Bounded, Formula, Free, Or, Some, Term
from .vocabulary import ORDER


class Markers:
    """Writes formulas down for Z3, with markers. `followed` sorts have witnesses looked at.

    `closed`: nothing is asserted without them; with arithmetic Z3's own choice may go on for ever.
    """

    def __init__(self, followed: Iterable[Any], closed: bool = False) -> None:
        self.followed, self.closed = {s.name() for s in followed}, closed
        self._marks: dict[str, Any] = {}

    def mark(self, x: Term, letter: str = "D") -> Any:
        """The marker of a term."""
        sort = x.sort()
        name = f"{letter} {sort.name()}"
        if name not in self._marks:
            self._marks[name] = z3.Function(name, sort, z3.BoolSort())
        return self._marks[name](x)

    def hypothesis(self, f: Formula, wide: bool, follow: bool = True, cells: bool = True) -> Any:
        """An axiom or invariant for Z3. All its witnesses are marked for what is asked.

        `wide`: its universals too are instantiated at witnesses, which may go on for ever. `cells`:
        numbers that are keys only where something is said of what is there.
        """
        return _Writer(self, "E" if wide else "D", "E", follow, cells).written(f)

    def query(self, f: Formula, constants: list[Term], wide: bool) -> Any:
        """What is asked, for Z3; existentials at the top become constants, added to `constants`.

        `wide`: its universals are instantiated at witnesses of the hypotheses too.
        """
        return _Writer(self, "E" if wide else "D", "").written(f, constants)


@dataclass(frozen=True)
class _Writer:
    markers: Markers
    universal: str  # the marker that universals are instantiated at
    witness: str | None  # one that all witnesses get besides, if not ""; None: no marks at all
    follow: bool = True
    cells: bool = True

    def written(self, f: Formula, constants: list[Term] | None = None) -> Any:
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
                marks = self._witnesses(variables)
                return z3.Exists(list(variables), z3.And(*marks, self.written(body)))
            case Bounded(variables, body, strict):
                return self._bounded(list(variables), body, strict)
            case All(variables, body):
                inside = self.written(body)
                facts = self._facts(variables, body)
                cells = self._cells(variables, inside) if self.markers.closed and self.cells else []
                pattern = z3.MultiPattern(*self._patterns(variables, [*facts, *cells]))
                marked = z3.ForAll(list(variables), inside, patterns=[pattern])
                if facts or (self.markers.closed and not isinstance(f, Free)):
                    return marked
                return z3.And(marked, z3.ForAll(list(variables), inside))
        raise TypeError(f)

    def _bounded(self, variables: list[Term], body: Formula, strict: bool) -> Any:
        patterns = self._patterns(variables, self._facts(variables, body))
        if not strict:
            inside = self.written(body)
        else:
            patterns += [self.markers.mark(x, self.universal) for x in variables]
            unmarked = _Writer(self.markers, self.universal, None)
            if isinstance(body, Some):
                marks = self._witnesses(body.variables)
                found = z3.And(*marks, unmarked.written(body.body))
                inside = z3.Exists(list(body.variables), found)
            else:
                inside = unmarked.written(body)
        return z3.ForAll(variables, inside, patterns=[z3.MultiPattern(*patterns)])

    def _facts(self, variables: Sequence[Term], body: Formula) -> list[Any]:
        """Messages and members that the body presupposes, each for some variables more."""
        known = {x.get_id() for x in variables}
        covered: set[int] = set()
        facts: list[Any] = []
        for p in body.parts if isinstance(body, Or) else [body]:
            if isinstance(p, Atom) and not p.positive and is_fact(p.term):
                new = {x.get_id() for x in p.term.children()} & known
                if new - covered:
                    covered |= new
                    facts.append(p.term)
        return facts

    def _cells(self, variables: Sequence[Term], inside: Any) -> list[Any]:
        """For numbers that are the key of a variable: what it holds there, wherever that is asked.

        There are many numbers, and most are the key of nothing.
        """
        found: dict[int, Any] = {}
        wanted = {x.get_id() for x in variables if x.sort().kind() == z3.Z3_INT_SORT}
        pending, seen = [inside], set[int]()
        while pending:
            t = pending.pop()
            if t.get_id() in seen:
                continue
            seen.add(t.get_id())
            pending += [t.body()] if z3.is_quantifier(t) else t.children()
            if _is_symbol(t) and t.num_args() == 1 and t.arg(0).get_id() in wanted:
                found.setdefault(t.arg(0).get_id(), t)
        return list(found.values())

    def _patterns(self, variables: Sequence[Term], facts: Sequence[Any]) -> list[Any]:
        """The facts, and markers of the variables that these leave out."""
        covered = {x.get_id() for f in facts for x in f.children()}
        rest = [x for x in variables if x.get_id() not in covered]
        return [*facts, *(self.markers.mark(x, self.universal) for x in rest)]

    def _witnesses(self, variables: Sequence[Term]) -> list[Any]:
        if self.witness is None:
            return []
        mark, followed = self.markers.mark, self.markers.followed
        marks = [mark(x) for x in variables if self.follow and x.sort().name() in followed]
        letters = {"E", self.witness} if marks else {self.witness}
        return marks + [mark(x, i) for i in sorted(letters - {""}) for x in variables]


def is_fact(term: Any) -> bool:
    """Whether an atom is a message sent or a member of a set; not an order or an equation."""
    if not _is_symbol(term) or term.decl().name().startswith(ORDER):
        return False
    pending = term.children()
    while pending:
        t = pending.pop()
        if not _is_symbol(t):  # a pattern cannot have "if" inside, say
            return False
        pending += t.children()
    return True


def _is_symbol(term: Any) -> bool:
    return bool(z3.is_app(term) and term.decl().kind() == z3.Z3_OP_UNINTERPRETED)
