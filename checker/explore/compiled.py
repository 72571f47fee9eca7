"""The compiled model: what every search starts from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace

from quorate.checker.explore.reduction.canonical import Canonical
from quorate.checker.ground.first_states import initial_states
from quorate.checker.ground.packed_states import rows_of
from quorate.checker.ground.packing import Packing, Words
from quorate.checker.results import Move
from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.description import describe
from quorate.model.language.interpreter import Interpreter, State
from quorate.model.language.ir import core as c
from quorate.model.language.ir.constraints import unconstrained

from .claims import claimed
from .confirm import Confirmer
from .kernel import Kernel
from .paths import steps_through
from .starts import Starts


@dataclass
class CompiledModel:
    """A protocol at given sizes, compiled and ready to be searched.

    Raises SizeError, UnknownPropertyError.
    """

    protocol: type[Protocol]
    sizes: Sizes
    only: Collection[str] | None = None  # the invariants to check; by default all
    symmetry: bool = False
    por: bool = False  # take the steps of stubborn sets alone
    eager: bool = False  # take a step that only sends, or the like, alone
    deadlock: bool = False  # a state where nothing can happen is a violation, unless it is final
    constrained: bool = True  # no step is taken from a state outside a @constraint
    derives: bool = True  # cells that follow from others are not stored
    kernel_of: Callable[..., Kernel] = Kernel
    description: c.Description = field(init=False)

    def __post_init__(self) -> None:
        described = describe(self.protocol)
        self.description = only_invariants(
            described if self.constrained else unconstrained(described),
            claimed(self.protocol, self.only),
        )
        with self.sizes:
            how = {"derives": self.derives, "deadlock": self.deadlock, "eager": self.eager}
            reducing = self.symmetry, self.por
            self.kernel = self.kernel_of(self.description, self.sizes, *reducing, **how)
            self.packing = Packing(self.kernel.layout)
            self.interpreter = Interpreter(self.protocol, self.sizes)
            self.canonical = Canonical(self.kernel.reduction, self.kernel.code)
            self.confirm = Confirmer(self.kernel, self.interpreter, self.packing)

    def initial(self) -> Starts:
        """The initial states, with symmetry one of each orbit."""
        states = initial_states(self.protocol, self.sizes)
        return Starts(*self.canonical.starts(states, rows_of(self.packing, states)))

    def packed(self, state: State) -> Words:
        """The packed words of a state."""
        return self.canonical(self.packing.pack(state))

    def steps(self, initial: State, rows: Iterable[Words]) -> tuple[Move, ...]:
        """The steps from an initial state through packed ones, as CPython takes them."""
        return tuple(steps_through(self.interpreter, initial, rows, self.packed, self.kernel))


def only_invariants(description: c.Description, names: Collection[str]) -> c.Description:
    """The description without the invariants that are not named."""
    kept = (p for p in description.properties if p.kind != "invariant" or p.name in names)
    return replace(description, properties=tuple(kept))
