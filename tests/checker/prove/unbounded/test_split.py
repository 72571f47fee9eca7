"""A case by the `or`s in it: all of them if they are few, and always the same whole."""

from __future__ import annotations

import itertools

import pytest
import z3

from quorate.checker.prove.unbounded.cases import MOST_SPLIT, split_again
from quorate.checker.prove.unbounded.logic import And, Atom, Formula, Or

atom = z3.Bool


def ors(count: int, each: int) -> list[Formula]:
    """So many `or`s of so many atoms; the last atom of each has an `or` inside."""
    return [
        Or(
            (
                *(Atom(atom(f"p{i} {j}")) for j in range(each - 1)),
                And((Atom(atom(f"q{i}")), Or((Atom(atom(f"r{i}")), Atom(atom(f"s{i}")))))),
            )
        )
        for i in range(count)
    ]


def term(f: Formula) -> z3.BoolRef:
    match f:
        case And(parts):
            return z3.And(*map(term, parts))
        case Or(parts):
            return z3.Or(*map(term, parts))
        case Atom(found, positive):
            return found if positive else z3.Not(found)
    raise AssertionError(f)


@pytest.mark.parametrize("most", [1, 2, 5, 9, 30, MOST_SPLIT])
def test_cases_are_the_whole(most: int) -> None:
    parts = ors(3, 2)
    found = list(split_again(parts, most))
    assert len(found) <= most
    together = z3.Or(*(z3.And(*map(term, case)) for case in found))
    solver = z3.Solver()
    solver.add(together != z3.And(*map(term, parts)))
    assert solver.check() == z3.unsat
    if most == MOST_SPLIT:
        assert len(found) == 3**3
        assert all(isinstance(p, Atom) for p in itertools.chain(*found))


def test_many_disjunctions_make_no_more_cases_than_allowed() -> None:
    found = list(split_again(ors(40, 3)))
    assert MOST_SPLIT / 4 < len(found) <= MOST_SPLIT
