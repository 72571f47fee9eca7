"""A protocol at given sizes, compiled: what the search driver calls."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from quorate.checker.explore.codegen.cache import SOURCES, unchanged
from quorate.checker.explore.codegen.machine_code import Machine
from quorate.checker.explore.reduction.derived import dependencies
from quorate.checker.ground.derived import Dependency
from quorate.checker.ground.layout import Layout
from quorate.checker.ground.nodes import MOST_TERMS
from quorate.model.language import QuorumSystem, SizeError
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.digest import digest, stable_text
from quorate.model.language.ir import core as c

from .metadata import KernelMetadata

if TYPE_CHECKING:
    from llvmlite import ir

    from quorate.checker.explore.codegen.emit import Goal
    from quorate.checker.explore.reduction.stubborn import Stubborn
    from quorate.checker.explore.reduction.symmetry import Reduction
    from quorate.checker.ground.evaluate import Undefined
    from quorate.checker.ground.instances import Instance, Instantiator
    from quorate.checker.ground.nodes import Bool

MOST_PROPERTIES = 62


def key_of(
    description: c.Description,
    sizes: Sizes,
    found: tuple[Dependency, ...],
    symmetry: bool,
    por: bool,
) -> str | None:
    """All that a kernel depends on; with None nothing is kept under a key."""
    model, bounds = digest(description), f"{stable_text(sizes.elements)} {sizes}"
    systems = (t for t in description.protocol.sorts().values() if issubclass(t, QuorumSystem))
    quorums = " ".join(map(_listed, systems))
    return f"{SOURCES} {model} {bounds} {quorums} {stable_text(found)} {symmetry} {por}"


def _listed(system: type[QuorumSystem[Any]]) -> str:
    """The quorums of a system at the active sizes."""
    try:
        return f"{system.__name__}: {system.quorums(tuple(system.of))}"
    except SizeError as error:
        return str(error)


@dataclass
class Kernel:
    """Compiled `successors` and `check` of a description; make it, and use it, inside `sizes`.

    Bit i of `check` is property i: set where an invariant is violated, where a reachable predicate
    holds. One more bit is set where a property is undefined. Raises SizeError.

    What is kept of an earlier run is not made again: the action instances, and what is compiled,
    wait until somebody asks for them.
    """

    description: c.Description
    sizes: Sizes
    symmetry: bool = False
    por: bool = False
    layout: Layout = field(init=False)
    metadata: KernelMetadata = field(init=False)
    machine: Machine = field(init=False)

    def __post_init__(self) -> None:
        if len(self.description.properties) > MOST_PROPERTIES:
            raise SizeError(f"more than {MOST_PROPERTIES} properties in one protocol")
        found = dependencies(self.description, self.sizes)
        self._key = key_of(self.description, self.sizes, found, self.symmetry, self.por)
        known = KernelMetadata.kept(self._key) if self._key is not None else None
        self._lay_out(found if known is None else tuple(found[i] for i in known.follows))
        self.metadata = known or self._described(found)
        if known is None and self._key is not None:
            if unchanged():
                self.metadata.keep(self._key)
            else:
                self._key = None
        self.machine = Machine(self._module, key=self._key)

    def _lay_out(self, determined: tuple[Dependency, ...]) -> None:
        self.layout = Layout(self.description, self.sizes, determined)
        for name in ("_make", "instances"):
            vars(self).pop(name, None)

    def _described(self, found: tuple[Dependency, ...]) -> KernelMetadata:
        looped = {m.record for i in self.instances for m in (loop.messages for loop in i.loops)}
        follows = tuple(i for i, d in enumerate(found) if d.reported not in looped)
        if len(follows) < len(found):  # a loop over messages reads their payloads
            self._lay_out(tuple(found[i] for i in follows))
        from quorate.checker.explore.codegen.emit import grouped

        return KernelMetadata(
            follows,
            len(self.instances),
            max(1, _most(group.instances[0] for group in grouped(self.possible))),
            _most(self.possible),
        )

    @cached_property
    def _make(self) -> Instantiator:
        from quorate.checker.ground.instances import Instantiator

        return Instantiator(self.layout)

    @cached_property
    def instances(self) -> list[Instance]:
        """Every action with every choice of arguments."""
        with self.sizes:
            return [i for action in self.description.actions for i in self._make.instances(action)]

    @cached_property
    def possible(self) -> list[Instance]:
        """The instances that labels number: those that are not disabled in every state."""
        return [i for i in self.instances if self._may_happen(i)]

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

    @property
    def most_successors(self) -> int:
        """An upper bound on the successors of one state."""
        return self.metadata.most_successors

    @property
    def most_transitions(self) -> int:
        """An upper bound on the transitions of one state, those that change nothing included."""
        return self.metadata.most_transitions

    @property
    def bad(self) -> int:
        """The bits of `check` that end a search."""
        bits = sum(
            1 << i for i, p in enumerate(self.description.properties) if p.kind == "invariant"
        )
        return bits | 1 << len(self.description.properties)

    def _module(self) -> ir.Module:
        """What is compiled."""
        from llvmlite import ir

        from quorate.checker.explore.codegen.emit import add_check, add_successors
        from quorate.checker.explore.reduction.stubborn_code import add_stubborn

        graph = self.layout.graph
        module = ir.Module("kernel")
        with self.sizes:
            add_successors(module, graph, self.words, self.possible, self.actions)
            if self.stubborn is not None:
                add_stubborn(module, self.stubborn)
            if self.reduction is not None and self.reduction.permutations > 1:
                self.reduction.add_to(module, self._conditions, self._unreduced)
            else:
                add_check(module, graph, self.words, self._conditions, self.possible)
        return module

    @cached_property
    def _holding(self) -> list[tuple[Bool, list[Undefined]]]:
        """For each property where it holds, and where it has no value."""
        with self.sizes:
            return [self._make.property(p) for p in self.description.properties]

    @cached_property
    def _conditions(self) -> list[Bool]:
        """Where `check` sets its bits."""
        graph = self.layout.graph
        pairs = zip(self.description.properties, self._holding, strict=True)
        conditions = [graph.not_(h) if p.kind == "invariant" else h for p, (h, _) in pairs]
        without_value = [u.when for undefined in self.undefined for u in undefined]
        return [*conditions, graph.or_(without_value)]

    @cached_property
    def stubborn(self) -> Stubborn | None:
        """What partial-order reduction makes of it."""
        if not self.por:
            return None
        from quorate.checker.explore.codegen.emit import grouped
        from quorate.checker.explore.reduction.stubborn import Stubborn

        with self.sizes:
            return Stubborn(self.layout, grouped(self.possible), self._violation())

    @cached_property
    def reduction(self) -> Reduction | None:
        """What symmetry makes of it."""
        if not self.symmetry:
            return None
        from quorate.checker.explore.reduction.symmetry import Reduction

        with self.sizes:
            return Reduction(self.layout)

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

        def module() -> ir.Module:
            from llvmlite import ir

            from quorate.checker.explore.codegen.emit import add_blocked

            made, instances = ir.Module("coverage"), self.instances
            with self.layout.graph.aside(MOST_TERMS):
                add_blocked(made, self.layout.graph, self.words, instances, goals)
            return made

        key = None if self._key is None else f"{self._key} {goals}"
        return Machine(module, quick=True, key=key)

    def violated(self, bits: int) -> str | None:
        """The first invariant among the bits that `check` returned."""
        for i, p in enumerate(self.description.properties):
            if p.kind == "invariant" and bits >> i & 1:
                return p.name
        return None

    @property
    def undefined(self) -> list[list[Undefined]]:
        """For each property where it has no value."""
        return [undefined for _, undefined in self._holding]

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


def _most(instances: Iterable[Instance]) -> int:
    """How often instances can happen in one state: once for each choice of messages sent."""
    return sum(math.prod(loop.messages.column.count for loop in i.loops) for i in instances)
