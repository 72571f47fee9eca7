"""Z3's answers against plain CPython, for any protocol: bounded runs, states, steps, induction."""

from __future__ import annotations

from random import Random

import z3

from quorate.checker.prove.bounded import (
    BoundedOutcome,
    InductiveCheck,
    ObligationStatus,
    bounded,
    inductive,
    k_inductive,
)
from quorate.checker.prove.bounded.system import Ground
from quorate.checker.prove.bounded.transition import Transition
from quorate.checker.smt.cells import Cells
from quorate.checker.smt.formulas import term
from quorate.checker.smt.state_sets import StateSet
from quorate.checker.smt.translate import GroundTranslator
from quorate.model.language import Protocol, Sizes, StepError
from quorate.model.language.interpreter import State

from ..oracle import Oracle, consult


def compare_bounded(protocol: type[Protocol], sizes: Sizes, truth: Oracle, depth: int) -> str:
    """The depth and kind of the first thing wrong, if any is that shallow, is the oracle's."""
    invariants = set(protocol.methods("invariant"))
    levels = truth.levels[: depth + 1]
    violated = next((k for k, level in enumerate(levels) if level.violated), None)
    undefined = next((k for k, level in enumerate(levels) if level.undefined), None)
    found = bounded(protocol, sizes, depth)
    if found.outcome is BoundedOutcome.UNDEFINED:
        # Stricter than CPython, which stops at the first conjunct that is false.
        late = undefined is None or (violated is not None and undefined > violated)
        return "strict" if late else "undefined"
    if found.outcome is BoundedOutcome.VIOLATED:
        assert found.depth == len(found.path) == violated
        assert found.violated in levels[violated].violated
        assert found.initial in levels[0].states
        return "violated"
    assert found.outcome is BoundedOutcome.NONE_WITHIN
    assert violated is None and undefined is None, (violated, undefined)
    assert set(found.invariants) == invariants
    return "none"


def wrong(undefined: list[str], protocol: type[Protocol]) -> list[str]:
    """What the oracle finds undefined, without the reachable predicates, which nobody asked."""
    names = tuple(f"{n}: " for n in protocol.methods("reachable"))
    return [s for s in undefined if not s.startswith(names)]


def compare_states(protocol: type[Protocol], sizes: Sizes, states: list[State]) -> None:
    """Each invariant at each state, and the successors of each state, exactly as CPython says."""
    with sizes:
        ground = Ground(protocol, sizes)
        cells = Cells(ground.layout, "")
        at = GroundTranslator(cells)
        transition = Transition(ground)
        properties = ground.properties()
        for state in states:
            words = ground.packing.pack(state)
            here = StateSet([words])
            solver = z3.Solver(ctx=cells.context)
            solver.add(here.formula(cells))
            assert solver.check() == z3.sat
            model = solver.model()
            assert ground.state(cells.words(model)) == state
            assert holds(model, at.condition(ground.well_formed()))
            for p in properties:
                try:
                    expected: bool | None = ground.interpreter.holds(p.name, state)
                except StepError:
                    expected = None
                if holds(model, at.condition(p.undefined)):
                    continue  # CPython may stop before it gets there
                assert expected == holds(model, at.condition(p.holds)), (p.name, state)
            compare_successors(ground, transition, state)


def holds(model: z3.ModelRef, p: object) -> bool:
    return z3.is_true(model.eval(term(p, model.ctx), model_completion=True))


def compare_successors(ground: Ground, transition: Transition, state: State) -> None:
    """All states that the step relation leads to, by enumeration, are CPython's."""
    t = transition
    solver = z3.SolverFor("QF_FD", t.context)
    here = StateSet([ground.packing.pack(state)]).formula(t.before)
    solver.add(here)
    solver.push()
    solver.add(t.undefined)
    undefined = solver.check() == z3.sat
    solver.pop()
    try:
        expected = {(a, after) for a, _, after in ground.interpreter.successors(state)}
    except StepError:
        assert undefined
        return
    if undefined:
        return  # stricter than CPython
    solver.add(t.formula)
    found = set()
    while solver.check() == z3.sat:
        model = solver.model()
        chosen = [i for i, s in enumerate(t.selectors) if z3.is_true(model[s])]
        assert len(chosen) == 1
        after = ground.state(t.after.words(model))
        found.add((t.steps[chosen[0]].action, after))
        solver.add(
            z3.Or([v != model.eval(v, model_completion=True) for v in [t.selectors[chosen[0]]]])
        )
    assert found == expected


def compare_inductive(protocol: type[Protocol], sizes: Sizes, truth: Oracle) -> InductiveCheck:
    """Whatever is proved is true of all reachable states; a counterexample is CPython's already."""
    found = inductive(protocol, sizes)
    if found.status is ObligationStatus.PROVED:
        assert not any(level.violated for level in truth.levels)
        assert not any(wrong(level.undefined, protocol) for level in truth.levels)
    return found


def compare_k_inductive(protocol: type[Protocol], sizes: Sizes, truth: Oracle) -> str:
    """What carries on is true of all reachable states; what is violated is so at its depth."""
    found = k_inductive(protocol, sizes, 3, shrinking=0.1)
    if found.base.outcome is BoundedOutcome.UNDEFINED:
        return "undefined"
    violated = next((k for k, level in enumerate(truth.levels) if level.violated), None)
    if found.status is ObligationStatus.REFUTED:
        assert found.base.depth == violated
        return "violated"
    assert violated is None or violated > found.base.depth
    carried = {i.invariant for i in found.induced if i.k is not None}
    for level in truth.levels:
        assert not carried & level.violated
        assert None not in carried or not level.undefined
    names = set(protocol.methods("invariant"))
    assert names <= {i.invariant for i in found.induced}
    return found.status.value


def sample(truth: Oracle, random: Random, count: int) -> list[State]:
    states = [s for level in truth.levels for s in level.states]
    return random.sample(states, min(count, len(states)))


def compare(protocol: type[Protocol], sizes: Sizes, seed: int = 0, limit: int = 300) -> list[str]:
    """Everything at once, for a random protocol."""
    truth = consult(protocol, sizes, limit)
    depth = min(len(truth.levels) - 1 if truth.complete else len(truth.levels) - 2, 4)
    found = [compare_bounded(protocol, sizes, truth, max(0, depth))]
    compare_states(protocol, sizes, sample(truth, Random(seed), 6))
    found.append(compare_inductive(protocol, sizes, truth).status.value)
    found.append(compare_k_inductive(protocol, sizes, truth))
    if found[-2] == ObligationStatus.PROVED.value:
        assert found[-1] == ObligationStatus.PROVED.value
    return found
