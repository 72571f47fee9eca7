"""The cases of a query, and the ground terms that it mentions.

A query is a conjunction. Existentials at the top become constants; an `or` with quantifiers inside
becomes cases, each of which the prover must refute.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import z3

from .logic import And, Atom, Exists, Formula, Or, Term, conj, is_quantified

FINE = 2  # how often a query is split; then tests in it are decided one after the other
MOST_TESTS = 5  # of one case, each decided both ways
MOST_CASES = 32
MOST_SPLIT = 4096  # cases that one is split into
ELEMENTS = (z3.Z3_UNINTERPRETED_SORT, z3.Z3_INT_SORT)


@dataclass(frozen=True)
class QueryCase:
    """A part of a query: formulas that hold together.

    `split` is 0 for all of it, 1 for one of its `cases`, and FINE where that is split again;
    `tests` is how many of its tests were decided since.
    """

    parts: Sequence[Formula]
    split: int = 0
    tests: int = 0

    @cached_property
    def test(self) -> Any:
        """What to decide next, once it is split as finely as it can be."""
        return first_test(self.parts) if self.tests < MOST_TESTS else None

    @property
    def smallest(self) -> bool:
        """Whether nothing is left to split or to decide."""
        return self.split == FINE and self.test is None

    def smaller(self) -> list[QueryCase]:
        """The cases of this one, which is not the smallest."""
        if self.split == 0:
            return [QueryCase(parts, 1) for parts in cases(conj(self.parts))]
        if self.split == 1:
            return [QueryCase(parts, FINE) for parts in split_again(self.parts)]
        return [QueryCase(parts, FINE, self.tests + 1) for parts in decided(self.parts, self.test)]


def cases(query: Formula) -> Iterator[list[Formula]]:
    """The query as cases, each a list of formulas that hold together; few, or just one."""
    parts, choices, count = [], [], 1
    for p in opened(query):
        if isinstance(p, Or) and is_quantified(p) and count * len(p.parts) <= MOST_CASES:
            choices.append(p.parts)
            count *= len(p.parts)
        else:
            parts.append(p)
    for row in itertools.product(*choices):
        whole = conj([*parts, *row])
        if whole is not False:
            yield opened(whole)


def split_again(case: Sequence[Formula], most: int = MOST_SPLIT) -> Iterator[list[Formula]]:
    """A case by every `or` in it, as far as there are not too many: Z3 decides the others."""
    for p in sorted(case, key=is_quantified, reverse=True):
        if isinstance(p, Or) and len(p.parts) <= most:
            rest = [q for q in case if q is not p]
            for part in p.parts:
                yield from split_again([*rest, *opened(part)], most // len(p.parts))
            return
    yield settled(case)


def first_test(case: Sequence[Formula]) -> Any:
    """A term `If(test, x, y)` of the case: an entry of a log that was replaced from a place on."""
    return next((t for p in case if isinstance(p, Atom) for t in _conditionals(p.term)), None)


def decided(case: Sequence[Formula], choice: Any) -> Iterator[list[Formula]]:
    """The case with the test true, and with the test false, unless it says which."""
    test, *outcomes = choice.children()
    for positive, outcome in zip((True, False), outcomes, strict=True):
        known = [p for p in case if isinstance(p, Atom) and p.term.eq(test)]
        if all(p.positive == positive for p in known):
            yield settled(_with_outcomes((*case, Atom(test, positive)), [(choice, outcome)]))


def settled(case: Sequence[Formula]) -> list[Formula]:
    """The case without the conditionals that it decides, such as the length of a prefix.

    A test that it says is true or false leaves one outcome. `If(x <= y, x, y)` is y where it says
    `y <= x`: if the test is true as well, x and y are the same.
    """
    known = {p.term.get_id(): p.positive for p in case if isinstance(p, Atom)}
    choices = [t for p in case if isinstance(p, Atom) for t in _conditionals(p.term)]
    outcomes = [(t, x) for t in choices if (x := _outcome(t, known)) is not None]
    return _with_outcomes(case, outcomes)


def _with_outcomes(case: Sequence[Formula], outcomes: Sequence[tuple[Any, Any]]) -> list[Formula]:
    """The case with these conditionals replaced by what they come to."""
    return [
        Atom(z3.substitute(p.term, *outcomes), p.positive)
        if outcomes and isinstance(p, Atom)
        else p
        for p in case
    ]


def _outcome(choice: Any, known: Mapping[int, bool]) -> Any:
    test, yes, no = choice.children()
    if (truth := known.get(test.get_id())) is not None:
        return yes if truth else no
    is_least = z3.is_le(test) and test.arg(0).eq(yes) and test.arg(1).eq(no)
    return no if is_least and known.get((no <= yes).get_id()) else None


def _conditionals(term: Any) -> Iterator[Any]:
    """The terms `If(test, x, y)` in a term, innermost first."""
    for x in term.children():
        yield from _conditionals(x)
    if z3.is_app(term) and term.decl().kind() == z3.Z3_OP_ITE:
        yield term


def opened(f: Formula) -> list[Formula]:
    """The conjuncts, with existentials at the top opened: their variables are constants."""
    match f:
        case And(parts):
            return [q for p in parts for q in opened(p)]
        case Exists(_, body):
            return opened(body)
    return [f]


def is_element(x: Term) -> bool:
    """Whether a term is an element of a sort or a number; no enumeration, no truth value."""
    return x.sort().kind() in ELEMENTS


def ground_terms(f: Any) -> list[Term]:
    """The elements and numbers that are mentioned without bound variables, quantifiers included.

    With numbers, constants do not suffice: what holds at `n - 1` is asked of a log of n entries.
    """
    ground: dict[int, bool] = {}
    found: list[Term] = []

    def visit(t: Any) -> bool:
        if (known := ground.get(t.get_id())) is not None:
            return known
        if z3.is_quantifier(t):
            visit(t.body())
            closed = False
        else:
            parts = [visit(x) for x in t.children()]
            closed = not z3.is_var(t) and all(parts)
            if closed and is_element(t) and t.decl().kind() != z3.Z3_OP_ITE:
                found.append(t)
        ground[t.get_id()] = closed
        return closed

    visit(f)
    return found


def constants_in(f: Any) -> list[Term]:
    """The constants, those inside quantifiers included."""
    found, seen, pending = [], set(), [f]
    while pending:
        t = pending.pop()
        if t.get_id() in seen or z3.is_var(t):
            continue
        seen.add(t.get_id())
        if z3.is_quantifier(t):
            pending.append(t.body())
            continue
        pending += t.children()
        if t.num_args() == 0 and is_element(t):
            found.append(t)
    return found
