"""Instantiation triggers: which instances of which universals Z3 looks at, so that it always ends.

A trigger `D S` is a predicate on a sort that means "true"; it is asserted of every constant of the
query. The pattern of a universal consists of what the universal presupposes (messages sent, members
of sets) and of triggers for the variables that these leave out. So Z3 instantiates it at exactly
these messages and constants (E-matching: de Moura, Bjørner: Efficient E-Matching for SMT Solvers,
CADE 2007). A universal that presupposes nothing is asserted a second time, with patterns of Z3's
own choice. An existential below a universal asserts the triggers of those sorts whose witnesses are
to be followed: members of quorums. That cuts the cycle from members to ballots and back. With
"true" for every trigger the query is the original one, so `unsat` is a proof.

A second trigger `E S` is asserted of the constants and of every witness of an axiom or hypothesis.
Where instances at constants do not suffice, the universals of the query itself (the negated
invariant after the step) are instantiated there too. Those of the hypotheses never are: that need
not end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import z3

from .logic import (
    And,
    Atom,
    Exists,
    ForAll,
    Formula,
    Or,
    Term,
    Triggered,
    Unrestricted,
    is_constant,
)
from .signature import ORDER

CONSTANT, WITNESS = "D", "E"  # the prefixes of the two triggers of a sort


class Triggers:
    """Writes formulas for Z3, with triggers. Witnesses of `followed` sorts count as constants.

    `closed`: nothing is asserted without triggers. With arithmetic Z3's own patterns need not end.
    """

    def __init__(self, context: z3.Context, followed: Iterable[Any], closed: bool = False) -> None:
        self.context = context
        self.followed, self.closed = {s.name() for s in followed}, closed
        self._symbols: dict[str, Any] = {}

    def trigger(self, x: Term, kind: str = CONSTANT) -> Any:
        """The trigger of a term."""
        sort = x.sort()
        name = f"{kind} {sort.name()}"
        if name not in self._symbols:
            self._symbols[name] = z3.Function(name, sort, z3.BoolSort(self.context))
        return self._symbols[name](x)

    def hypothesis(self, f: Formula, wide: bool, follow: bool = True, cells: bool = True) -> Any:
        """An axiom or invariant for Z3. The query may be instantiated at all its witnesses.

        `wide`: so may its own universals, which need not end. `cells`: a number that is a key
        counts only where a formula mentions the cell at that key.
        """
        return _Z3Writer(self, WITNESS if wide else CONSTANT, WITNESS, follow, cells).written(f)

    def query(self, f: Formula, constants: list[Term], wide: bool) -> Any:
        """The query for Z3. Existentials at the top become constants, added to `constants`.

        `wide`: its universals are instantiated at witnesses of the hypotheses too.
        """
        return _Z3Writer(self, WITNESS if wide else CONSTANT, "").written(f, constants)


@dataclass(frozen=True)
class _Z3Writer:
    triggers: Triggers
    universal: str  # the trigger that universals wait for
    witness: str | None  # one asserted of all witnesses, if not ""; None: no triggers at all
    follow: bool = True
    cells: bool = True

    def written(self, f: Formula, constants: list[Term] | None = None) -> Any:
        match f:
            case bool():
                return z3.BoolVal(f, self.triggers.context)
            case Atom(term, positive):
                return term if positive else z3.Not(term)
            case And(parts):
                return z3.And(*[self.written(p, constants) for p in parts])
            case Or(parts):
                return z3.Or(*[self.written(p, constants) for p in parts])
            case Exists(variables, body):
                if constants is not None:
                    constants += variables
                    return self.written(body, constants)
                triggers = self._witnesses(variables)
                return z3.Exists(list(variables), z3.And(*triggers, self.written(body)))
            case Triggered(variables, body, strict):
                return self._bounded(list(variables), body, strict)
            case ForAll(variables, body):
                inside = self.written(body)
                facts = self._facts(variables, body)
                cells = (
                    self._cells(variables, inside) if self.triggers.closed and self.cells else []
                )
                pattern = z3.MultiPattern(*self._patterns(variables, [*facts, *cells]))
                triggered = z3.ForAll(list(variables), inside, patterns=[pattern])
                if facts or (self.triggers.closed and not isinstance(f, Unrestricted)):
                    return triggered
                return z3.And(triggered, z3.ForAll(list(variables), inside))
        raise TypeError(f)

    def _bounded(self, variables: list[Term], body: Formula, strict: bool) -> Any:
        patterns = self._patterns(variables, self._facts(variables, body))
        if not strict:
            inside = self.written(body)
        else:
            patterns += [self.triggers.trigger(x, self.universal) for x in variables]
            plain = _Z3Writer(self.triggers, self.universal, None)
            if isinstance(body, Exists):
                triggers = self._witnesses(body.variables)
                found = z3.And(*triggers, plain.written(body.body))
                inside = z3.Exists(list(body.variables), found)
            else:
                inside = plain.written(body)
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
        """The facts, and triggers of the variables that these leave out."""
        covered = {x.get_id() for f in facts for x in f.children()}
        rest = [x for x in variables if x.get_id() not in covered]
        return [*facts, *(self.triggers.trigger(x, self.universal) for x in rest)]

    def _witnesses(self, variables: Sequence[Term]) -> list[Any]:
        if self.witness is None:
            return []
        trigger, followed = self.triggers.trigger, self.triggers.followed
        found = [trigger(x) for x in variables if self.follow and x.sort().name() in followed]
        kinds = {WITNESS, self.witness} if found else {self.witness}
        return found + [trigger(x, kind) for kind in sorted(kinds - {""}) for x in variables]


def is_fact(term: Any) -> bool:
    """Whether an atom is a message sent or a member of a set; not an order or an equation."""
    if not _is_symbol(term) or term.decl().name().startswith(ORDER):
        return False
    pending = term.children()
    while pending:
        t = pending.pop()
        if not (_is_symbol(t) or is_constant(t)):  # a pattern cannot have "if" inside, say
            return False
        pending += t.children()
    return True


def _is_symbol(term: Any) -> bool:
    return bool(z3.is_app(term) and term.decl().kind() == z3.Z3_OP_UNINTERPRETED)
