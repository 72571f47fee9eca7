"""What is compared between the kernel and plain Python, for one protocol at one size."""

from __future__ import annotations

import linecache
import re
from collections import Counter
from collections.abc import Callable

import numpy as np

from quorate.checker.explore.graph import StateGraph
from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.explore.search.reference import explore_reference
from quorate.checker.results import Exploration, Outcome, from_the_start
from quorate.model.language import Protocol, Sizes, StepError
from quorate.model.language.interpreter import Interpreter, State

from ..oracle import Oracle, consult

SHOWN = (Outcome.VIOLATED, Outcome.UNDEFINED)  # by a run
BELOW_0 = "a number below 0"
Make = Callable[[type[Protocol], Sizes], Explorer]


def compare(
    protocol: type[Protocol], sizes: Sizes, limit: int = 400, make: Make | None = None
) -> str:
    """Assert that both engines agree; returns what was compared, for statistics.

    With `make` the kernel's search is one of another kind, which need not leave its states.
    """
    try:
        truth = consult(protocol, sizes, limit)
    except StepError:  # in @init
        fast = from_the_start(lambda: Explorer(protocol, sizes).run())
        for found in (fast, explore_reference(protocol, sizes)):
            assert found.outcome is Outcome.UNDEFINED and found.undefined is not None
            assert found.undefined.kind == "init" and found.depth == 1
        return "undefined start"
    violated, undefined = truth.first("violated"), truth.first("undefined")
    if violated is None and undefined is None and not truth.complete:
        return "too large"
    if undefined is not None and any(map(of_a_local, truth.levels[undefined].undefined)):
        return "lazy local"
    kind = _compare_search(protocol, sizes, truth, make or Explorer)
    if truth.complete and undefined is None and make is None:
        _compare_whole(protocol, sizes, truth)
    return kind


def of_a_local(error: str) -> bool:
    """Whether a local name of a property or helper is undefined: it is read where it is used."""
    place = re.search(r"(<generated_\d+>):(\d+):", error)
    if place is None:
        return False
    lines = [linecache.getline(place[1], n) for n in range(1, int(place[2]) + 1)]
    decorator = [line.strip() for line in lines if line.strip().startswith("@")][-1]
    action = decorator.startswith(("@action", "@init"))
    return not action and re.match(r"\s*y\d+(: .*)? = ", lines[-1]) is not None


def _compare_search(protocol: type[Protocol], sizes: Sizes, truth: Oracle, make: Make) -> str:
    """The search that stops at the first violation."""
    found = make(protocol, sizes).run()
    plain = explore_reference(protocol, sizes)
    violated, undefined = truth.first("violated"), truth.first("undefined")
    for engine in (found, plain):
        if engine.outcome is Outcome.UNDEFINED:
            if not is_undefined(protocol, sizes, engine):
                assert engine is found, f"the reference alone finds {engine.undefined}"
                return f"strict: {str(engine.undefined)[-150:]}"
            # An undefined step out of level k is met no later than a violation in level k + 1.
            assert engine.depth == truth.nearest()
        elif engine.outcome is Outcome.VIOLATED:
            assert violated is not None and engine.violated in truth.levels[violated].violated
            assert engine.depth == len(engine.path) == violated
            assert violated == truth.nearest()
            check_path(protocol, sizes, engine)
        else:
            assert engine.outcome is (Outcome.WITHIN if truth.outside else Outcome.HOLDS)
            assert engine.outside == len(truth.outside)
            assert violated is None and undefined is None
            counts = engine.states, engine.transitions, engine.depth, dict(engine.fired)
            whole = len(truth.states), len(truth.edges), truth.depth, truth.fired
            assert counts == whole
            assert engine.reached == truth.reached
    return "undefined" if found.outcome is Outcome.UNDEFINED else found.outcome.value


def is_undefined(protocol: type[Protocol], sizes: Sizes, found: Exploration) -> bool:
    """Whether CPython agrees that the step or property is undefined at the end of the run."""
    at = found.undefined
    assert at is not None and found.depth == len(found.path) + at.is_step
    check_path(protocol, sizes, found)
    with sizes:
        machine = Interpreter(protocol, sizes)
        assert at.state == (found.path[-1].state if found.path else found.initial)
        try:
            if at.is_step:
                machine.step(at.state, at.name, at.arguments)
            else:
                machine.holds(at.name, at.state)
        except StepError as error:
            assert str(error) == str(at)
            return True
    return False


def same_verdict(
    protocol: type[Protocol], sizes: Sizes, plain: Exploration, found: Exploration
) -> bool:
    """Assert that a search ends as the reference does; false if something there has no value."""
    if found.outcome is Outcome.UNDEFINED and not is_undefined(protocol, sizes, found):
        # For CPython, a difference of naturals may be negative.
        assert found.undefined is not None and found.undefined.what == BELOW_0
        assert found.depth <= plain.depth or plain.outcome not in SHOWN
        return False
    if plain.outcome is Outcome.UNDEFINED and of_a_local(str(plain.undefined)):
        return False
    if Outcome.UNDEFINED in (plain.outcome, found.outcome):
        # Of a step without sense and a violation at the next depth, either may be met first.
        assert plain.outcome in SHOWN and found.outcome in SHOWN
        assert found.depth == plain.depth
        return False
    assert found.outcome is plain.outcome
    return True


def check_path(protocol: type[Protocol], sizes: Sizes, found: Exploration) -> None:
    """What was found is a run of the class; it ends in a violation if that is what it is of."""
    with sizes:
        machine = Interpreter(protocol, sizes)
        state = found.initial
        assert state in machine.initial()
        for move in found.path:
            assert state is not None
            state = machine.step(state, move.action, move.arguments)
            assert state == move.state
        assert state is not None
        if found.violated is not None:
            assert not machine.holds(found.violated, state)


def _compare_whole(protocol: type[Protocol], sizes: Sizes, truth: Oracle) -> None:
    """Everything reachable, whatever the invariants say."""
    explorer = Explorer(protocol, sizes, invariants=frozenset())
    found = explorer.run()
    if found.outcome is Outcome.UNDEFINED:
        return  # stricter than Python: seen to by the other comparison
    assert found.outcome is (Outcome.WITHIN if truth.outside else Outcome.HOLDS)
    assert found.outside == len(truth.outside)
    assert (found.states, found.transitions) == (len(truth.states), len(truth.edges))
    assert (found.depth, dict(found.fired)) == (truth.depth, truth.fired)
    assert found.reached == truth.reached
    with sizes:
        states = [explorer.state(k) for k in range(found.states)]
        assert set(states) == truth.states
        for k, state in enumerate(states):
            packed = explorer.packing.pack(state)
            assert np.array_equal(packed, explorer.store.row(k))
            assert explorer.store.find(packed) == k
    _compare_graph(explorer, states, truth)
    _compare_guards(protocol, sizes, found, truth)


def _compare_graph(explorer: Explorer, states: list[State], truth: Oracle) -> None:
    graph = StateGraph(explorer)
    assert graph.nodes == len(truth.states) and graph.edges == len(truth.edges)
    edges = Counter(
        (states[a], label.action, tuple(v for _, v in label.arguments), states[b])
        for a, b, label in graph.each_edge()
    )
    assert edges == Counter(truth.edges)


def _compare_guards(
    protocol: type[Protocol], sizes: Sizes, found: Exploration, truth: Oracle
) -> None:
    """Coverage by asking `requirements` of every state for every choice of arguments."""
    counts: Counter[tuple[str, int]] = Counter()
    with sizes:
        machine = Interpreter(protocol, sizes)
        budgets = list(sizes.faults)
        for state in truth.states - truth.outside:
            for name, method in machine.actions.items():
                fault = method._quorate.fault
                left = state[len(machine.variables) :]
                if fault is not None and not left[budgets.index(fault)]:
                    continue
                for arguments in machine.choices(state, name):
                    for r in machine.requirements(state, name, arguments):
                        if not r.held:
                            counts[name, r.line] += 1
                            break
    covered = {(g.action, g.line): g.blocked for g in found.guards}
    assert {k: n for k, n in covered.items() if n} == dict(counts)
