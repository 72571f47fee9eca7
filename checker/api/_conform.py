"""`quorate.conform`: drive an implementation through everything that a model does."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

from quorate.checker.conform.adapter import Adapter
from quorate.checker.conform.adapters.answers import InProcess
from quorate.checker.conform.adapters.by_name import adapter_named
from quorate.checker.conform.adapters.calls import Caller
from quorate.checker.conform.adapters.loading import name_of_adapter
from quorate.checker.conform.adapters.registry import HEALTHY, adapter_for
from quorate.checker.conform.driving.accepting import checked, read_accepted
from quorate.checker.conform.driving.conformance import SECONDS, Driven, DriveOptions, Verdict
from quorate.checker.conform.driving.conformance import conform as driven
from quorate.checker.conform.replaying.battery import MutantReplayed, battery
from quorate.checker.conform.replaying.replay import replay
from quorate.checker.errors import InputError
from quorate.checker.loading import name_of
from quorate.checker.rendering import conformance, regression
from quorate.checker.rendering.cases.conformance import of_conformance
from quorate.checker.rendering.output import Output
from quorate.checker.rendering.regression import Origin
from quorate.checker.reports.cases import Suite
from quorate.model.language import Protocol, Sizes
from quorate.model.language.declare.types import in_flight
from quorate.traces import Trace

from ._check import loaded, sized
from .results import Result


@dataclass(frozen=True, repr=False)
class ConformResult(Result):
    """The result of driving an implementation; `conformance` has differences and coverage."""

    protocol: type[Protocol]
    sizes: Sizes
    implementation: str
    conformance: Driven
    mutants: tuple[MutantReplayed, ...] = ()
    """How it fared along the counterexamples of mutants, where that was asked for."""
    origin: Origin | None = field(default=None, compare=False)
    """How model and adapter are found again; None if no name stands for the adapter."""

    @property
    def holds(self) -> bool:
        bugs = any(m.has_bug for m in self.mutants)
        return self.conformance.verdict is Verdict.CONFORMS and not bugs

    @property
    def violation(self) -> str | None:
        bugs = (m.name for m in self.mutants if m.has_bug)
        line = conformance.finding_line(self.implementation, self.conformance)
        bug = next(bugs, None)
        return f"{self.implementation} has the bug {bug}" if line is None and bug else line

    @property
    def trace(self) -> Trace | None:
        return next(iter(self.traces.values()), None)

    def as_test(self, path: str | PathLike[str]) -> int:
        """Write a pytest file that fails until each difference is mended; how many tests it has.

        Those that are accepted, or were not met again, have no test; bugs of mutants have one.
        Without a test no file is written. Raises InputError where there is a file that was not
        written by this, and where the adapter is an object that cannot be made again by a name.
        """
        found = self.conformance.differences
        new = [d for d in found if d.accepted is None and d.seen_again]
        tests = [regression.of_difference(d, self.protocol, self.sizes) for d in new]
        tests += filter(None, map(regression.of_mutant, self.mutants))
        return regression.write(Path(path), self.origin, self.sizes, tests)

    @property
    def traces(self) -> Mapping[str, Trace]:
        """The run to each difference that is not accepted, by its name."""
        new = (d for d in self.conformance.differences if d.accepted is None)
        return {d.name: d.trace for d in new if d.trace is not None}

    @property
    def suites(self) -> tuple[Suite, ...]:
        cases = of_conformance(self.protocol, self.implementation, self.conformance, self.mutants)
        return (Suite(self.protocol.__name__, cases, self.conformance.seconds),)

    def to_json(self, written: Path | Mapping[str, Path] | None = None) -> dict[str, Any]:
        """As for any result; `written` may also have the file of each difference, by its name."""
        if isinstance(written, Path):
            written = {next(iter(self.traces)): written} if self.traces else {}
        return {
            "protocol": self.protocol.__name__,
            "sizes": dict(self.sizes.items()),
            "faults": dict(self.sizes.faults),
            **conformance.as_json(self.implementation, self.conformance, written or {}),
            "mutants": conformance.mutants_json(self.mutants),
        }

    def show(self, out: Output) -> None:
        out.title(f"{self.protocol.__name__}  {self.sizes}")
        self.report(out, coverage=False)

    def report(
        self, out: Output, coverage: bool, again: Callable[[str | None], str] | None = None
    ) -> None:
        """The result without its title; `again` is the command for a run, with None for all."""
        conformance.report(out, self.implementation, self.conformance, coverage, again)
        conformance.report_mutants(out, self.mutants)


def conform(
    protocol: type[Protocol] | str,
    adapter: Adapter | str | None = None,
    *,
    variant: str | None = None,
    sizes: Mapping[str, int] | Sizes | None = None,
    faults: Mapping[str, int] | None = None,
    seconds: float = SECONDS,
    seed: int = 0,
    probes: bool = True,
    hidden: int = 0,
    mutants: bool = False,
    accept: Mapping[str, str] | str | PathLike[str] | None = None,
    step_timeout: float | None = None,
) -> ConformResult:
    """Drive an implementation along every transition of a model, and compare it after each step.

    Where the graph of the model is too large a sample is drawn by `seed`. In each state what the
    model disables is tried too, unless `probes` is False. With `hidden`, up to so many steps of
    processes may happen unasked before and after each step that is asked for. The implementation
    is said to conform only if all was driven, within `seconds`. `accept` names differences that are
    known, each with the reason; or it is a TOML file with these in a table [accepted]. With
    `mutants`, counterexamples of the model's mutants are replayed too, which it must refuse.

    `adapter` drives an implementation of yours. By its name, "path.py:Class", "module:Class" or, in
    any language, "exec:COMMAND", it runs in a process of its own, where a call that takes longer
    than `step_timeout` seconds (10 by default) has hung; an object is called here, without a limit.
    Without an adapter the bundled implementation is driven: `variant` is "healthy", as by default,
    or the name of a defect.

    Raises ModelError, StepError, SizeError, InputError, AdapterError.
    """
    if adapter is not None and variant is not None:
        raise InputError("a variant is one of the bundled implementation: give no adapter with it")
    if step_timeout is not None and not isinstance(adapter, str):
        raise InputError("step_timeout is for an adapter that is given by name")
    for name, value in (("step_timeout", step_timeout or 1), ("seconds", seconds)):
        if not 0 < value < math.inf:
            raise InputError(f"{name}: found {value}, expected a number of seconds")
    target = loaded(protocol)
    check_hidden(target, hidden)
    given = sized(target, sizes, faults)
    accepted = _accepted(accept)
    options = DriveOptions(
        seconds=seconds, seed=seed, probing=probes, hidden=hidden, accepted=accepted
    )
    name = protocol if isinstance(protocol, str) and ":" in protocol else name_of(target)
    if isinstance(adapter, str):
        with adapter_named(adapter, target, step_timeout) as process:
            found = driven(target, name, given, process, options)
            replays = _replays(target, given, process) if mutants else ()
    else:
        driver = adapter_for(target, variant or HEALTHY) if adapter is None else adapter
        found = driven(target, name, given, InProcess(Caller(driver)), options)
        replays = _replays(target, given, driver) if mutants else ()
    what = _name(adapter, variant)
    origin = origin_of(name, adapter, variant, step_timeout, hidden)
    return ConformResult(target, given, what, found, replays, origin)


def check_hidden(protocol: type[Protocol], hidden: int) -> None:
    """Make sure that so many steps may be hidden. Raises InputError."""
    if hidden < 0:
        raise InputError(f"hidden: found {hidden}, expected a number of steps")
    if hidden and any(in_flight(v.type) for v in protocol.variables().values()):
        raise InputError(
            "hidden: found a network whose messages are gone once they are delivered, expected one "
            "that only grows: what a hidden step sent and another received is not seen"
        )


def _replays(
    protocol: type[Protocol], sizes: Sizes, adapter: Adapter
) -> tuple[MutantReplayed, ...]:
    return tuple(battery(protocol, sizes, lambda trace, mutant: replay(trace, mutant, adapter)))


def _accepted(accept: Mapping[str, str] | str | PathLike[str] | None) -> Mapping[str, str]:
    if accept is None:
        return {}
    if isinstance(accept, Mapping):
        return checked(accept, "accept")
    return read_accepted(Path(accept))


def origin_of(
    protocol: str,
    adapter: Adapter | str | None,
    variant: str | None,
    step_timeout: float | None,
    hidden: int = 0,
) -> Origin | None:
    """How model and adapter are found again; None if no name stands for the adapter."""
    if adapter is None:
        return Origin(protocol, None, variant or HEALTHY, step_timeout, hidden)
    named = adapter if isinstance(adapter, str) else name_of_adapter(adapter)
    return None if named is None else Origin(protocol, named, None, step_timeout, hidden)


def _name(adapter: Adapter | str | None, variant: str | None) -> str:
    """What the implementation is called."""
    if isinstance(adapter, str):
        return adapter
    return variant or HEALTHY if adapter is None else type(adapter).__name__
