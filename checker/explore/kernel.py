"""A protocol at given sizes, compiled: what the search driver calls."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

from llvmlite import ir

from quorate.checker.finite.determined import Dependency
from quorate.checker.finite.evaluate import Undefined
from quorate.checker.finite.instances import Instance, Instantiator
from quorate.checker.finite.layout import Layout
from quorate.checker.finite.nodes import MOST_TERMS, Bool
from quorate.model.language import SizeError
from quorate.model.language import core as c
from quorate.model.language.sorts import Sizes

from .codegen import Goal, add_blocked, add_check, add_successors, grouped
from .dependencies import dependencies
from .machine import Machine
from .stubborn import Stubborn
from .stubborn_code import add_stubborn
from .symmetry import Reduction

MOST_PROPERTIES = 62


@dataclass
class Kernel:
    """Compiled `successors` and `check` of a description; make it, and use it, inside `sizes`.

    Bit i of `check` is property i: set where an invariant is violated, where a reachable predicate
    holds. One more bit is set where a property makes no sense. Raises SizeError.
    """

    description: c.Description
    sizes: Sizes
    symmetry: bool = False
    por: bool = False
    layout: Layout = field(init=False)
    instances: list[Instance] = field(init=False)
    possible: list[Instance] = field(init=False)  # those that labels number
    reduction: Reduction | None = field(init=False, default=None)
    stubborn: Stubborn | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._lay_out(dependencies(self.description, self.sizes))
        looped = {m.record for i in self.instances for m in (loop.messages for loop in i.loops)}
        kept = tuple(d for d in self.layout.determined if d.reported not in looped)
        if kept != self.layout.determined:  # a loop over messages reads their payloads
            self._lay_out(kept)
        if len(self.description.properties) > MOST_PROPERTIES:
            raise SizeError(f"more than {MOST_PROPERTIES} properties in one protocol")
        self.possible = [i for i in self.instances if self._may_happen(i)]
        self.machine = self._compile()

    def _lay_out(self, determined: tuple[Dependency, ...]) -> None:
        self.layout = Layout(self.description, self.sizes, determined)
        self._make = Instantiator(self.layout)
        self.instances = [
            i for action in self.description.actions for i in self._make.instances(action)
        ]

    def _may_happen(self, i: Instance) -> bool:
        graph = self.layout.graph
        return bool(i.early) or graph.and_([i.implicit, *i.guards]) is not False

    @property
    def actions(self) -> list[str]:
        return [a.name for a in self.description.actions]

    @property
    def words(self) -> int:
        return self.layout.words

    @property
    def keyed(self) -> bool:
        """Whether states are kept in the table itself."""
        return self.words == 1 and self.layout.bits < 64

    @cached_property
    def most_successors(self) -> int:
        """An upper bound on the successors of one state."""
        return max(1, sum(_most(group.instances[0]) for group in grouped(self.possible)))

    @property
    def most_transitions(self) -> int:
        """An upper bound on the transitions of one state, those that change nothing included."""
        return sum(map(_most, self.possible))

    @property
    def bad(self) -> int:
        """The bits of `check` that end a search."""
        bits = sum(
            1 << i for i, p in enumerate(self.description.properties) if p.kind == "invariant"
        )
        return bits | 1 << len(self.description.properties)

    def _compile(self) -> Machine:
        graph = self.layout.graph
        module = ir.Module("kernel")
        add_successors(module, graph, self.words, self.possible, self.actions)
        conditions: list[Bool] = []
        self._senseless: list[Undefined] = []
        for p in self.description.properties:
            holds, undefined = self._make.property(p)
            conditions.append(graph.not_(holds) if p.kind == "invariant" else holds)
            self._senseless += undefined
        conditions.append(graph.or_(u.when for u in self._senseless))
        self._conditions = conditions
        if self.por:
            self.stubborn = Stubborn(self.layout, grouped(self.possible), self._violation())
            add_stubborn(module, self.stubborn)
        if self.symmetry:
            self.reduction = Reduction(self.layout)
        if self.reduction is not None and self.reduction.permutations > 1:
            self.reduction.add_to(module, conditions, self._unreduced)
        else:
            add_check(module, graph, self.words, conditions, self.possible)
        return Machine(module)

    @property
    def reducing(self) -> bool:
        """Whether successors are replaced by representatives of their orbits."""
        return self.reduction is not None and self.reduction.permutations > 1

    @property
    def functions(self) -> tuple[str, str]:
        """The names in the machine of what a search calls to expand and to check."""
        return ("reduced", "check_whole") if self.reducing else (self._unreduced, "check")

    def successors(self) -> int:
        """The address of `successors`."""
        return self.machine.address(self.functions[0])

    @property
    def _unreduced(self) -> str:
        """The function that gives successors as they are, before symmetry."""
        return "stubborn" if self.por else "successors"

    def _violation(self) -> list[Bool]:
        """Where an invariant is violated, or a property has no value."""
        kinds = [p.kind for p in self.description.properties]
        pairs = zip([*kinds, "invariant"], self._conditions, strict=True)
        return [p for kind, p in pairs if kind == "invariant"]

    def check(self) -> int:
        """The address of `check`."""
        return self.machine.address(self.functions[1])

    def blocked(self, goals: list[Goal]) -> Machine:
        """A machine whose `blocked` counts how often each of these guards fails first.

        Raises SizeError if that alone has too many terms.
        """
        module = ir.Module("coverage")
        with self.layout.graph.aside(MOST_TERMS):
            add_blocked(module, self.layout.graph, self.words, self.instances, goals)
        return Machine(module, quick=True)

    def violated(self, bits: int) -> str | None:
        """The first invariant among the bits that `check` returned."""
        for i, p in enumerate(self.description.properties):
            if p.kind == "invariant" and bits >> i & 1:
                return p.name
        return None

    def senseless(self) -> str:
        """What of the properties may make no sense, and where it stands."""
        return "; ".join(dict.fromkeys(f"{u.span}: {u.what}" for u in self._senseless))

    def violations(self) -> list[Bool]:
        """For each invariant the condition that it is violated."""
        properties = self.description.properties
        return [
            condition
            for p, condition in zip(properties, self._conditions, strict=False)
            if p.kind == "invariant"
        ]

    def reached(self, bits: int) -> frozenset[str]:
        """The reachable predicates among the bits."""
        return frozenset(
            p.name
            for i, p in enumerate(self.description.properties)
            if p.kind == "reachable" and bits >> i & 1
        )


def _most(instance: Instance) -> int:
    """How often an instance can happen in one state: once for each choice of messages sent."""
    return math.prod(loop.messages.column.count for loop in instance.loops)
