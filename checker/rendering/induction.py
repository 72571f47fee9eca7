"""A check by k-induction, for people and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from quorate.checker.loading import name_of
from quorate.checker.prove.bounded import Induced, KInductionResult, ObligationStatus
from quorate.checker.prove.bounded import PathToViolation as FromAnywhere
from quorate.checker.tracing.build import make_trace
from quorate.model.language import Protocol, Sizes
from quorate.traces import Trace

from .document import run_json
from .output import Output
from .runs import show_found, show_step, undefined_line, violation_line
from .words import count, holding, seconds, without_constraints

SENSE = "every step makes sense"


def finding_line(found: KInductionResult) -> str | None:
    """What is wrong, in one line; None if no violation was found."""
    base = found.base
    if base.initial is None:
        return None
    return violation_line(base.violated, base.undefined, base.path)


def report(
    out: Output,
    protocol: type[Protocol],
    sizes: Sizes,
    found: KInductionResult,
    warnings: Sequence[str],
    trace: Trace | None,
) -> None:
    """The result, for people; `trace` is the run to what is violated or undefined."""
    base = found.base
    if names := protocol.methods("constraint"):
        out.line(without_constraints(names))
    if base.initial is not None:
        what = f"{base.violated} is violated"
        if base.undefined is not None:
            what = undefined_line(base.undefined, len(base.path))
        out.line(f"{what}: {count(base.depth, 'step')}, {seconds(found.seconds)}", "bad")
        show_found(out, trace, base.path)
        return
    mark = "" if warnings else "ok"  # if nothing is claimed, nothing holds
    if base.depth >= 0:
        out.line(f"no run of at most {count(base.depth, 'step')} violates an invariant", mark)
    for induced in found.induced:
        _line(out, induced, mark)
    for induced in found.induced:
        if induced.path is not None:
            _path(out, protocol, sizes, induced, induced.path)
    if found.status is not ObligationStatus.PROVED:
        out.line(f"not k-inductive up to k = {found.most} ({seconds(found.seconds)})", "warn")
    elif not warnings:
        out.line(
            f"k-inductive: {holding(len(base.invariants))} in every reachable state at "
            f"these sizes, without exploring ({seconds(found.seconds)})",
            "ok",
        )
    for warning in warnings:
        out.line(warning, "warn")


def _line(out: Output, i: Induced, mark: str) -> None:
    name = i.invariant or SENSE
    if i.k is not None:
        out.line(f"{name}: holds in every reachable state (k = {i.k})", mark)
    elif i.path is not None:
        out.line(f"{name}: not k-inductive up to k = {len(i.path.moves)}", "warn")
    else:
        out.line(f"{name}: not known", "warn")


def _path(
    out: Output, protocol: type[Protocol], sizes: Sizes, i: Induced, path: FromAnywhere
) -> None:
    given = ", ".join(g or SENSE for g in i.given)
    steps = count(len(path.moves), "step")
    out.line()
    out.title(f"{i.invariant or SENSE}: {steps} to where it does not hold")
    out.line(f"from a state that need not be reachable; before the last one hold {given}")
    show_step(out, _trace(protocol, sizes, i, path))
    if path.wrong != i.invariant:
        out.line(path.wrong, "warn")
    out.line()


def _trace(protocol: type[Protocol], sizes: Sizes, i: Induced, path: FromAnywhere) -> Trace:
    name = name_of(protocol)
    return make_trace(protocol, name, sizes, path.state, path.moves, i.invariant)


def as_json(
    protocol: type[Protocol],
    sizes: Sizes,
    found: KInductionResult,
    warnings: Sequence[str],
    trace: Trace | None,
    written: Path | None,
) -> dict[str, Any]:
    """The result, for programs; `trace` is in the file `written`."""
    base = found.base
    return {
        "protocol": name_of(protocol),
        "sizes": dict(sizes),
        "faults": sizes.faults,
        "verdict": _verdict(found, warnings),
        "most": found.most,
        "seconds": round(found.seconds, 4),
        "violated": base.violated,
        "steps": base.depth if base.initial is not None else None,
        "no_violation_within": base.depth if base.initial is None else base.depth - 1,
        "invariants": [_induced(protocol, sizes, i) for i in found.induced],
        "warnings": list(warnings),
        "trace": str(written) if written is not None else None,
        "run": run_json(trace, written) if trace is not None else None,
    }


def _verdict(found: KInductionResult, warnings: Sequence[str]) -> str:
    if found.status is ObligationStatus.PROVED and warnings:
        return "nothing claimed"
    if found.base.initial is not None:
        return found.base.outcome.value
    return found.status.value


def _induced(protocol: type[Protocol], sizes: Sizes, i: Induced) -> dict[str, Any]:
    path = run_json(_trace(protocol, sizes, i, i.path)) if i.path is not None else None
    return {"invariant": i.invariant, "k": i.k, "given": list(i.given), "run": path}
