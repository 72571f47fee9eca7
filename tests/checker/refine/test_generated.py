"""Random protocols: each refines itself, a modified one does exactly when plain Python says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import pytest

from quorate.checker.refine.explored import RefinementStatus
from quorate.checker.tracing.reading import TraceReader
from quorate.checker.tracing.values import show_state
from quorate.model.language import ModelError, Protocol, SizeError, Sizes, StepError
from quorate.model.language.description import describe
from quorate.model.language.interpreter import Interpreter, State
from quorate.traces import FrozenMap

from ...support.strategies import Source, generate, loaded, sized
from .modified import MOST, checked, modified

ITSELF, FAILS = "itself: refines", "modified: does not refine"


@dataclass
class Side:
    """One protocol in plain Python; its states are exchanged as the values of a trace."""

    protocol: type[Protocol]
    sizes: Sizes
    beyond: bool = False  # whether a state outside a constraint was met, and its steps not taken

    def __post_init__(self) -> None:
        self.description = describe(self.protocol)
        with self.sizes:
            self.interpreter = Interpreter(self.protocol, self.sizes)

    def shown(self, state: State) -> FrozenMap:
        """The variables, without what is left of budgets."""
        values = show_state(self.description, state)
        return FrozenMap([(v.name, values[v.name]) for v in self.description.variables])

    def initial(self) -> list[State]:
        with self.sizes:
            return list(dict.fromkeys(self.interpreter.initial()))

    def after(self, state: State) -> list[State]:
        with self.sizes:
            if not self.interpreter.within(state):
                self.beyond = True
                return []
            return [t for _, _, t in self.interpreter.successors(state)]

    def reached(self, shown: FrozenMap) -> set[FrozenMap]:
        """What is one step away from a state that is given by its variables."""
        with self.sizes:
            state = TraceReader().state(self.description, shown)
            state = (*state[: len(self.description.variables)], *(1 for _ in self.sizes.faults))
            return {self.shown(t) for _, _, t in self.interpreter.successors(state)}


def first_failure(concrete: Side, abstract: Side) -> int | None:
    """The length of the shortest run that leaves the abstract protocol, or None."""
    with abstract.sizes:
        allowed = {abstract.shown(s) for s in abstract.initial()}
    front = concrete.initial()
    with concrete.sizes:
        if not {concrete.shown(s) for s in front} <= allowed:
            return 0
    seen, depth = set(front), 0
    while front:
        depth += 1
        following: list[State] = []
        for state in front:
            with concrete.sizes:
                here = concrete.shown(state)
            possible = abstract.reached(here)
            for after in concrete.after(state):
                with concrete.sizes:
                    there = concrete.shown(after)
                if there != here and there not in possible:
                    return depth
                if after not in seen:
                    seen.add(after)
                    following.append(after)
        if len(seen) > MOST:
            raise SizeError("too large to be worth it")
        front = following
    return None


def fates(seed: int) -> Iterator[str]:
    """What came of a generated protocol, and of a modified one."""
    random = Random(seed)
    source = generate(random)
    if "fifo(" in source.text:
        return  # a mapping cannot give links
    changed = modified(source, random)
    with loaded(source) as original, loaded(source) as twin:
        yield f"itself: {compare(twin, original, source)}"
    if changed is not None:
        with loaded(source) as original, loaded(changed) as other:
            yield f"modified: {compare(other, original, source)}"


def test_generated_protocols() -> None:
    """As many as it takes until two do, and two that are modified do not."""
    told: Counter[str] = Counter()
    for seed in range(200):
        if min(told[ITSELF], told[FAILS]) >= 2:
            break
        told.update(fates(seed))
    assert min(told[ITSELF], told[FAILS]) >= 2, told
    assert not told["itself: does not refine"]


@pytest.mark.exhaustive
def test_many_generated_protocols() -> None:
    told = Counter(fate for seed in range(40) for fate in fates(seed))
    assert told[ITSELF] >= 20 and told[FAILS] >= 8, told
    assert not told["itself: does not refine"]


def compare(concrete: type[Protocol], abstract: type[Protocol], source: Source) -> str:
    """Assert that the checker says what plain Python says; returns what that is."""
    lower, upper = sized(concrete, source), sized(abstract, source)
    if set(lower) != set(upper):
        return "skipped"  # the changed guard was the only mention of a sort
    try:
        below = Side(concrete, lower)
        expected = first_failure(below, Side(abstract, upper))
    except (ModelError, StepError, SizeError):
        return "skipped"
    found = checked(concrete, abstract, lower)
    if found.status is RefinementStatus.UNDEFINED:
        return "skipped"  # the kernel is stricter than Python about locals that nobody reads
    if expected is None:
        whole = RefinementStatus.INCONCLUSIVE if below.beyond else RefinementStatus.REFINES
        assert found.status is whole, found.failure
        return found.status.value
    assert found.status is RefinementStatus.FAILS and found.failure is not None
    assert len(found.failure.trace.steps) == expected
    return found.status.value
