"""`quorate conform`: drive an implementation along all that a model does, and say how it fared."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .exit_codes import INCONCLUSIVE, NONCONFORMING
from .files import test_written, unwritten, writable
from .options import (
    ascii_option,
    json_option,
    merged,
    option_error,
    sizes_option,
    step_timeout_option,
)
from .sizing import sized

if TYPE_CHECKING:
    from quorate.model.language import Sizes

CODES = {"does not conform": NONCONFORMING, "inconclusive": INCONCLUSIVE}
"""The exit codes of the verdicts; that of the other is 0."""


@click.command("conform")
@click.argument("protocol")
@sizes_option
@click.option(
    "--adapter",
    metavar="ADAPTER",
    help="Your own implementation: path.py:Class [ARGUMENT ...], or exec:COMMAND in any language.",
)
@click.option(
    "--impl",
    "variant",
    help="Which variant of the bundled implementation: healthy (default), or a defect's name.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, min_open=True),
    help="Time limit for driving it.  [default: 60]",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, help="Random seed for a large graph."
)
@click.option(
    "--hidden",
    type=click.IntRange(min=0),
    default=0,
    metavar="K",
    help="So many steps of processes may happen unasked, before and after each.",
)
@click.option("--mutants", is_flag=True, help="Replay the model's mutants too: it must refuse.")
@click.option("--no-probes", is_flag=True, help="Do not try what the model disables.")
@click.option(
    "--accept",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Known differences, with reasons: a TOML file with a table [accepted].",
)
@step_timeout_option
@click.option("--trace", type=click.Path(path_type=Path), help="Write the first difference (ITF).")
@click.option(
    "--as-test",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write a pytest file that fails until the differences are mended.",
)
@click.option("--coverage", is_flag=True, help="Show how often each action and guard was tried.")
@json_option
@ascii_option
def command(**options: Any) -> int:
    """Drive an implementation through every transition of PROTOCOL, and compare after each step.

    In each state, steps that the model disables are tried, too. The outcome is one of:

    \b
      conforms          everything was driven, and no difference was found (exit 0)
      does not conform  a difference was found (exit 5)
      inconclusive      nothing was compared, or not everything was driven (exit 4)

    An adapter that raises, exits, hangs, or shows values that the model does not have: exit 2.

    \b
    quorate conform Paxos -s Acceptor=3,Ballot=2,Value=2 --impl promise-for-any-ballot
    """
    import quorate
    from quorate.checker.loading import load_protocol
    from quorate.checker.rendering.document import envelope
    from quorate.checker.rendering.output import Output
    from quorate.checker.rendering.regression import refuse_others
    from quorate.traces import write_itf

    from .console import print_document

    _check(options)
    target = load_protocol(options["protocol"])
    sizes = sized(target, merged(options["sizes"]), merged(options["faults"]))
    writable(options["trace"])
    if options["as_test"] is not None:
        writable(options["as_test"])
        refuse_others(options["as_test"])
    out = Output()
    if not options["as_json"]:
        out.title(f"{target.__name__}  {sizes}")
    result = quorate.conform(
        options["protocol"],
        options["adapter"],
        variant=options["variant"],
        sizes=dict(sizes),
        faults=sizes.faults,
        **({} if options["seconds"] is None else {"seconds": options["seconds"]}),
        seed=options["seed"],
        probes=not options["no_probes"],
        hidden=options["hidden"],
        mutants=options["mutants"],
        accept=options["accept"],
        step_timeout=options["step_timeout"],
    )
    code = CODES.get(result.conformance.verdict.value, 0)
    if any(m.has_bug for m in result.mutants):
        code = NONCONFORMING
    written = None
    if options["trace"] is not None and result.trace is not None:
        write_itf(result.trace, options["trace"])
        written = options["trace"]
    tests = None if options["as_test"] is None else result.as_test(options["as_test"])
    if options["as_json"]:
        print_document(envelope("conform", code, result.to_json(written)))
    else:
        result.report(out, options["coverage"], _again(options, sizes))
        if written is not None:
            out.line(f"trace written to {written}")
        for line in unwritten(result.trace, options["trace"]):
            out.line(line)
        if tests is not None:
            out.line(test_written(tests, options["as_test"]))
    return code


def _check(options: Mapping[str, Any]) -> None:
    if options["adapter"] is not None and options["variant"] is not None:
        option_error("--impl is for the bundled implementation: it does not go with --adapter")
    if options["adapter"] is None and options["step_timeout"] is not None:
        option_error("--step-timeout is for --adapter: the bundled implementation does not hang")


def _again(options: Mapping[str, Any], sizes: Sizes) -> str:
    """The command that shows the same again."""
    words = ["quorate", "conform", options["protocol"]]
    for flag, given in (("-s", sizes), ("-f", sizes.faults)):
        if text := ",".join(f"{name}={n}" for name, n in given.items()):
            words += [flag, text]
    for option in ("adapter", "seed", "seconds", "hidden", "accept"):
        if given := options[option]:
            words += [f"--{option}", f"{given:g}" if option == "seconds" else str(given)]
    words += ["--impl", options["variant"]] if options["variant"] else []
    words += ["--no-probes"] if options["no_probes"] else []
    words += ["--mutants"] if options["mutants"] else []
    return shlex.join(words)
