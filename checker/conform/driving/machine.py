"""A model as a Hypothesis state machine: what is drawn is done by the code, and compared.

In each state one of the steps that the model has is drawn, or one of those that it disables. The
model is the oracle. Hypothesis draws, repeats and shortens runs; all else is as in driving.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from hypothesis.vendor.pretty import RepresentationPrinter

from quorate.checker.conform.adapter import AdapterError
from quorate.checker.conform.adapters.subject import Subject
from quorate.checker.conform.space import Code, Space
from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.declare.sorts import Sizes

from .driver import Act, Driver
from .following import told
from .graph import ModelGraph
from .repeating import FoundDifference
from .walks import Nowhere


@dataclass(frozen=True)
class Offer:
    """What may be done in a state: a step, or without a target what the model disables."""

    code: Code
    target: int | None
    text: str

    def _repr_pretty_(self, printer: RepresentationPrinter, cycle: bool) -> None:
        """How Hypothesis prints it."""
        printer.text(f"{self.text}{'' if self.target is not None else ' (disabled by the model)'}")


Offers = dict[str, list[Offer]]
"""What may be done, by action; in the order of the model."""


@dataclass
class Oracle:
    """What all runs of a machine have in common."""

    protocol: type[Protocol]
    name: str
    sizes: Sizes
    probing: bool
    text: Callable[[FoundDifference], str]
    """How a difference is told."""
    subject: Callable[[], Subject]
    """The implementation, to be started anew; called for each run."""
    unusable: Callable[[], None] = lambda: None
    """Called when it did not answer."""
    _offers: dict[int, tuple[Offers, Offers]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        with self.sizes:
            self.graph = ModelGraph(Space(self.protocol, self.sizes))

    def offers(self, state: int) -> tuple[Offers, Offers]:
        """The model's steps from a state, and what it disables there. Raises StepError."""
        if state not in self._offers:
            graph, space = self.graph, self.graph.space
            disabled = space.disabled(graph.rows[state]) if self.probing else []
            self._offers[state] = (
                self._by_action(graph.edges(state)),
                self._by_action([(code, None) for code in disabled]),
            )
        return self._offers[state]

    def _by_action(self, acts: Iterable[tuple[Code, int | None]]) -> Offers:
        found: Offers = {}
        for code, target in sorted(acts, key=lambda act: act[0]):
            call = self.graph.space.call(code)
            found.setdefault(call.action, []).append(Offer(code, target, str(call)))
        return found


RUNNER = st.runner()
PROBES = st.booleans()
below = cache(lambda n: st.integers(0, n - 1))
"""The strategy of numbers below one: making it anew costs more than a step."""


@st.composite
def offers(draw: st.DrawFn) -> Offer | None:
    """What is to be done next: an action first, so that each has its turn, then its arguments."""
    machine: ConformanceMachine = draw(RUNNER)
    steps, disabled = machine.offers()
    among = disabled if disabled and (not steps or draw(PROBES)) else steps
    if not among:
        return None
    instances = list(among.values())[draw(below(len(among)))]
    return instances[draw(below(len(instances)))]


class ConformanceMachine(RuleBasedStateMachine):
    """One run of an implementation along a model. `conformance_machine` makes a class of it."""

    oracle: ClassVar[Oracle]

    @initialize(number=st.runner().flatmap(lambda machine: st.sampled_from(machine.initial())))
    def start(self, number: int) -> None:
        """Start the implementation in an initial state, by its number."""
        oracle, self.initial_number = self.oracle, number
        with oracle.sizes:
            self.driver = Driver(
                oracle.graph, oracle.subject(), Nowhere(), oracle.name, lambda: False
            )
            self._do(lambda: None if self.driver.follow(number, ()) else number)

    @rule(call=offers())
    def do(self, call: Offer | None) -> None:
        """Do what was drawn; start again where the model ends."""
        if call is None:
            self.start(self.initial_number)
            return
        with self.oracle.sizes:
            self._do(lambda: self.driver.do(self.state, Act(call.code, call.target)))

    def _do(self, act: Callable[[], int | None]) -> None:
        driver = self.driver
        try:
            state = act()
        except AdapterError as error:
            self.oracle.unusable()
            raise AdapterError(f"{driver.place}: {error}") from error
        if state is None:
            group = next(iter(driver.groups.values()))
            found = told(driver.graph, driver.subject, self.oracle.name, group)
            raise AssertionError(self.oracle.text(found))
        self.state = state

    def initial(self) -> range:
        """The numbers of the initial states."""
        return self.oracle.graph.initial

    def offers(self) -> tuple[Offers, Offers]:
        """What can be done now."""
        with self.oracle.sizes:
            return self.oracle.offers(self.state)


def machine_of(oracle: Oracle) -> type[ConformanceMachine]:
    """The state machine of a model and an implementation."""
    name = f"{oracle.protocol.__name__}Conformance"
    return type(name, (ConformanceMachine,), {"oracle": oracle})
