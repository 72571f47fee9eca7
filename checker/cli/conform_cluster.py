"""`quorate conform --cluster`: real processes under faults."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from .exit_codes import INCONCLUSIVE, NONCONFORMING
from .files import writable
from .html_report import told
from .options import given_options, option_error

if TYPE_CHECKING:
    from quorate.checker.conform.cluster.campaign import Campaign

CODES = {"does not conform": NONCONFORMING, "inconclusive": INCONCLUSIVE}
"""The exit codes of the verdicts; that of the other is 0."""

ALONE = ("--nodes", "--leases", "--margin", "--drift", "--runs", "--rates", "--keep")
"""The options that are for clusters alone."""

SHARED = ("--cluster", "--adapter", "--impl", "--seconds", "--seed", "--html", "--json", "--ascii")
"""Those that mean the same for both."""


class RatesOption(click.ParamType[dict[str, float], Any]):
    """`fault=rate`, several separated by commas."""

    name = "FAULT=RATE,..."

    def convert(self, value: Any, param: Any, ctx: Any) -> dict[str, float]:
        if isinstance(value, dict):
            return value
        found: dict[str, float] = {}
        for part in value.split(","):
            match = re.fullmatch(r"\s*([\w-]+)\s*=\s*(\d*\.?\d+|\d+\.)\s*", part)
            if match is None:
                self.fail(f"`{part}` is not FAULT=RATE, as in loss=0.05", param, ctx)
            if match[1] in found:
                self.fail(f"{match[1]} is given twice", param, ctx)
            found[match[1]] = float(match[2])
        return found


def check_options(cluster: bool) -> None:
    """Refuse what does not go together."""
    given = given_options()
    if cluster:
        for name in sorted(given - {*ALONE, *SHARED}):
            option_error(f"{name} does not go with --cluster")
        if "--adapter" in given:
            for name in sorted(given & {"--impl", "--nodes", "--leases", "--margin", "--drift"}):
                option_error(f"{name} is for the bundled cluster: it does not go with --adapter")
    else:
        for name in sorted(given & set(ALONE)):
            option_error(f"{name} is for --cluster")
    for name in sorted(given & {"--margin", "--drift"} if "--leases" not in given else ()):
        option_error(f"{name} is of leases: give --leases")


def run_cluster(options: Mapping[str, Any]) -> int:
    """Run it, print the outcome; returns the exit code."""
    import quorate
    from quorate.checker.rendering.output import Output

    writable(options["html"])
    given: dict[str, Any] = {}
    if options["seconds"] is not None:
        given["seconds"] = options["seconds"]
    if sys.stderr.isatty() and not options["as_json"]:
        given["told"] = _tell
    result = quorate.conform_cluster(
        options["protocol"],
        options["adapter"],
        variant=options["variant"],
        nodes=options["nodes"],
        leases=options["leases"],
        margin_s=_in_seconds(options["margin"]),
        drift_s=_in_seconds(options["drift"]),
        runs=options["runs"],
        seed=options["seed"],
        rates=options["rates"],
        keep=options["keep"],
        **given,
    )
    code = CODES.get(result.campaign.verdict.value, 0)
    if not told("conform", code, options, result.to_json):
        found = result.campaign.found
        result.report(Output(), None if found is None else _again(options, found.seed))
    return code


def _in_seconds(given_ms: int | None) -> float | None:
    return None if given_ms is None else given_ms / 1000


def _tell(done: Campaign) -> None:
    """A sign of life on a terminal, on a line of its own that the next one overwrites."""
    kills = sum(done.kills.values())
    click.echo(f"\r{done.runs} runs, {done.lines:,} lines, {kills} kills ", nl=False, err=True)


def _again(options: Mapping[str, Any], seed: int) -> str:
    """The command that begins with the run that found something."""
    words = ["quorate", "conform"]
    words += [options["protocol"]] if options["protocol"] else []
    words += ["--cluster", "--seed", str(seed)]
    for option, name in (("--adapter", "adapter"), ("--impl", "variant"), ("--nodes", "nodes")):
        words += [option, str(options[name])] if options[name] is not None else []
    words += ["--leases"] if options["leases"] else []
    for option, name in (("--margin", "margin"), ("--drift", "drift")):
        words += [option, str(options[name])] if options[name] is not None else []
    if options["rates"]:
        words += ["--rates", ",".join(f"{name}={r:g}" for name, r in options["rates"].items())]
    return shlex.join(words)
