"""`quorate replay`: drive an implementation along a trace, and say how it fared."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import click

from .exit_codes import INCONCLUSIVE, NONCONFORMING, VIOLATED
from .files import test_written, writable
from .html_report import html_option, told
from .options import ascii_option, json_option, option_error, step_timeout_option

CODES = {"reproduced": VIOLATED, "diverges": NONCONFORMING, "unjudged": INCONCLUSIVE}
"""The exit codes of the verdicts; those of the others are 0."""


@click.command("replay")
@click.argument("trace", type=click.Path(path_type=Path))
@click.option(
    "--impl",
    "variant",
    help="Which variant of the bundled implementation: healthy (default), or a defect's name.",
)
@click.option(
    "--adapter",
    metavar="ADAPTER",
    help="Your own implementation: path.py:Class [ARGUMENT ...], or exec:COMMAND in any language.",
)
@click.option("--protocol", help="The protocol, if it is not where the trace says it is.")
@step_timeout_option
@click.option(
    "--as-test",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write a pytest file that fails while it diverges, or has the bug.",
)
@click.option("--diagram", is_flag=True, help="Show the trace as well.")
@html_option
@json_option
@ascii_option
def command(**options: Any) -> int:
    """Replay TRACE (ITF) on an implementation, step by step.

    After each step the state and the messages sent are compared. The outcome is one of:

    \b
      reproduced  it takes every step of a counterexample, and violates the property (exit 1)
      refused     it does not take a step of a counterexample: it does not have that bug (exit 0)
      conforms    it takes every step of a run that violates nothing (exit 0)
      diverges    it does not take every step of such a run (exit 5)
      unjudged    the adapter shows too little for a verdict (exit 4)

    An adapter in another language is a command that answers JSON lines on its standard input and
    output: --adapter 'exec:node acceptors.js'.

    An adapter that raises, exits, hangs, or shows values that the model does not have: exit 2.
    """
    import quorate
    from quorate.checker.rendering.document import run_json
    from quorate.checker.rendering.output import Output
    from quorate.checker.rendering.regression import refuse_others

    _check(options["adapter"], options["variant"], options["step_timeout"])
    writable(options["html"])
    if options["as_test"] is not None:
        writable(options["as_test"])
        refuse_others(options["as_test"])
    result = quorate.replay(
        options["trace"],
        options["adapter"],
        variant=options["variant"],
        protocol=options["protocol"],
        step_timeout=options["step_timeout"],
    )
    code = CODES.get(result.replay.verdict.value, 0)
    tests = None if options["as_test"] is None else result.as_test(options["as_test"])
    if not told(
        "replay", code, options, result.to_json, lambda: {"run": run_json(result.recorded)}
    ):
        out = Output()
        result.report(out, options["diagram"])
        if tests is not None:
            out.line(test_written(tests, options["as_test"]))
    return code


def _check(adapter: str | None, variant: str | None, step_timeout: float | None) -> None:
    if adapter is not None and variant is not None:
        option_error("--impl is for the bundled implementation: it does not go with --adapter")
    if adapter is None and step_timeout is not None:
        option_error("--step-timeout is for --adapter: the bundled implementation does not hang")
    if step_timeout is not None and not math.isfinite(step_timeout):
        option_error(f"--step-timeout: found {step_timeout}, expected a number of seconds")
