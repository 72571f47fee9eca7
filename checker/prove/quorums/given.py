"""Two systems among a given number of members: Z3 looks for quorums without a common member.

Quorums are not listed: one is a Boolean for each member, constrained by the votes of its system. So
all pairs are covered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import z3

from quorate.checker.prove.bounded.results import ObligationStatus
from quorate.checker.smt.effort import limit
from quorate.model.language.declare.quorums import QuorumSystem
from quorate.model.language.declare.votes import Part, Votes, enough

System = type[QuorumSystem[Any]]
Pair = tuple[tuple[int, ...], tuple[int, ...]]

MOST_SHARES = 2_000  # votes: for at most so many, shares are tried first


def disjoint(
    left: System, right: System, n: int, solvers: Solvers
) -> tuple[ObligationStatus, Pair | None]:
    """Whether the quorums among n members meet; if not, two minimal ones that do not.

    Raises SizeError for a number of members that does not suit a system.
    """
    p, q = left.votes(n), right.votes(n)
    # First the linear relaxation, in which a quorum may hold a share of a member. If it has no
    # solution, neither have whole members. Simplex then does in one step what takes 2**n cases.
    if _nodes(p) + _nodes(q) <= MOST_SHARES and _shares_meet(p, q, n, solvers):
        return ObligationStatus.PROVED, None
    sides = [[z3.Bool(f"{name}{i}", solvers.context) for i in range(n)] for name in "pq"]
    solver = solvers.make()
    solver.add(*(holds(v, side) for v, side in zip((p, q), sides, strict=True)))
    solver.add(*(z3.Not(z3.And(a, b)) for a, b in zip(*sides, strict=True)))
    answer = solver.check()
    if answer != z3.sat:
        return (ObligationStatus.PROVED if answer == z3.unsat else ObligationStatus.UNKNOWN), None
    model = solver.model()
    one, other = (
        smallest(v, frozenset(i for i, x in enumerate(side) if z3.is_true(model[x])))
        for v, side in zip((p, q), sides, strict=True)
    )
    return ObligationStatus.REFUTED, (one, other)


@dataclass
class Solvers:
    """Solvers for one pair of systems, in a Z3 context of its own.

    What they answer depends on the pair, and on nothing that the process did before. Each spends
    at most `effort` on a question.
    """

    effort: float
    context: z3.Context = field(default_factory=z3.Context)

    def make(self) -> Any:
        solver = z3.Solver(ctx=self.context)
        limit(solver, self.effort)
        return solver


def _shares_meet(p: Votes, q: Votes, n: int, solvers: Solvers) -> bool:
    solver = solvers.make()
    sides = [[z3.Real(f"{name}{i}", solvers.context) for i in range(n)] for name in "pq"]
    for v, side in zip((p, q), sides, strict=True):
        solver.add(*(z3.And(x >= 0, x <= 1) for x in side))
        solver.add(_share(v, side, solver) == 1)
    solver.add(*(a + b <= 1 for a, b in zip(*sides, strict=True)))
    return bool(solver.check() == z3.unsat)


def _share(part: Part, members: Sequence[Any], solver: Any) -> Any:
    """The share of a part that a quorum holds, from 0 to 1."""
    if isinstance(part, int):
        return members[part]
    share = z3.FreshReal("share", solver.ctx)
    inside = z3.Sum([w * _share(p, members, solver) for w, p in part.parts])
    solver.add(share >= 0, share <= 1, part.need * share <= inside)
    return share


def holds(part: Part, members: Sequence[Any]) -> Any:
    """That the set of members that are true is in the family."""
    if isinstance(part, int):
        return members[part]
    if part.need <= 0:
        return z3.BoolVal(True, members[0].ctx)
    weighted = [(holds(p, members), w) for w, p in part.parts]
    if not weighted or sum(w for _, w in weighted) < part.need:
        return z3.BoolVal(False, members[0].ctx)
    if all(w == 1 for _, w in weighted) and part.need in (1, len(weighted)):
        join = z3.Or if part.need == 1 else z3.And
        return join([x for x, _ in weighted])
    return z3.PbGe(weighted, part.need)


def smallest(votes: Votes, inside: frozenset[int]) -> tuple[int, ...]:
    """A minimal set of the family that is a subset of one of its sets."""
    for i in sorted(inside, reverse=True):
        if enough(votes, inside - {i}):
            inside -= {i}
    return tuple(sorted(inside))


def _nodes(part: Part) -> int:
    return 1 if isinstance(part, int) else 1 + sum(_nodes(p) for _, p in part.parts)
