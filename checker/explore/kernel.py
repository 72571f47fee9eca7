"""The kernel: the compiled functions that a search calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from quorate.checker.explore.codegen.cache import SOURCES, unchanged
from quorate.checker.explore.codegen.machine_code import MachineCode, Tier
from quorate.checker.explore.reduction.derived import dependencies
from quorate.checker.ground.dependency import Dependency
from quorate.checker.ground.layout import Layout
from quorate.checker.lazily import lazily
from quorate.checker.results import DEADLOCK
from quorate.model.language import QuorumSystem, SizeError
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.digest import digest, stable_text
from quorate.model.language.ir import core as c

from .metadata import KernelMetadata

if TYPE_CHECKING:
    from quorate.checker.explore.codegen.assembly import Module
    from quorate.checker.explore.codegen.blocked import Goal
    from quorate.checker.explore.reduction.symmetry import Reduction

    from . import kernel_source
    from .kernel_source import KernelSource
    from .reduction import symmetry
else:
    kernel_source = lazily("quorate.checker.explore.kernel_source")
    symmetry = lazily("quorate.checker.explore.reduction.symmetry")

MOST_PROPERTIES = 61

# Compiling well takes as long as 2.5 (Paxos) to 11 (Viewstamped Replication) million states do in
# code that was compiled quickly. It is done earlier, because later runs have that code, too.
MANY = 1_000_000

# So many states in code that is made at first lose about what that saves: it checks all properties
# of every state, and takes no steps side by side.
SOME = 20_000


def key_of(
    description: c.Description,
    sizes: Sizes,
    found: tuple[Dependency, ...],
    symmetry: bool,
    por: bool,
    deadlock: bool,
    eager: bool,
) -> str | None:
    """Everything that a kernel depends on, as a cache key; with None nothing is cached."""
    how = f"{symmetry} {por} {deadlock} {eager}"
    model, bounds = digest(description), f"{stable_text(sizes.elements)} {sizes}"
    systems = (t for t in description.protocol.sorts().values() if issubclass(t, QuorumSystem))
    quorums = " ".join(map(_listed, systems))
    return f"{SOURCES} {model} {bounds} {quorums} {stable_text(found)} {how}"


def _listed(system: type[QuorumSystem[Any]]) -> str:
    """The quorums of a system at the active sizes."""
    try:
        return f"{system.__name__}: {system.quorums(tuple(system.of))}"
    except SizeError as error:
        return str(error)


@dataclass
class Kernel:
    """Compiled `successors` and `check` of a description; make it, and use it, inside `sizes`.

    Bit i of the result of `check` is property i: set if an invariant is violated, a reachable
    predicate holds, or the state is outside a constraint. One more bit is set if a property is
    undefined, and with `deadlock` another one if nothing can happen in the state and it is not
    final. Raises SizeError.

    Code and metadata of an earlier run are taken from the cache. Action instances are unrolled, and
    code is compiled, only when needed.
    """

    description: c.Description
    sizes: Sizes
    symmetry: bool = False
    por: bool = False
    derives: bool = True
    """Whether cells that follow from others are found, and not stored."""
    deadlock: bool = False
    eager: bool = False
    """Whether a step that only grows cells which only help as they grow is taken alone."""
    plain: bool = False
    """Whether symmetry leaves elements of an order, and those with names, where they are."""
    only: frozenset[str] | None = None
    """The actions whose steps are taken; by default all."""
    like: Layout | None = None
    """A layout whose columns stand where they stand in this one's."""
    layout: Layout = field(init=False)
    metadata: KernelMetadata = field(init=False)
    code: MachineCode = field(init=False)

    def __post_init__(self) -> None:
        if len(self.description.properties) > MOST_PROPERTIES:
            raise SizeError(f"more than {MOST_PROPERTIES} properties in one protocol")
        found = dependencies(self.description, self.sizes) if self.derives else ()
        how = self.symmetry, self.por, self.deadlock, self.eager
        self._key = key_of(self.description, self.sizes, found, *how)
        if self._key is not None and self.only is not None:
            self._key = f"{self._key} only {sorted(self.only)}"
        if self._key is not None and self.plain:
            self._key = f"{self._key} plain"
        if self._key is not None and self.like is not None:
            self._key = f"{self._key} like {self.like.placed()}"
        known = KernelMetadata.kept(self._key) if self._key is not None else None
        self._lay_out(found if known is None else tuple(found[i] for i in known.follows))
        self.metadata = known or self._unrolled(found)
        if known is None and self._key is not None:
            if unchanged():
                self.metadata.keep(self._key)
            else:
                self._key = None
        first = partial(self._module, first=True)
        self.code = MachineCode(self._module, key=self._key, improves=True, first=first)

    def _lay_out(self, determined: tuple[Dependency, ...]) -> None:
        self.layout = Layout(self.description, self.sizes, determined, self.like)
        vars(self).pop("source", None)

    def _unrolled(self, found: tuple[Dependency, ...]) -> KernelMetadata:
        follows = self.source.usable(found)
        if len(follows) < len(found):
            self._lay_out(tuple(found[i] for i in follows))
        return self.source.metadata(follows)

    @cached_property
    def source(self) -> KernelSource:
        """The source that it is compiled from."""
        how = self.por, self.deadlock, self.eager, self.only
        return kernel_source.KernelSource(self.layout, *how)

    @cached_property
    def reduction(self) -> Reduction | None:
        """The symmetry reduction."""
        if not self.symmetry:
            return None
        with self.sizes:
            return symmetry.Reduction(self.layout, self._key, self.plain)

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
        """An upper bound on the transitions of one state, including those that change nothing."""
        return self.metadata.most_transitions

    @property
    def bad(self) -> int:
        """The bits of `check` that end a search."""
        bits = sum(
            1 << i for i, p in enumerate(self.description.properties) if p.kind == "invariant"
        )
        return bits | 1 << len(self.description.properties) | self.resting

    @property
    def resting(self) -> int:
        """The bit of a deadlock, 0 if none is looked for."""
        return 2 << len(self.description.properties) if self.deadlock else 0

    @property
    def reducing(self) -> bool:
        """Whether successors are replaced by representatives of their orbits."""
        return self.reduction is not None and self.reduction.permutations > 1

    @property
    def functions(self) -> tuple[str, str]:
        """The names of the functions that a search calls to expand and to check."""
        successors = "reduced" if self.reducing else self._unreduced
        if self.deadlock:
            return successors, "check_resting"
        return successors, "check_whole" if self.reducing else "check"

    def successors(self) -> int:
        """The address of `successors`."""
        return self.code.address(self.functions[0])

    @property
    def slice(self) -> int:
        """How many states to expand at the most before it is asked whether to `improve`."""
        return SOME if self.code.tier is Tier.FIRST else MANY

    def improve(self, expanded: int) -> None:
        """Compile the code better once a search has expanded some states, and well after many.

        Then the addresses of `successors` and `check` are others.
        """
        if expanded >= MANY:
            self.code.improve()
        elif expanded >= SOME:
            self.code.improve(Tier.QUICK)

    @property
    def _unreduced(self) -> str:
        """The name of the function for successors before symmetry reduction."""
        if self.eager:
            return "eager"
        return "stubborn" if self.por else "successors"

    def _module(self, first: bool = False) -> Module:
        """The LLVM module, or what does the same and is made at first."""
        return self.source.module(self.actions, self._unreduced, self.reduction, first)

    def check(self) -> int:
        """The address of `check`."""
        return self.code.address(self.functions[1])

    def blocked(self, goals: list[Goal]) -> MachineCode:
        """Machine code whose `blocked` counts how often each of these guards fails first.

        Raises SizeError if that alone has too many terms.
        """
        key = self.key_with(goals)
        return MachineCode(lambda: self.source.blocked(goals), quick=True, key=key)

    def look(self) -> MachineCode:
        """Machine code whose `look` judges initial states."""
        key = self.key_with("look")
        return MachineCode(lambda: self.source.look(self.bad), quick=True, key=key)

    def key_with(self, *parts: object) -> str | None:
        """The key of what depends on the kernel and these; with None nothing is cached."""
        return None if self._key is None else " ".join([self._key, *map(str, parts)])

    def violated(self, bits: int) -> str | None:
        """The first invariant among the bits that `check` returned, or that it is a deadlock."""
        for i, p in enumerate(self.description.properties):
            if p.kind == "invariant" and bits >> i & 1:
                return p.name
        return DEADLOCK if bits & self.resting else None

    def outside(self, bits: int) -> bool:
        """Whether the bits say that some state is outside a constraint of the search."""
        properties = enumerate(self.description.properties)
        return any(p.kind == "constraint" and bits >> i & 1 for i, p in properties)

    def reached(self, bits: int) -> frozenset[str]:
        """The reachable predicates among the bits."""
        return frozenset(
            p.name
            for i, p in enumerate(self.description.properties)
            if p.kind == "reachable" and bits >> i & 1
        )
