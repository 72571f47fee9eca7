"""The source of a kernel: unrolled actions, properties as conditions, and their LLVM code."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from quorate.checker.explore.codegen.assembly import Module
from quorate.checker.explore.codegen.groups import enabled, grouped
from quorate.checker.ground.dependency import Dependency
from quorate.checker.ground.evaluation import UndefinedOperation
from quorate.checker.ground.instances import Instance, Instantiator
from quorate.checker.ground.layout import Layout
from quorate.checker.ground.nodes import MOST_TERMS, Bool
from quorate.checker.lazily import lazily

from .metadata import KernelMetadata

if TYPE_CHECKING:
    from quorate.checker.explore.codegen import blocked, check, resting, successors
    from quorate.checker.explore.codegen.blocked import Goal
    from quorate.checker.explore.reduction import (
        growing,
        growing_code,
        stubborn,
        stubborn_code,
        symmetry_code,
    )
    from quorate.checker.explore.reduction.symmetry import Reduction
else:
    blocked = lazily("quorate.checker.explore.codegen.blocked")
    check = lazily("quorate.checker.explore.codegen.check")
    resting = lazily("quorate.checker.explore.codegen.resting")
    successors = lazily("quorate.checker.explore.codegen.successors")
    growing = lazily("quorate.checker.explore.reduction.growing")
    growing_code = lazily("quorate.checker.explore.reduction.growing_code")
    stubborn = lazily("quorate.checker.explore.reduction.stubborn")
    stubborn_code = lazily("quorate.checker.explore.reduction.stubborn_code")
    symmetry_code = lazily("quorate.checker.explore.reduction.symmetry_code")


@dataclass
class KernelSource:
    """A protocol unrolled at the sizes of its layout. Parts are computed when they are needed."""

    layout: Layout
    por: bool
    deadlock: bool = False
    eager: bool = False
    only: frozenset[str] | None = None

    # ------------------------------------------------------------ actions

    @cached_property
    def _instantiator(self) -> Instantiator:
        return Instantiator(self.layout)

    @cached_property
    def instances(self) -> list[Instance]:
        """Every action that is taken, with every choice of arguments."""
        make, only = self._instantiator, self.only
        taken = [a for a in self.layout.description.actions if only is None or a.name in only]
        with self.layout.sizes:
            return [i for action in taken for i in make.instances(action)]

    @cached_property
    def possible(self) -> list[Instance]:
        """The instances that have labels: those that are enabled in some state."""
        return [i for i in self.instances if self._may_happen(i)]

    def _may_happen(self, i: Instance) -> bool:
        return bool(i.early) or enabled(self.layout.graph, i) is not False

    def usable(self, found: tuple[Dependency, ...]) -> tuple[int, ...]:
        """The dependencies that no loop contradicts: one over messages reads their payloads."""
        looped = {m.record for i in self.instances for m in (loop.messages for loop in i.loops)}
        return tuple(i for i, d in enumerate(found) if d.reported not in looped)

    def metadata(self, follows: tuple[int, ...]) -> KernelMetadata:
        """What a search must know before it calls the kernel."""
        return KernelMetadata(
            follows,
            len(self.instances),
            max(1, most_steps(group.instances[0] for group in grouped(self.possible))),
            most_steps(self.possible),
        )

    # ------------------------------------------------------------ properties

    @cached_property
    def _properties(self) -> list[tuple[Bool, list[UndefinedOperation]]]:
        """For each property, the conditions that it holds and that it is undefined."""
        with self.layout.sizes:
            return [self._instantiator.property(p) for p in self.layout.description.properties]

    @cached_property
    def _finals(self) -> list[tuple[Bool, list[UndefinedOperation]]]:
        """The same for each predicate of states of rest, if deadlocks are looked for."""
        finals = self.layout.description.finals if self.deadlock else ()
        with self.layout.sizes:
            return [self._instantiator.property(p) for p in finals]

    @property
    def final(self) -> Bool:
        """Where a run may end, or where its steps are not looked at."""
        ends = [holds for holds, _ in self._finals]
        return self.layout.graph.or_([*ends, *self._outside()])

    @property
    def undefined(self) -> list[list[UndefinedOperation]]:
        """For each property, then for each state of rest, the condition that it is undefined."""
        return [undefined for _, undefined in (*self._properties, *self._finals)]

    @cached_property
    def conditions(self) -> list[Bool]:
        """The conditions under which `check` sets its bits."""
        graph, properties = self.layout.graph, self.layout.description.properties
        pairs = zip(properties, self._properties, strict=True)
        conditions = [h if p.kind == "reachable" else graph.not_(h) for p, (h, _) in pairs]
        return [*conditions, graph.or_(u.when for us in self.undefined for u in us)]

    def violations(self) -> list[Bool]:
        """For each invariant the condition that it is violated."""
        return self._false("invariant")

    def _outside(self) -> list[Bool]:
        """For each constraint of the search the condition that a state is outside."""
        return self._false("constraint")

    def _false(self, kind: str) -> list[Bool]:
        properties = self.layout.description.properties
        pairs = zip(properties, self.conditions, strict=False)
        return [condition for p, condition in pairs if p.kind == kind]

    # ------------------------------------------------------------ code

    @cached_property
    def stubborn(self) -> stubborn.Stubborn | None:
        """The partial-order reduction. It finds a state outside the constraints if there is one."""
        if not self.por:
            return None
        bad = self._bad()
        with self.layout.sizes:
            groups = grouped(self.possible)
            final = self.final if self.deadlock else True
            return stubborn.Stubborn(self.layout, groups, bad, final)

    @cached_property
    def growing(self) -> growing.GrowingColumns:
        """The cells that only help as they grow."""
        with self.layout.sizes:
            return growing.GrowingColumns(self.layout, self.possible, self._bad())

    def _bad(self) -> list[Bool]:
        """What a reduced search must not miss."""
        return [*self.violations(), *self._outside(), self.conditions[-1]]

    def module(
        self, actions: list[str], expand: str, reduction: Reduction | None, first: bool
    ) -> Module:
        """The LLVM module with `successors` and `check`, with or without reductions.

        Symmetry reduces the results of the function named `expand`. What is made at first does the
        same, without the analyses and the vectors that pay only in a longer search.
        """
        graph, words = self.layout.graph, self.layout.words
        module = Module()
        with self.layout.sizes:
            successors.add_successors(module, graph, words, self.possible, actions, masks=not first)
            if self.stubborn is not None:
                stubborn_code.add_stubborn(module, self.stubborn)
            if self.eager:
                growing_code.add_eager(module, self.growing)
            if reduction is not None and reduction.permutations > 1:
                symmetry_code.add_symmetry(module, reduction, self.conditions, expand)
            else:
                check.add_check(module, graph, words, self.conditions, self.possible, not first)
            self._add_resting(module, "check_whole" if "check_whole" in module else "check")
        return module

    def _add_resting(self, module: Module, checking: str) -> str:
        """Let the function of this name look for deadlocks, too; its name then."""
        if not self.deadlock:
            return checking
        graph, words, bit = self.layout.graph, self.layout.words, len(self.conditions)
        how = self.possible, self.final, checking, bit
        resting.add_check_resting(module, graph, words, *how)
        return "check_resting"

    def look(self, bad: int) -> Module:
        """`look`, which judges initial states; `bad` are the bits that end a search."""
        module = Module()
        with self.layout.sizes:
            check.add_check_whole(module, self.layout.graph, self.layout.words, self.conditions)
            checking = self._add_resting(module, "check_whole")
            check.add_look(module, checking, self.layout.words, bad)
        return module

    def blocked(self, goals: list[Goal]) -> Module:
        """`blocked`, which counts how often each of these guards fails first.

        The goal `OUTSIDE`, by itself, counts the states outside the constraints. Raises SizeError
        if that alone has too many terms.
        """
        graph, instances = self.layout.graph, self.instances
        if goals == [blocked.OUTSIDE]:
            instances = [blocked.outside(graph.or_(self._outside()), graph)]
        module = Module()
        with graph.aside(MOST_TERMS):
            blocked.add_blocked(module, graph, self.layout.words, instances, goals)
        return module


def most_steps(instances: Iterable[Instance]) -> int:
    """The most steps of the instances in one state: one for each choice of messages sent."""
    return sum(math.prod(loop.messages.column.count for loop in i.loops) for i in instances)
