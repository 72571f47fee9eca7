"""What CPython says of the states that a search found: it has the last word."""

from __future__ import annotations

from dataclasses import dataclass

from quorate.model.language import StepError
from quorate.model.language.run import Machine, State

from .kernel import Kernel
from .paths import ExplorationError


@dataclass(frozen=True)
class Judge:
    """Runs the properties and the steps of a protocol where the kernel found something."""

    kernel: Kernel
    machine: Machine

    def bits(self, state: State) -> int:
        """What `check` gives for a state: bit i for property i (see `Kernel`)."""
        bits = 0
        for i, p in enumerate(self.kernel.description.properties):
            if self.machine.holds(p.name, state) != (p.kind == "invariant"):
                bits |= 1 << i
        return bits

    def violated(self, state: State, bits: int) -> str:
        """The invariant that CPython, too, finds violated; `bits` is what the kernel found.

        Raises StepError for a property that makes no sense in the state, ExplorationError where
        CPython finds nothing wrong.
        """
        description = self.kernel.description
        for p in (*description.reachables, *description.invariants):
            if not self.machine.holds(p.name, state) and p.kind == "invariant":
                return p.name
        if bits >> len(description.properties) & 1:
            raise StepError(f"a property makes no sense in {state!r}: {self.kernel.senseless()}")
        name = self.kernel.violated(bits)
        raise ExplorationError(f"the kernel finds {name} violated in {state!r}, CPython does not")

    def explain_senseless(self, state: State, label: int) -> None:
        """A step that the description leaves undefined: CPython says which and where, by StepError.

        `label` numbers the action instance among `Kernel.possible`.
        """
        for _ in self.machine.successors(state):
            pass
        instance = self.kernel.possible[label]
        what = "; ".join(dict.fromkeys(f"{u.span}: {u.what}" for u in instance.undefined))
        raise StepError(f"{instance.action.name}: {what or 'undefined'}")
