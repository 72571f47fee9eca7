"""The evidence for the result of a search for invariants: a run, a step, what a proof uses."""

from __future__ import annotations

from collections.abc import Sequence

from quorate.checker.loading import name_of
from quorate.checker.prove.unbounded import Proof
from quorate.checker.results import Exploration
from quorate.checker.tracing.build import make_trace
from quorate.model.language.declare.protocol import Protocol
from quorate.traces import Trace

from .induction import BreakingStep
from .instance import SampledInstance


def run_trace(protocol: type[Protocol], instance: SampledInstance, found: Exploration) -> Trace:
    """The run to a violation that was explored."""
    assert found.initial is not None and found.violated is not None
    name = name_of(protocol)
    return make_trace(protocol, name, instance.sizes, found.initial, found.path, found.violated)


def step_trace(
    protocol: type[Protocol], instance: SampledInstance, step: BreakingStep
) -> Trace | None:
    """The step as CPython takes it; None if it is undefined."""
    if step.after is None:
        return None
    before, after = instance.ground.state(step.before), instance.ground.state(step.after)
    move = instance.ground.move(before, step.action, after)
    return make_trace(protocol, name_of(protocol), instance.sizes, before, [move], step.lemma)


def needed_by(proof: Proof, goals: Sequence[str]) -> set[str]:
    """What the proofs of the goals, and of one message per key, use, all the way down."""
    uses: dict[str, set[str]] = {}
    for o in proof.obligations:
        uses.setdefault(o.invariant, set()).update(o.used)
    todo = [*goals, *(n for n in uses if "." in n)]
    found: set[str] = set()
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += uses.get(name, ())
    return found
