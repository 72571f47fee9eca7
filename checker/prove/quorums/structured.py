"""Grids and hierarchies of any size: first-order logic, and induction over levels.

A quorum of a grid is a relation of rows and columns. That two quorums are disjoint is a formula in
EPR, which Z3 decides. For trees and hierarchies the step of an induction over levels is that two
quorums meet if those of every group do; it depends only on how many groups each reaches.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import z3

from quorate.model.language import SizeError
from quorate.model.language.declare.protocol import LARGEST_SIZE
from quorate.model.language.declare.quorums import at
from quorate.model.language.declare.structures import Grid, Hierarchical, Tree
from quorate.model.language.declare.votes import enough

from .counted import said_by
from .given import Solvers, System


def grids_meet(left: Any, right: Any, solvers: Solvers) -> bool:
    """Whether quorums of two grids of one shape meet, for any number of rows and columns."""
    if said_by(left) is not Grid or said_by(right) is not Grid or not _same_columns(left, right):
        return False
    row, column = (z3.DeclareSort(name, solvers.context) for name in ("Row", "Column"))
    r, k = z3.Const("r", row), z3.Const("k", column)
    p, q = (z3.Function(name, row, column, z3.BoolSort(solvers.context)) for name in "pq")
    solver = solvers.make()
    solver.add(_held(left.holds, p, r, k), _held(right.holds, q, r, k))
    solver.add(z3.ForAll([r, k], z3.Not(z3.And(p(r, k), q(r, k)))))
    return bool(solver.check() == z3.unsat)


def _held(holds: str, q: Any, r: Any, k: Any) -> Any:
    match holds:
        case "row":
            return z3.Exists(r, z3.ForAll(k, q(r, k)))
        case "column":
            return z3.Exists(k, z3.ForAll(r, q(r, k)))
        case "one of each row":
            return z3.ForAll(r, z3.Exists(k, q(r, k)))
        case "one of each column":
            return z3.ForAll(k, z3.Exists(r, q(r, k)))
    return z3.And(_held("row", q, r, k), _held("column", q, r, k))


def _same_columns(left: Any, right: Any) -> bool:
    """Whether two grids have the same shape for every size of their sort."""
    return all(
        _answer(left.columns, n) == _answer(right.columns, n) for n in range(1, LARGEST_SIZE + 1)
    )


def _answer(columns: Any, n: int) -> Any:
    try:
        return at(columns, n)
    except Exception as error:
        return type(error)


def trees_meet(left: Any, right: Any, solvers: Solvers) -> bool:
    """Whether quorums of two trees of the same degree meet.

    The only quorum of a leaf is the leaf. A quorum of a root and its children holds quorums of some
    of these and may hold the root; `below` says which combinations will do.
    """
    if said_by(left) is not Tree or said_by(right) is not Tree or left.degree != right.degree:
        return False

    def below(held: Any, groups: Any, with_root: Any) -> Any:
        return z3.Or(z3.And(with_root, held >= 1), held == groups)

    return _step(None, below, below, solvers)


def hierarchies_meet(left: Any, right: Any, solvers: Solvers) -> str | None:
    """The hierarchies in which quorums of two such systems meet, in words; None if not in all."""
    if said_by(left) is not Hierarchical or said_by(right) is not Hierarchical:
        return None

    def majority(held: Any, groups: Any, with_root: Any) -> Any:
        return 2 * held > groups

    if left.branching != right.branching:
        return None
    if left.need is None and right.need is None and _step(None, majority, majority, solvers):
        return "any groups, on any number of levels"
    for groups, p, q in _levels(left, right):
        if not _step(groups, _more(p), _more(q), solvers):
            return None
    if isinstance(left.branching, int):
        return f"groups of {left.branching}, on any number of levels"
    return "groups of " + ", ".join(map(str, left.branching))


def _more(need: int) -> Callable[[Any, Any, Any], Any]:
    return lambda held, groups, with_root: held >= need


def _levels(left: Any, right: Any) -> Iterator[tuple[int, int, int]]:
    n = only_size(left) or left.branching
    for (groups, p), (_, q) in zip(left.levels(n), right.levels(n), strict=True):
        yield groups, p, q


def _step(groups: int | None, p: Any, q: Any, solvers: Solvers) -> bool:
    """Whether two quorums of a root and its groups meet if those of each group do.

    Groups fall into four regions, by which of the two quorums holds a quorum of the group. In a
    counterexample no group is held by both, since they would meet there, nor is the root.
    """
    _, first, second, both = regions = z3.Ints("neither first second both", solvers.context)
    roots = z3.Bools("first_root second_root", solvers.context)
    total = z3.Sum(regions)
    solver = solvers.make()
    solver.add(*(x >= 0 for x in regions), total >= 1, both == 0, z3.Not(z3.And(*roots)))
    if groups is not None:
        solver.add(total == groups)
    solver.add(p(first + both, total, roots[0]), q(second + both, total, roots[1]))
    return bool(solver.check() == z3.unsat)


def only_size(system: System) -> int | None:
    """The one number of members that suits a system, if its declaration allows no other."""
    if (weights := getattr(system, "weights", None)) is not None:
        return len(weights)
    if isinstance(branching := getattr(system, "branching", None), tuple):
        return math.prod(branching)
    parts = getattr(system, "configurations", ())
    return next((n for part in parts if (n := only_size(part)) is not None), None)


def fits(system: System, n: int) -> bool:
    """Whether there are quorums among so many members."""
    try:
        return enough(system.votes(n), frozenset(range(n)))
    except SizeError:
        return False


def first_size(systems: Sequence[System]) -> int:
    """The first number of members from 3 up that suits all of these systems, else most of them."""
    sizes = range(3, LARGEST_SIZE + 1)
    if (n := next((n for n in sizes if all(fits(s, n) for s in systems)), None)) is not None:
        return n
    return max(sizes, key=lambda n: (sum(fits(s, n) for s in systems), -n))
