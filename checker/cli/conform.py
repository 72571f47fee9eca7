"""`quorate conform`: drive an implementation along all that a model does, and say how it fared."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .conform_cluster import RatesOption, check_options, run_cluster
from .exit_codes import INCONCLUSIVE, NONCONFORMING
from .files import test_written, unwritten, writable, write_traces
from .html_report import html_option, told
from .options import (
    ascii_option,
    json_option,
    merged,
    option_error,
    protocols,
    sizes_option,
    step_timeout_option,
)
from .reports import reports_options
from .sizing import sized
from .watch import watchable

if TYPE_CHECKING:
    from quorate.checker.rendering.output import Output
    from quorate.model.language import Sizes

CODES = {"does not conform": NONCONFORMING, "inconclusive": INCONCLUSIVE}
"""The exit codes of the verdicts; that of the other is 0."""


@click.command("conform")
@click.argument("protocol", shell_complete=protocols, required=False)
@watchable
@sizes_option
@click.option(
    "--adapter",
    metavar="ADAPTER",
    help="Your own implementation: path.py:Class [ARGUMENT ...], or exec:COMMAND in any language; "
    "with --cluster, a system: path.py:Class [ARGUMENT ...].",
)
@click.option(
    "--impl",
    "variant",
    help="Which variant of the bundled implementation: healthy (default), or a defect's name.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, min_open=True),
    help="Time limit for driving it, or running it.  [default: 60]",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    help="Random seed of a sample, or of faults.",
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
@click.option(
    "--trace",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the run to each difference (ITF): FILE, and beside it FILE-2, FILE-3, ...",
)
@click.option(
    "--run",
    metavar="RUN",
    help="Do one run alone: calls of actions, as they are shown, with ; between them.",
)
@click.option(
    "--as-test",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write a pytest file that fails until the differences are mended.",
)
@click.option("--coverage", is_flag=True, help="Show how often each action and guard was tried.")
@click.option(
    "--cluster",
    is_flag=True,
    help="Run real processes under faults instead, and judge their answers and logs.",
)
@click.option("--nodes", type=int, help="How many processes, with --cluster.  [default: 3]")
@click.option("--leases", is_flag=True, help="The bundled Raft reads by leases, with --cluster.")
@click.option(
    "--margin",
    type=click.IntRange(min=1),
    metavar="MS",
    help="By how many milliseconds a clock may fall behind others while these wait for a leader "
    "(0.8 s), with --leases.  [default: 60]",
)
@click.option(
    "--drift",
    type=click.IntRange(min=0),
    metavar="MS",
    help="By how many it does, now and then: as --margin says by default. Past it reads are stale.",
)
@click.option(
    "--rates",
    type=RatesOption(),
    help="How often faults happen, with --cluster: loss=0.05,kill=2.",
)
@click.option("--runs", type=click.IntRange(min=1), help="At most so many runs, with --cluster.")
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Keep the files of all runs here, with --cluster.",
)
@reports_options
@html_option
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
    quorate conform --cluster --seconds 600
    """
    check_options(options["cluster"])
    if options["cluster"]:
        return run_cluster(options)
    if options["protocol"] is None:
        option_error("Missing argument 'PROTOCOL'.")
    import quorate
    from quorate.checker.loading import load_protocol
    from quorate.checker.rendering.output import Output
    from quorate.checker.rendering.regression import refuse_others

    _check(options)
    target = load_protocol(options["protocol"])
    sizes = sized(target, merged(options["sizes"]), merged(options["faults"]))
    writable(options["trace"])
    writable(options["html"])
    if options["as_test"] is not None:
        writable(options["as_test"])
        refuse_others(options["as_test"])
    out = Output()
    if not options["as_json"]:
        out.title(f"{target.__name__}  {sizes}")
    if options["run"] is not None:
        return _follow(options, sizes, out)
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
    options["reports"].tell(result)
    code = CODES.get(result.conformance.verdict.value, 0)
    if any(m.has_bug for m in result.mutants):
        code = NONCONFORMING
    written: dict[str, Path] = {}
    said: list[str] = []
    if options["trace"] is not None:
        written, said = write_traces(result.traces, options["trace"])
        said += unwritten(result.trace, options["trace"])
    tests = None if options["as_test"] is None else result.as_test(options["as_test"])
    if not told("conform", code, options, lambda: result.to_json(written)):
        result.report(out, options["coverage"], lambda run: _again(options, sizes, run))
        for line in said:
            out.line(line)
        if tests is not None:
            out.line(test_written(tests, options["as_test"]))
    return code


def _follow(options: Mapping[str, Any], sizes: Sizes, out: Output) -> int:
    """Do one run alone."""
    import quorate

    result = quorate.follow(
        options["protocol"],
        options["adapter"],
        options["run"],
        variant=options["variant"],
        sizes=dict(sizes),
        faults=sizes.faults,
        hidden=options["hidden"],
        step_timeout=options["step_timeout"],
    )
    options["reports"].tell(result)
    failed = NONCONFORMING if result.violation is not None else INCONCLUSIVE
    code = 0 if result.holds else failed
    written: dict[str, Path] = {}
    said: list[str] = []
    if options["trace"] is not None:
        found = {} if result.trace is None else {"": result.trace}
        written, said = write_traces(found, options["trace"])
        said += unwritten(result.trace, options["trace"])

    def about() -> dict[str, Any]:
        return {"protocol": options["protocol"], "sizes": dict(sizes), "faults": sizes.faults}

    body = {"followed": result.to_json(written.get(""))}
    if not told("conform", code, options, lambda: body, about):
        result.show(out)
        for line in said:
            out.line(line)
    return code


def _check(options: Mapping[str, Any]) -> None:
    if options["adapter"] is not None and options["variant"] is not None:
        option_error("--impl is for the bundled implementation: it does not go with --adapter")
    if options["adapter"] is None and options["step_timeout"] is not None:
        option_error("--step-timeout is for --adapter: the bundled implementation does not hang")
    if options["run"] is not None:
        for name in ("seconds", "seed", "mutants", "no_probes", "accept", "as_test", "coverage"):
            if options[name]:
                option = f"--{name.replace('_', '-')}"
                option_error(f"--run does one run alone: {option} does not go with it")


def _again(options: Mapping[str, Any], sizes: Sizes, run: str | None) -> str:
    """The command that does a run again, or with None all."""
    words = ["quorate", "conform", options["protocol"]]
    for flag, given in (("-s", sizes), ("-f", sizes.faults)):
        if text := ",".join(f"{name}={n}" for name, n in given.items()):
            words += [flag, text]
    words += ["--impl", options["variant"]] if options["variant"] else []
    whole = () if run is not None else ("seed", "seconds", "accept")
    for option in ("adapter", "hidden", "step_timeout", *whole):
        if given := options[option]:
            text = f"{given:g}" if isinstance(given, float) else str(given)
            words += [f"--{option.replace('_', '-')}", text]
    if run is not None:
        return shlex.join([*words, "--run", run])
    words += ["--no-probes"] if options["no_probes"] else []
    words += ["--mutants"] if options["mutants"] else []
    return shlex.join(words)
