"""`quorate replay`: drive an implementation along a trace, and say how it fared."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .exit_codes import INCONCLUSIVE, NONCONFORMING, VIOLATED
from .options import ascii_option, json_option, option_error

if TYPE_CHECKING:
    from quorate.checker.conform.replay import Replay, ReplayVerdict
    from quorate.checker.rendering.output import Output


@click.command("replay")
@click.argument("trace", type=click.Path(path_type=Path))
@click.option(
    "--impl",
    "variant",
    help="Which variant of the bundled implementation: healthy (default), or a defect's name.",
)
@click.option("--adapter", help="Your own implementation: path.py:Class of an adapter.")
@click.option("--protocol", help="The protocol, if it is not where the trace says it is.")
@click.option(
    "--step-timeout",
    metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True),
    help="A call of --adapter that takes longer has hung. By default 10.",
)
@click.option("--diagram", is_flag=True, help="Show the trace as well.")
@json_option
@ascii_option
def command(**options: Any) -> int:
    """Replay TRACE (ITF) on an implementation, step by step.

    After each step the state and the messages sent are compared. The outcome is one of:

    \b
      reproduced  it does every step of a counterexample, and violates the property (exit 1)
      refused     it does not do a step of a counterexample: it has not that bug (exit 0)
      conforms    it does every step of a run that violates nothing (exit 0)
      diverges    it does not: it does not conform (exit 5)
      unjudged    the adapter shows too little to say (exit 4)

    An adapter that raises, exits, hangs, or answers what the model does not know ends in exit 2.
    """
    return _run(**options)


def _run(
    trace: Path,
    variant: str | None,
    adapter: str | None,
    protocol: str | None,
    step_timeout: float | None,
    diagram: bool,
    as_json: bool,
) -> int:
    from quorate.checker.conform.process import STEP_TIMEOUT_S, AdapterProcess
    from quorate.checker.conform.recorded import check_trace, protocol_of
    from quorate.checker.conform.registry import adapter_for
    from quorate.checker.conform.replay import replay
    from quorate.checker.loading import load_protocol
    from quorate.checker.rendering.document import envelope
    from quorate.checker.rendering.output import Output
    from quorate.traces import read_itf

    from .console import print_document

    if adapter is not None and variant is not None:
        option_error("--impl is for the bundled implementation: it does not go with --adapter")
    if adapter is None and step_timeout is not None:
        option_error("--step-timeout is for --adapter: the bundled implementation does not hang")
    if step_timeout is not None and not math.isfinite(step_timeout):
        option_error(f"--step-timeout: found {step_timeout}, expected a number of seconds")
    recorded = read_itf(trace)
    target = load_protocol(protocol) if protocol else protocol_of(recorded, trace)
    if adapter is None:
        driver = adapter_for(target, variant or "healthy")
        check_trace(recorded, target)
        found = replay(recorded, target, driver)
    else:
        check_trace(recorded, target)
        with AdapterProcess(adapter, step_timeout or STEP_TIMEOUT_S) as process:
            found = replay(recorded, target, process)
    code = _exit_code(found.verdict)
    name = adapter or variant or "healthy"
    out = Output()
    if as_json:
        print_document(envelope("replay", code, _as_json(trace, name, found)))
    else:
        if diagram:
            out.table(recorded)
            out.diagram(recorded)
        report(out, name, len(recorded.steps), found)
    return code


def _exit_code(verdict: ReplayVerdict) -> int:
    return {"reproduced": VIOLATED, "diverges": NONCONFORMING, "unjudged": INCONCLUSIVE}.get(
        verdict.value, 0
    )


def report(out: Output, what: str, steps: int, found: Replay) -> None:
    """The outcome, on one screen."""
    did = f"{what} does {found.steps} of {steps} steps"
    match found.verdict.value:
        case "reproduced":
            out.line(
                f"reproduced: {what} does all {steps} steps and violates {found.violated}", "bad"
            )
        case "conforms":
            out.line(f"conforms: {what} does all {steps} steps as the model does", "ok")
            if found.unseen:
                out.line(f"not shown, so not compared: {', '.join(found.unseen)}", indent=1)
        case "refused":
            out.line(f"refused: {did}, not the next", "ok")
        case "diverges" if found.divergence is not None and not found.divergence.step:
            out.line(f"does not conform: {what} does not start as the model does", "bad")
        case "diverges":
            out.line(f"does not conform: {did} as the model does, not the next", "bad")
        case "unjudged":
            out.line(f"unjudged: {found.reason}", "warn")
            out.line(did, indent=1)
    for line in str(found.divergence or "").splitlines():
        out.line(line, indent=1)


def _as_json(trace: Path, name: str, found: Replay) -> dict[str, Any]:
    return {
        "trace": str(trace),
        "implementation": name,
        **replay_json(found),
    }


def replay_json(found: Replay) -> dict[str, Any]:
    """A replay's outcome, for programs."""
    return {
        "verdict": found.verdict.value,
        "steps": found.steps,
        "violated": found.violated,
        "divergence": found.divergence and asdict(found.divergence),
        "reason": found.reason,
        "unseen": list(found.unseen),
    }
