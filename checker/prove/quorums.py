"""Do the quorums intersect? Proved by Z3, for the sizes at hand and, where it is true, for any.

For given sizes a quorum is one number per member, 0 or 1, constrained by what makes a set a quorum;
no pair of quorums is listed. For any number of members two sets are described by how many members
(or how much weight) lie in each of their regions, in neither, one, or both: linear arithmetic,
complete for cardinalities (Kuncak, Nguyen, Rinard: Deciding Boolean Algebra with Presburger
Arithmetic, 2006).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import z3

from quorate.model.language import Flexible, Majority, SizeError, Weighted
from quorate.model.language.protocol import Protocol, mentioned_sorts
from quorate.model.language.quorums import QuorumSystem

from .formulas import conjunction, disjunction, term
from .verdicts import Verdict

System = type[QuorumSystem[Any]]

PRINTED_SIZES = 25  # sizes that a flexible pair is looked at for


@dataclass(frozen=True)
class QuorumProof:
    """Whether every quorum of one system shares a member with every quorum of another.

    `holds` is True only if that is proved; `verdict` tells refuted and unknown apart. A refuted
    one has two quorums without a common member, as their members' names.
    """

    system: str
    meets: str
    statement: str
    scope: str
    verdict: Verdict
    counterexample: tuple[str, str] | None
    seconds: float

    @property
    def holds(self) -> bool:
        return self.verdict is Verdict.PROVED


def prove_quorums(
    protocol: type[Protocol], sizes: Mapping[str, int], *, timeout: float = 10.0
) -> list[QuorumProof]:
    """For every quorum system of a protocol, and each that it meets: do they intersect?

    `sizes` may be plain numbers by sort (`{"Acceptor": 101}`): no quorum needs to be listed.
    Raises SizeError for a size that is missing or that a system does not fit.
    """
    found: list[QuorumProof] = []
    for left, right in pairs(protocol):
        if left.of is not right.of:
            raise SizeError(
                f"{left.__name__} and {right.__name__} cannot meet: their members are "
                f"{left.of.__name__}s and {right.of.__name__}s"
            )
        n = sizes.get(left.of.__name__)
        if n is None:
            raise SizeError(f"{left.__name__} needs a size for {left.of.__name__}")
        found += _Pair(left, right, timeout).proofs(n)
    return found


def pairs(protocol: type[Protocol]) -> list[tuple[System, System]]:
    """The systems of a protocol with those they meet; each pair once, whichever names the other."""
    found: dict[frozenset[System], tuple[System, System]] = {}
    for system in mentioned_sorts(protocol):
        if issubclass(system, QuorumSystem):
            for other in system.meets:
                found.setdefault(frozenset({system, other}), (system, other))
    return list(found.values())


class _Pair:
    def __init__(self, left: System, right: System, timeout: float) -> None:
        self.left, self.right = left, right
        self.milliseconds = max(1, int(1000 * timeout))

    def proofs(self, n: int) -> Iterator[QuorumProof]:
        yield self._given(n)
        if _is(self.left, Majority) and _is(self.right, Majority):
            yield self._any(f"any number of {self.members}")
        elif _weighted(self.left) and self.left is self.right:
            yield self._any(f"any number of {self.members}, any weights from 0 up")
        elif _by_size(self.left) and _by_size(self.right):
            yield from self._sizes()

    def _statement(self) -> str:
        if self.left is self.right:
            return f"any two quorums of {self.left.__name__} share a member"
        return (
            f"every quorum of {self.left.__name__} shares a member with every quorum of "
            f"{self.right.__name__}"
        )

    @property
    def members(self) -> str:
        return f"{self.left.of.__name__.lower()}s"

    def _proof(
        self,
        scope: str,
        started: float,
        verdict: Verdict,
        counterexample: tuple[str, str] | None = None,
    ) -> QuorumProof:
        return QuorumProof(
            system=self.left.__name__,
            meets=self.right.__name__,
            statement=self._statement(),
            scope=scope,
            verdict=verdict,
            counterexample=counterexample,
            seconds=time.perf_counter() - started,
        )

    # ------------------------------------------------------------ a given number of members

    def _given(self, n: int) -> QuorumProof:
        started = time.perf_counter()
        scope = f"{n} {self.members}" if n != 1 else f"1 {self.left.of.__name__.lower()}"
        verdict, found = self._check(n)
        if verdict is Verdict.PROVED:
            scope += self._vacuous(n)
        return self._proof(scope, started, verdict, found)

    def _check(self, n: int) -> tuple[Verdict, tuple[str, str] | None]:
        # Shares of members between 0 and 1 leave more room than members: if these have none, done.
        # Counting arguments then take the simplex one step, where cases would take 2**n.
        if not self._listed() and self._disjoint(n, z3.Real)[0] == z3.unsat:
            return Verdict.PROVED, None
        answer, solver, p, q = self._disjoint(n, z3.Int)
        if answer == z3.unsat:
            return Verdict.PROVED, None
        if answer != z3.sat:
            return Verdict.UNKNOWN, None
        model = solver.model()
        pairs = ((self.left, p), (self.right, q))
        one, other = (
            named(system, smallest_quorum(system, [model[x].as_long() for x in members]))
            for system, members in pairs
        )
        return Verdict.REFUTED, (one, other)

    def _listed(self) -> bool:
        return not all(_by_size(s) or _weighted(s) for s in (self.left, self.right))

    def _disjoint(
        self, n: int, make: Callable[[str], Any]
    ) -> tuple[Any, Any, list[Any], list[Any]]:
        """Whether Z3 finds a quorum of each system with no member in both."""
        p = [make(f"p{i}") for i in range(n)]
        q = [make(f"q{i}") for i in range(n)]
        solver = z3.Solver()
        solver.set("timeout", self.milliseconds)
        solver.add(*(z3.And(x >= 0, x <= 1) for x in (*p, *q)))
        solver.add(term(has_quorum(self.left, p)), term(has_quorum(self.right, q)))
        solver.add(*(a + b <= 1 for a, b in zip(p, q, strict=True)))
        return solver.check(), solver, p, q

    def _vacuous(self, n: int) -> str:
        """Which system has no quorum at all among so many members."""
        for system in (self.left, self.right):
            if not contains_quorum(system, [1] * n):
                return f", of which {system.__name__} makes no quorum"
        return ""

    # ------------------------------------------------------------ any number of members

    def _any(self, scope: str) -> QuorumProof:
        """More than half of the members, or of the weight, twice: by regions."""
        started = time.perf_counter()
        # Numbers of members and weights are whole; reals only allow more.
        both, sizes, total, rules = regions(z3.Reals)
        answer = self._without(both, [*rules, *(2 * size > total for size in sizes)])
        return self._proof(scope, started, answer)

    def _without(self, both: Any, rules: list[Any]) -> Verdict:
        """Whether the rules leave no two sets with nothing in both."""
        solver = z3.Solver()
        solver.set("timeout", self.milliseconds)
        solver.add(*rules, both == 0)
        return Verdict.PROVED if solver.check() == z3.unsat else Verdict.UNKNOWN

    def _sizes(self) -> Iterator[QuorumProof]:
        """Quorums by size: for any number of members, p and q of n meet if p + q > n.

        That is one lemma by regions; for which n the two sizes satisfy it is then arithmetic.
        """
        started = time.perf_counter()
        good: list[int] = []
        bad: list[int] = []
        for n in range(1, PRINTED_SIZES + 1):
            try:
                together = self.left._checked(n) + self.right._checked(n)  # type: ignore[attr-defined]
            except SizeError:
                continue  # no such quorums among so few
            (good if together > n else bad).append(n)
        if good:
            both, sizes, total, rules = regions(z3.Ints)
            least = z3.Ints("p q")
            enough = [size >= k for size, k in zip(sizes, least, strict=True)]
            verdict = self._without(both, [*rules, *enough, sum(least) > total])
            scope = f"{runs(good)} {self.members}" + (f", not {runs(bad)}" if bad else "")
            yield self._proof(f"{scope} (looked at: 1..{PRINTED_SIZES})", started, verdict)


def regions(make: Callable[[str], list[Any]]) -> tuple[Any, list[Any], Any, list[Any]]:
    """Two sets by their regions: what is in both, their sizes, the whole, and that none is < 0."""
    neither, first, second, both = parts = make("neither first second both")
    sizes = [first + both, second + both]
    return both, sizes, neither + first + second + both, [part >= 0 for part in parts]


def _is(system: System, base: type) -> bool:
    """Whether a system is what its base says, and does not say itself what a quorum is."""
    return issubclass(system, base) and _rules(system) == _rules(base)


def _rules(system: type) -> tuple[Any, ...]:
    names = ("subsets", "least", "_checked")
    return tuple(getattr(getattr(system, name, None), "__func__", None) for name in names)


def _by_size(system: System) -> bool:
    return _is(system, Majority) or _is(system, Flexible)


def _weighted(system: System) -> bool:
    return _is(system, Weighted) and min(system.weights, default=0) >= 0  # type: ignore[attr-defined]


def has_quorum(system: System, members: Sequence[Any]) -> Any:
    """That these members (1 for each that is in, else 0) contain a quorum. Raises SizeError."""
    n = len(members)
    if _by_size(system):
        return z3.Sum(members) >= system._checked(n)  # type: ignore[attr-defined]
    if _weighted(system) and len(system.weights) == n:  # type: ignore[attr-defined]
        weights = system.weights  # type: ignore[attr-defined]
        weight = z3.Sum([w * x for w, x in zip(weights, members, strict=True)])
        return 2 * weight > sum(weights)
    return disjunction(conjunction(members[i] == 1 for i in subset) for subset in system.subsets(n))


def contains_quorum(system: System, inside: list[int]) -> bool:
    """Whether the members marked 1 contain a quorum."""
    solver = z3.Solver()
    solver.add(term(has_quorum(system, [z3.IntVal(x) for x in inside])))
    return bool(solver.check() == z3.sat)


def smallest_quorum(system: System, inside: list[int]) -> list[int]:
    """The numbers of the members of a minimal quorum within those marked 1."""
    kept = list(inside)
    for i in reversed(range(len(kept))):
        if kept[i]:
            kept[i] = 0
            if not contains_quorum(system, kept):
                kept[i] = 1
    return [i for i, x in enumerate(kept) if x]


def named(system: System, indices: list[int]) -> str:
    """A quorum by its members' names."""
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
