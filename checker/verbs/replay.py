"""`quorate replay`: drive an implementation along a trace, and say how it fared."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from quorate.checker.cli import NONCONFORMING, VIOLATED

from .options import ascii_option, json_option


@click.command("replay")
@click.argument("trace", type=click.Path(path_type=Path))
@click.option(
    "--impl",
    "variant",
    default="healthy",
    show_default=True,
    help="Which variant of the bundled implementation: healthy, or the name of a defect.",
)
@click.option("--adapter", help="Your own implementation: path.py:Class of an adapter.")
@click.option("--protocol", help="The protocol, if it is not where the trace says it is.")
@click.option("--diagram", is_flag=True, help="Show the trace as well.")
@json_option
@ascii_option
def command(**options: Any) -> int:
    """Replay TRACE (ITF) on an implementation, step by step.

    After each step the state and the messages sent are compared. The outcome is one of:
    reproduced (the implementation violates the property too, exit 1), refused (it does not do a
    step that the model allows: good if the model is a broken one, exit 0; exit 5 if the trace
    violates nothing), conforms (exit 0).
    """
    return _run(**options)


def _run(
    trace: Path,
    variant: str,
    adapter: str | None,
    protocol: str | None,
    diagram: bool,
    as_json: bool,
) -> int:
    from quorate.checker.conform.registry import adapter_for
    from quorate.checker.conform.replay import check_trace, replay
    from quorate.checker.load import load_protocol
    from quorate.checker.report.console import Output
    from quorate.checker.report.document import envelope
    from quorate.traces import read_itf

    recorded = read_itf(trace)
    target = load_protocol(protocol or recorded.protocol)
    driver = adapter_for(target, variant, adapter)
    check_trace(recorded, target)
    found = replay(recorded, target, driver)
    code = _exit_code(found.verdict, recorded.violation is None)
    out = Output()
    if as_json:
        out.document(envelope("replay", code, _as_json(trace, variant, adapter, found)))
    else:
        if diagram:
            out.table(recorded)
            out.diagram(recorded)
        report(out, adapter or variant, len(recorded.steps), found)
    return code


def _exit_code(verdict: Any, healthy_trace: bool) -> int:
    from quorate.checker.conform.replay import Verdict

    if verdict is Verdict.REPRODUCED:
        return VIOLATED
    return NONCONFORMING if verdict is Verdict.REFUSED and healthy_trace else 0


def report(out: Any, what: str, steps: int, found: Any) -> None:
    """The outcome, on one screen."""
    from quorate.checker.conform.replay import Verdict

    match found.verdict:
        case Verdict.REPRODUCED:
            out.line(
                f"reproduced: {what} does all {steps} steps and violates {found.violated}", "bad"
            )
        case Verdict.CONFORMS:
            out.line(f"conforms: {what} does all {steps} steps as the model does", "ok")
        case Verdict.REFUSED:
            out.line(f"refused: {what} does {found.steps} of {steps} steps, not the next", "ok")
            for line in str(found.divergence).splitlines():
                out.line(line, indent=1)


def _as_json(trace: Path, variant: str, adapter: str | None, found: Any) -> dict[str, Any]:
    return {
        "trace": str(trace),
        "implementation": adapter or variant,
        **replay_json(found),
    }


def replay_json(found: Any) -> dict[str, Any]:
    """A replay's outcome, for programs."""
    return {
        "verdict": found.verdict.value,
        "steps": found.steps,
        "violated": found.violated,
        "divergence": found.divergence and asdict(found.divergence),
    }
