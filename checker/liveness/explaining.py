"""A run that violates a property of runs, as a trace."""

from __future__ import annotations

from quorate.checker.loading import name_of
from quorate.checker.tracing.build import make_trace
from quorate.checker.tracing.explaining import Explaining
from quorate.model.language import Protocol, Sizes
from quorate.traces import Trace, Violation

from .results import Ending, Lasso, TemporalCheck

MEANS = {
    "eventually": "it is never true",
    "always_eventually": "it is never true again",
    "eventually_always": "it is false again and again",
    "leads_to": "the premise is true, the conclusion never follows",
}


def explained_lasso(
    protocol: type[Protocol], sizes: Sizes, check: TemporalCheck, explaining: Explaining
) -> Trace | None:
    """The trace of what was found about a property; None if it cannot be made."""
    return explaining.part("the trace", lambda: trace_of(protocol, sizes, check), None)


def trace_of(protocol: type[Protocol], sizes: Sizes, check: TemporalCheck) -> Trace:
    """The trace of the run that violates a property of runs, or makes it undefined."""
    name = name_of(protocol)
    if (lasso := check.lasso) is not None:
        violation = Violation(check.called, f"{MEANS[check.kind]}; {ending(lasso)}")
        start = len(lasso.stem)
        return make_trace(protocol, name, sizes, lasso.initial, lasso.path, violation, loop=start)
    found = check.finding
    assert found is not None and found.initial is not None
    wrong = None
    if found.violated is not None:
        wrong = Violation(check.called, "it is false of the last step")
    return make_trace(protocol, name, sizes, found.initial, found.path, wrong, found.undefined)


def ending(lasso: Lasso) -> str:
    """How a run goes on for ever."""
    if lasso.ending is Ending.DEADLOCK:
        return "nothing can happen any more"
    if lasso.ending is Ending.STUTTER:
        return "nothing need happen any more: no fair action can be taken"
    start, end = len(lasso.stem), len(lasso.path)
    steps = f"steps {start + 1} to {end} are" if end - start > 1 else f"step {end} is"
    return f"{steps} repeated for ever"
