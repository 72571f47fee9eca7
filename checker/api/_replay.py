"""`quorate.replay`: replay a trace of the model on an implementation."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

from quorate.checker.conform.adapter import Adapter
from quorate.checker.conform.adapters.by_name import adapter_named
from quorate.checker.conform.adapters.registry import HEALTHY, adapter_for
from quorate.checker.conform.replaying.recorded import check_trace, protocol_of, sizes_of
from quorate.checker.conform.replaying.replay import Replay, ReplayVerdict
from quorate.checker.conform.replaying.replay import replay as driven
from quorate.checker.errors import InputError
from quorate.checker.loading import name_of
from quorate.checker.rendering import regression, replays
from quorate.checker.rendering.output import Output
from quorate.checker.rendering.regression import Origin
from quorate.model.language import Protocol
from quorate.traces import Trace, read_itf

from ._check import loaded
from ._conform import origin_of
from .results import Result


@dataclass(frozen=True, repr=False)
class ReplayResult(Result):
    """The result of a replay: `replay` has the details, `recorded` is the trace.

    `file` is where the trace was read from, None where it was given.
    """

    protocol: type[Protocol]
    recorded: Trace
    implementation: str
    replay: Replay
    file: Path | None = None
    origin: Origin | None = field(default=None, compare=False)
    """How model and adapter are found again; None if no name stands for the adapter."""

    @property
    def holds(self) -> bool:
        """Whether it conforms, or does not do what is wrong with the model."""
        return self.replay.verdict in (ReplayVerdict.CONFORMS, ReplayVerdict.REFUSED)

    @property
    def violation(self) -> str | None:
        return replays.finding_line(self.implementation, len(self.recorded.steps), self.replay)

    @property
    def trace(self) -> Trace | None:
        return None if self.violation is None else self.recorded

    def as_test(self, path: str | PathLike[str]) -> int:
        """Write a pytest file that fails while it diverges, or has a mutant's bug: 1, or 0 if not.

        Raises InputError where there is a file that was not written by this, and where the adapter
        is an object that cannot be made again by a name.
        """
        sizes = sizes_of(self.recorded, self.protocol)
        test = regression.of_replay(self.replay, self.recorded, self.protocol, sizes)
        return regression.write(Path(path), self.origin, sizes, [] if test is None else [test])

    def to_json(self, written: Path | None = None) -> dict[str, Any]:
        return replays.as_json(written or self.file, self.implementation, self.replay)

    def show(self, out: Output) -> None:
        replays.report(out, self.implementation, len(self.recorded.steps), self.replay)

    def report(self, out: Output, diagram: bool) -> None:
        """The result; with `diagram`, below the trace as a table and a diagram."""
        if diagram:
            out.table(self.recorded)
            out.diagram(self.recorded)
        self.show(out)


def replay(
    trace: Trace | str | PathLike[str],
    adapter: Adapter | str | None = None,
    *,
    variant: str | None = None,
    protocol: type[Protocol] | str | None = None,
    step_timeout: float | None = None,
) -> ReplayResult:
    """Replay a trace on an implementation, and compare it with the model after each step.

    `trace` is a result's, or the name of an ITF file. `adapter` drives an implementation of yours.
    By its name, "path.py:Class", "module:Class" or, in any language, "exec:COMMAND", it runs in a
    process of its own, where a call that takes longer than `step_timeout` seconds (10 by default)
    has hung; an object is called here, without a limit. Without an adapter the bundled
    implementation is driven: `variant` is "healthy", as by default, or the name of a defect.
    `protocol` is needed where the trace's is not where the trace says.

    Raises ModelError, TraceError, InputError, AdapterError.
    """
    if adapter is not None and variant is not None:
        raise InputError("a variant is one of the bundled implementation: give no adapter with it")
    if step_timeout is not None and not isinstance(adapter, str):
        raise InputError("step_timeout is for an adapter that is given by name")
    if step_timeout is not None and not 0 < step_timeout < math.inf:
        raise InputError(f"step_timeout: found {step_timeout}, expected a number of seconds")
    file = None if isinstance(trace, Trace) else Path(trace)
    recorded = trace if isinstance(trace, Trace) else read_itf(Path(trace))
    target = protocol_of(recorded, file) if protocol is None else loaded(protocol)
    if adapter is None:
        driver = adapter_for(target, variant or HEALTHY)
        check_trace(recorded, target)
        found = driven(recorded, target, driver)
    elif isinstance(adapter, str):
        check_trace(recorded, target)
        with adapter_named(adapter, target, step_timeout) as process:
            found = driven(recorded, target, process)
    else:
        check_trace(recorded, target)
        found = driven(recorded, target, adapter)
    origin = origin_of(name_of(target), adapter, variant, step_timeout)
    return ReplayResult(target, recorded, _name(adapter, variant), found, file, origin)


def _name(adapter: Adapter | str | None, variant: str | None) -> str:
    """What the implementation is called."""
    if isinstance(adapter, str):
        return adapter
    return variant or HEALTHY if adapter is None else type(adapter).__name__
