"""The availability and load of quorum systems.

All figures follow from the number of sets of k members that contain a quorum, for each k. It is
counted exactly; probabilities are rational numbers. Peleg, Wool: The Availability of Quorum Systems
(1995); load: Naor, Wool: The Load, Capacity and Availability of Quorum Systems (1998).
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import z3

from quorate.checker.smt.context import Context
from quorate.checker.smt.effort import limit
from quorate.model.language import SizeError
from quorate.model.language.declare.quorums import BySize
from quorate.model.language.declare.votes import Part, TooMany, Votes, members, minimal

from .counted import said_by
from .given import System

MOST_SHARED = (
    25  # at most so many members: all subsets are tried, if parts of a system share members
)
MOST_QUORUMS = 20_000  # quorums listed to compute the load
MOST_WEIGHED = 400  # quorums in a linear program for the load
LOAD = 5.0  # the effort allowed for it


@dataclass(frozen=True)
class Availability:
    """The availability of one system among n members.

    `up[k]` is the number of sets of k members that contain a quorum, `smallest` the size of the
    smallest quorum. Any `resilience` failures leave a quorum (-1: there is none even if all members
    are up). `load` is the share of requests that the busiest member gets under the best choice of
    quorums, None if it was not computed.
    """

    n: int
    up: tuple[int, ...]
    load: Fraction | None

    @property
    def smallest(self) -> int | None:
        return next((k for k, count in enumerate(self.up) if count), None)

    @property
    def resilience(self) -> int:
        down = itertools.takewhile(
            lambda f: self.up[self.n - f] == math.comb(self.n, f), range(self.n + 1)
        )
        return max(down, default=-1)

    def probability(self, down: Fraction) -> Fraction:
        """The probability that a quorum is up, if members are down independently with this one."""
        n = self.n
        return sum(
            (c * (1 - down) ** k * down ** (n - k) for k, c in enumerate(self.up) if c),
            Fraction(0),
        )


def availability(system: System, n: int) -> Availability | None:
    """The availability of a system among n members; None if it is too large to count.

    Raises SizeError for a number that does not fit. If the parts of a
    system have no members in common, they are counted separately, in any number. Else all sets of
    members are tried, of at most 25 members.
    """
    votes = system.votes(n)
    try:
        up = _alive(votes)
    except TooMany:
        return None
    alone = n - len(members(votes))
    return Availability(n, tuple(_times(up, _all(alone))), load(system, n))


# ---------------------------------------------------------------- counting


def _all(n: int) -> list[int]:
    return [math.comb(n, k) for k in range(n + 1)]


def _times(p: Sequence[int], q: Sequence[int]) -> list[int]:
    """The numbers of sets by size for two parts together, which share no members."""
    found = [0] * (len(p) + len(q) - 1)
    for i, a in enumerate(p):
        for j, b in enumerate(q):
            found[i + j] += a * b
    return found


def _plus(p: Sequence[int], q: Sequence[int]) -> list[int]:
    return [a + b for a, b in zip(p, q, strict=True)]


def _alive(part: Part) -> list[int]:
    """The number of sets of each size in the family. Raises TooMany."""
    if isinstance(part, int):
        return [0, 1]
    inside = [members(p) for _, p in part.parts]
    if sum(map(len, inside)) > len(frozenset().union(*inside)):
        return _one_by_one(part)
    # By weight so far (up to the weight needed), the number of sets of each size.
    table: dict[int, list[int]] = {min(0, part.need): [1]}
    for (weight, p), there in zip(part.parts, inside, strict=True):
        alive = _alive(p)
        dead = [a - b for a, b in zip(_all(len(there)), alive, strict=True)]
        following: dict[int, list[int]] = {}
        for sum_so_far, sets in table.items():
            for total, more in ((sum_so_far + weight, alive), (sum_so_far, dead)):
                key = min(total, part.need)
                new = _times(sets, more)
                following[key] = _plus(known, new) if (known := following.get(key)) else new
        table = following
    return table.get(part.need, [0] * (sum(map(len, inside)) + 1))


def _one_by_one(votes: Votes) -> list[int]:
    """The same by trying all sets, as bit masks; those that contain a minimal one are marked."""
    numbers = sorted(members(votes))
    if len(numbers) > MOST_SHARED:
        raise TooMany
    bits = {member: 1 << i for i, member in enumerate(numbers)}
    marked = np.zeros(1 << len(numbers), dtype=bool)
    for subset in minimal(votes, MOST_QUORUMS):
        marked[sum(bits[i] for i in subset)] = True
    for i in range(len(numbers)):
        pairs = marked.reshape(-1, 2, 1 << i)  # without and with this member
        pairs[:, 1] |= pairs[:, 0]
    sizes = np.bitwise_count(np.flatnonzero(marked))
    return [int(x) for x in np.bincount(sizes, minlength=len(numbers) + 1)]


# ---------------------------------------------------------------- load


def load(system: System, n: int) -> Fraction | None:
    """The load of a system; None if it has too many quorums to compute it."""
    if issubclass(said_by(system), BySize):
        return Fraction(len(next(iter(system.subsets(n)))), n)
    try:
        if system.count(n) > MOST_QUORUMS:
            return None
        quorums = list(itertools.islice(system.subsets(n), MOST_QUORUMS + 1))
    except SizeError:
        return None
    if not quorums:
        return None
    asked = Counter(i for q in quorums for i in q)
    if len({len(q) for q in quorums}) == 1 and len(set(asked.values())) == 1 and len(asked) == n:
        return Fraction(
            len(quorums[0]), n
        )  # asking all quorums in turn asks all members equally often
    return _program(quorums, n) if len(quorums) <= MOST_WEIGHED else None


def _program(quorums: list[tuple[int, ...]], n: int) -> Fraction | None:
    """The greatest weight that all quorums can have at least, if all members together weigh 1.

    By linear programming duality that is the load (Naor, Wool, §3).
    """
    context = Context()
    weights, least = [z3.Real(f"w{i}", context) for i in range(n)], z3.Real("least", context)
    optimiser = z3.Optimize(ctx=context)
    limit(optimiser, LOAD)
    optimiser.add(*(w >= 0 for w in weights), z3.Sum(weights) == 1)
    optimiser.add(*(z3.Sum([weights[i] for i in q]) >= least for q in quorums))
    optimiser.maximize(least)
    if optimiser.check() != z3.sat:
        return None
    value = optimiser.model()[least]
    return Fraction(value.numerator_as_long(), value.denominator_as_long())
