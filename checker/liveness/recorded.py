"""Whether a recorded run violates a property of runs: CPython looks at all of it again."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from quorate.checker.explore.paths import ExplorationError
from quorate.checker.results import Move
from quorate.model.language.declare.delivery import parameter_types
from quorate.model.language.declare.types import proper_values
from quorate.model.language.interpreter import Arguments, Interpreter, State
from quorate.model.language.ir import core as c

from .confirm import Witness
from .results import FairUnit


def named(description: c.Description, called: str) -> c.Temporal | None:
    """The property of runs that a trace's violation names, perhaps with arguments."""
    name = called.partition("(")[0]
    return next((p for p in description.temporal if p.name == name), None)


def why_not(
    interpreter: Interpreter,
    p: c.Temporal,
    initial: State,
    path: tuple[Move, ...],
    loop: int | None,
) -> str | None:
    """Why a run does not violate a property; None if it does, for some values of its parameters.

    From state number `loop` on it repeats. Use it inside the sizes. Raises StepError.
    """
    witness = Witness(interpreter)
    states = [initial, *(m.state for m in path)]
    choices = itertools.product(*(list(proper_values(b.var.type)) for b in p.parameters))
    if p.kind == "step_property":
        if path and any(not witness.step_holds(p.name, a, *states[-2:]) for a in choices):
            return None
        return "it is true of the last step"
    if loop is None:
        return "it does not say where it repeats"
    try:
        witness.lasso(initial, path[:loop], path[loop:], list(units(interpreter)))
    except ExplorationError as error:
        return str(error)
    if any(_violates(witness, p, a, states, loop) for a in choices):
        return None
    return "it does not"


def units(interpreter: Interpreter) -> Iterator[FairUnit]:
    """Everything that is to be treated fairly at the active sizes."""
    for name, method in interpreter.actions.items():
        mark = method._quorate
        if mark.fair is not None:
            names = method.__code__.co_varnames[1:]
            types = zip(names, parameter_types(method), strict=False)
            ranges = [[(n, v) for v in proper_values(t)] for n, t in types if n in mark.fair_for]
            for chosen in itertools.product(*ranges):
                yield FairUnit(name, mark.fair == "strong", chosen)


def _violates(
    witness: Witness, p: c.Temporal, arguments: Arguments, states: list[State], loop: int
) -> bool:
    truth = [witness.truth(p.name, arguments, state) for state in states]
    last = [values[-1] for values in truth]
    match p.kind:
        case "eventually":
            return not any(last)
        case "always_eventually":
            return not any(last[loop:])
        case "eventually_always":
            return not all(last[loop:])
    starts = [k for k, values in enumerate(truth) if values[0]]
    return any(not any(last[min(k, loop) :]) for k in starts)
