"""Intersection for every size, of systems in which only numbers or weights of members matter."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import z3

from quorate.checker.prove.bounded.results import ObligationStatus
from quorate.model.language.declare.quorums import BySize, Weighted
from quorate.model.language.declare.sorts import Ordered, Sort
from quorate.model.language.declare.structures import Configuration, Joint, Predicate
from quorate.model.language.frontend.predicates import predicate

from .elements import RegionPredicate, named_elements
from .given import Solvers, System
from .numbers import NotLinear, cases
from .regions import NotCounted, Region, Regions


class Counted:
    """Whether two systems have two quorums without a common member, as a question to Z3.

    Raises NotCounted for systems whose quorums do not depend on numbers or weights alone.
    """

    def __init__(self, left: System, right: System, solvers: Solvers) -> None:
        self.left, self.right, self.solvers = left, right, solvers
        sets: dict[Hashable, None] = {"p": None, "q": None}
        self.named: list[Sort] = []
        # Sets and weights that are arbitrary:
        self.configured = False
        self.sums: set[int] = set()
        for system in (left, right):
            self._collect(system, sets)
        sets |= dict.fromkeys(self.named)
        self.regions = Regions(list(sets), solvers.context, self.named)
        self.conditions = [self._says(left, "p"), self._says(right, "q")]
        p, q = self.regions.inside("p"), self.regions.inside("q")
        self.apart = self.regions.size(lambda r: p(r) and q(r)) == 0

    @property
    def abstract(self) -> bool:
        """Whether a refutation may be about other sets or weights than those declared."""
        return self.configured or bool(self.regions.weights)

    @property
    def least(self) -> int:
        """The least number of members that includes every named one."""
        return max((x.index + 1 for x in self.named), default=1)

    @property
    def whatever(self) -> str:
        """What is arbitrary in the proof beside the number of members, in words."""
        also = ", any configurations" if self.configured else ""
        if self.regions.weights:
            also += ", any weights from 0 up"
        return also + "".join(f" that sum to {w}" for w in sorted(self.sums))

    def for_every_size(self) -> ObligationStatus:
        """PROVED: there are no such quorums, for any number of members."""
        answer = self._ask()
        if answer == z3.unsat:
            return ObligationStatus.PROVED
        return (
            ObligationStatus.REFUTED
            if answer == z3.sat and not self.abstract
            else ObligationStatus.UNKNOWN
        )

    def for_size(self, n: int) -> ObligationStatus:
        """The same for one number of members, at least `least`."""
        answer = self._ask(self.regions.total == n)
        if answer == z3.unknown:
            return ObligationStatus.UNKNOWN
        return ObligationStatus.PROVED if answer == z3.unsat else ObligationStatus.REFUTED

    def has_quorums(self, n: int) -> bool:
        """Whether both systems have quorums among so many members."""
        return all(
            self._solve(condition, self.regions.total == n) == z3.sat
            for condition in self.conditions
        )

    def _ask(self, *more: Any) -> Any:
        return self._solve(*self.conditions, self.apart, *more)

    def _solve(self, *conditions: Any) -> Any:
        solver = self.solvers.make()
        solver.add(*self.regions.rules, *conditions)
        return solver.check()

    # ------------------------------------------------------------ what is spoken of

    def _collect(self, system: System, sets: dict[Hashable, None]) -> None:
        kind = said_by(system)
        if kind is Joint:
            for part in system.configurations:  # type: ignore[attr-defined]
                self._collect(part, sets)
        elif kind is Configuration:
            sets[system.members] = None  # type: ignore[attr-defined]
            self.configured = True
        elif kind is Predicate:
            if issubclass(system.of, Ordered):
                raise NotCounted("elements in an order")
            for x in named_elements(predicate(system)):  # type: ignore[arg-type]
                if x not in self.named:
                    self.named.append(x)
        elif not (kind is Weighted or issubclass(kind, BySize)):
            raise NotCounted(system.__name__)

    # ------------------------------------------------------------ what makes a quorum

    def _says(self, system: System, q: str) -> Any:
        kind = said_by(system)
        inside = self.regions.inside(q)
        if kind is Joint:
            parts = system.configurations  # type: ignore[attr-defined]
            return z3.And([self._says(part, q) for part in parts])
        if kind is Configuration:
            among = self.regions.inside(system.members)  # type: ignore[attr-defined]
            common = self.regions.size(lambda r: inside(r) and among(r))
            return 2 * common > self.regions.size(among)
        if kind is Weighted:
            return self._weighs(system, inside)
        if kind is Predicate:
            return RegionPredicate(self.regions, predicate(system), q).formula()  # type: ignore[arg-type]
        return self._at_least(
            system.least,  # type: ignore[attr-defined]
            self.regions.size(inside),
            self.regions.total,
        )

    def _weighs(self, system: Any, inside: Callable[[Region], bool]) -> Any:
        total = self.regions.weight(system.weights, lambda r: True)
        if isinstance(system.need, int):
            self.sums.add(sum(system.weights))
            self.regions.rules.append(total == sum(system.weights))
        held = self.regions.weight(system.weights, inside)
        return self._at_least(system.least, held, total)

    def _at_least(self, least: Callable[[int], int], held: Any, total: Any) -> Any:
        """That `held` of `total` is a quorum; a quorum is neither empty nor more than all."""
        try:
            found = cases(least, total)
        except NotLinear as error:
            raise NotCounted(str(error)) from None
        return z3.Or(
            [
                z3.And(*case.conditions, case.value >= 1, case.value <= total, held >= case.value)
                for case in found
            ]
        )


def said_by(system: System) -> type:
    """The class that defines which sets are quorums: a kind of the language, or the user's own."""
    words = {"subsets", "votes"}
    return next(base for base in system.__mro__ if words & vars(base).keys())
