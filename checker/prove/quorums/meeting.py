"""Do quorums intersect? Proved by Z3 at the given sizes and, if possible, for all.

Four arguments for any number of members are tried in order; results name the one that worked.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from quorate.checker.prove.bounded.results import ObligationStatus
from quorate.model.language import SizeError
from quorate.model.language.declare.protocol import Protocol, mentioned_sorts
from quorate.model.language.declare.quorums import Explicit, QuorumSystem
from quorate.model.language.declare.structures import Configuration, Joint
from quorate.model.language.declare.votes import enough

from .counted import Counted, said_by
from .given import Solvers, System, disjoint
from .quorum_proof import QuorumProof
from .regions import NotCounted
from .structured import fits, grids_meet, hierarchies_meet, only_size, trees_meet

LOOKED_AT = 9  # members up to which sizes are tried one by one, without an argument for all
PRINTED = 25  # the same, if only numbers of members matter

REGIONS = "linear arithmetic over Venn regions"
ALL = "all quorums of a size, by Z3"


def prove_quorums(
    protocol: type[Protocol], sizes: Mapping[str, int], *, effort: float = 10.0
) -> list[QuorumProof]:
    """Whether every quorum system of a protocol intersects each system that it must meet.

    `sizes` may be plain numbers by sort (`{"Acceptor": 101}`), since quorums are not listed.
    Raises SizeError for a size that is missing or does not suit a system.
    """
    found: list[QuorumProof] = []
    for left, right in pairs(protocol):
        n = sizes.get(left.of.__name__)
        if n is None:
            raise SizeError(f"{left.__name__} needs a size for {left.of.__name__}")
        found += prove_pair(left, right, n, effort=effort)
    return found


def pairs(protocol: type[Protocol]) -> list[tuple[System, System]]:
    """The systems of a protocol with those they must meet, each pair once."""
    return pairs_of([s for s in mentioned_sorts(protocol) if issubclass(s, QuorumSystem)])


def pairs_of(systems: list[System]) -> list[tuple[System, System]]:
    """These systems with those they must meet."""
    found: dict[frozenset[System], tuple[System, System]] = {}
    for system in systems:
        for other in system.meets:
            found.setdefault(frozenset({system, other}), (system, other))
    return list(found.values())


def prove_pair(left: System, right: System, n: int, *, effort: float = 10.0) -> list[QuorumProof]:
    """Whether two systems meet among n members and, if so, among which other numbers.

    Raises SizeError if n members do not suit one of them.
    """
    if left.of is not right.of:
        raise SizeError(
            f"{left.__name__} and {right.__name__} cannot meet: their members are "
            f"{left.of.__name__}s and {right.of.__name__}s"
        )
    return list(_Pair(left, right, effort).proofs(n))


@dataclass(frozen=True)
class _Claim:
    """What is proved for more than one number of members."""

    scope: str
    argument: str
    every: bool
    fails: int | None = None  # a number of members for which the quorums do not meet


class _Pair:
    def __init__(self, left: System, right: System, effort: float) -> None:
        self.left, self.right, self.solvers = left, right, Solvers(effort)
        self.members = f"{left.of.__name__.lower()}s"

    def _number(self, n: int) -> str:
        return f"{n} {self.members if n != 1 else self.members[:-1]}"

    def proofs(self, n: int) -> Iterator[QuorumProof]:
        started = time.perf_counter()
        status, found = disjoint(self.left, self.right, n, self.solvers)
        scope = self._number(n)
        if status is not ObligationStatus.PROVED:
            fails = n if found is not None else None
            yield self._proof(_Claim(scope, ALL, every=False, fails=fails), started, status)
            return
        scope += self._vacuous(n)
        proof = self._proof(_Claim(scope, ALL, every=False), started, status)
        started = time.perf_counter()
        claim = self._claim()
        if claim is not None:
            yield proof
            yield self._proof(claim, started, ObligationStatus.PROVED)
        elif n in (only_size(self.left), only_size(self.right)):
            yield replace(proof, scope=f"{scope}, no other number fits", every=True)
        else:
            yield proof

    def _proof(
        self,
        claim: _Claim,
        started: float,
        status: ObligationStatus,
    ) -> QuorumProof:
        left, right = self.left.__name__, self.right.__name__
        counterexample, apart = None, ""
        if claim.fails is not None:
            _, found = disjoint(self.left, self.right, claim.fails, self.solvers)
            assert found is not None
            counterexample = named(self.left, found[0]), named(self.right, found[1])
            apart = self._number(claim.fails)
        if self.left is self.right:
            statement = f"any two quorums of {left} share a member"
        else:
            statement = f"every quorum of {left} shares a member with every quorum of {right}"
        return QuorumProof(
            system=left,
            meets=right,
            statement=statement,
            scope=claim.scope,
            argument=claim.argument,
            every=claim.every,
            status=status,
            counterexample=counterexample,
            fails=claim.fails,
            apart=apart,
            seconds=time.perf_counter() - started,
        )

    def _vacuous(self, n: int) -> str:
        """A system that has no quorums at all among so many members, if there is one."""
        for system in (self.left, self.right):
            if not enough(system.votes(n), frozenset(range(n))):
                return f", of which {system.__name__} makes no quorum"
        return ""

    # ------------------------------------------------------------ other numbers of members

    def _claim(self) -> _Claim | None:
        """What is proved for more than this number of members."""
        return self._counted() or self._structured() or self._unchanging() or self._one_by_one()

    def _counted(self) -> _Claim | None:
        try:
            counted = Counted(self.left, self.right, self.solvers)
        except NotCounted:
            return None
        status = counted.for_every_size()
        small = range(1, counted.least)
        if status is ObligationStatus.PROVED and not self._split(small)[1]:
            return _Claim(f"any number of {self.members}{counted.whatever}", REGIONS, every=True)
        if counted.abstract or status is ObligationStatus.UNKNOWN:
            return None
        good, bad = self._split(small)
        for n in range(counted.least, PRINTED + 1):
            if counted.has_quorums(n):
                proved = counted.for_size(n) is ObligationStatus.PROVED
                (good if proved else bad).append(n)
        return self._listed(good, bad, PRINTED, REGIONS)

    def _structured(self) -> _Claim | None:
        left, right, solvers = self.left, self.right, self.solvers
        if grids_meet(left, right, solvers):
            return _Claim("any number of rows and columns", "first-order logic (EPR)", every=True)
        by_levels = "induction over levels, its step by linear arithmetic"
        if trees_meet(left, right, solvers):
            return _Claim(f"any number of {self.members}", by_levels, every=True)
        if (groups := hierarchies_meet(left, right, solvers)) is not None:
            return _Claim(groups, by_levels, every=True)
        return None

    def _unchanging(self) -> _Claim | None:
        """Whether the quorums are the same sets for any number of members."""
        highest = [highest_member(system) for system in (self.left, self.right)]
        if None in highest:
            return None
        least = max(h + 1 for h in highest if h is not None)
        status, _ = disjoint(self.left, self.right, least, self.solvers)
        if status is not ObligationStatus.PROVED:
            return None
        argument = "the same quorums, however many others there are"
        return _Claim(f"any number of {self.members} from {least} up", argument, every=True)

    def _one_by_one(self) -> _Claim | None:
        if only_size(self.left) or only_size(self.right):
            return None
        good, bad = self._split(range(1, LOOKED_AT + 1))
        return self._listed(good, bad, LOOKED_AT, f"{ALL}, size by size")

    def _split(self, sizes: Iterable[int]) -> tuple[list[int], list[int]]:
        """The numbers of members that suit both: those for which it is proved, and others."""
        good: list[int] = []
        bad: list[int] = []
        for n in sizes:
            if fits(self.left, n) and fits(self.right, n):
                status, _ = disjoint(self.left, self.right, n, self.solvers)
                (good if status is ObligationStatus.PROVED else bad).append(n)
        return good, bad

    def _listed(self, good: list[int], bad: list[int], most: int, argument: str) -> _Claim | None:
        if not good:
            return None
        if not bad and len(good) == most:
            scope = f"every size up to {most}"
        else:
            scope = f"{runs(good)} {self.members}" + (f", not {runs(bad)}" if bad else "")
            scope += f" (looked at: 1..{most})"
        return _Claim(scope, argument, every=False, fails=self._fails(bad))

    def _fails(self, sizes: list[int]) -> int | None:
        """The first of these numbers of members for which two quorums have no common member."""
        refuted = (n for n in sizes if disjoint(self.left, self.right, n, self.solvers)[1])
        return next(refuted, None)


def highest_member(system: System) -> int | None:
    """The highest index of a member of any quorum, if the number of members does not matter."""
    kind = said_by(system)
    if kind is Explicit:
        return max((max(q, default=0) for q in system.listed), default=0)  # type: ignore[attr-defined]
    if kind is Configuration:
        return max(system.members)  # type: ignore[attr-defined, no-any-return]
    if kind is Joint:
        parts = [highest_member(part) for part in system.configurations]  # type: ignore[attr-defined]
        return None if None in parts else max(p for p in parts if p is not None)
    return None


def named(system: System, indices: Sequence[int]) -> str:
    """A quorum as the names of its members."""
    return "{" + ",".join(repr(system.of(i)) for i in indices) + "}"


def runs(numbers: list[int]) -> str:
    """`1..3, 5` for 1, 2, 3, 5."""
    parts: list[str] = []
    start: int | None = None
    for i, n in enumerate(numbers):
        start = n if start is None else start
        if i + 1 == len(numbers) or numbers[i + 1] != n + 1:
            parts.append(str(n) if start == n else f"{start}..{n}")
            start = None
    return ", ".join(parts)
