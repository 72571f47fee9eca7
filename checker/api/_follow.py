"""`quorate.follow`: an implementation is driven along one run, given as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quorate.checker.conform.adapter import Adapter
from quorate.checker.conform.adapters.answers import InProcess
from quorate.checker.conform.adapters.by_name import adapter_named
from quorate.checker.conform.adapters.calls import Caller
from quorate.checker.conform.adapters.registry import HEALTHY, adapter_for
from quorate.checker.conform.driving.following import Followed, Run
from quorate.checker.conform.driving.following import follow as followed
from quorate.checker.errors import InputError
from quorate.checker.loading import name_of
from quorate.checker.rendering import followed as rendering
from quorate.checker.rendering.output import Output
from quorate.checker.reports.cases import NONCONFORMING
from quorate.model.language import Protocol, Sizes
from quorate.traces import Trace

from ._check import loaded, sized
from ._conform import check_hidden
from .results import Result


@dataclass(frozen=True, repr=False)
class FollowResult(Result):
    """How an implementation fared along a run: `followed` has the difference, if there was one."""

    rule = NONCONFORMING

    protocol: type[Protocol]
    sizes: Sizes
    implementation: str
    followed: Followed

    @property
    def holds(self) -> bool:
        return self.followed.holds

    @property
    def violation(self) -> str | None:
        return rendering.finding_line(self.implementation, self.followed)

    @property
    def trace(self) -> Trace | None:
        found = self.followed.difference
        return None if found is None else found.trace

    @property
    def unseen(self) -> tuple[str, ...]:
        """The variables that were never compared."""
        return self.followed.unseen

    def to_json(self, written: Path | None = None) -> dict[str, Any]:
        return {
            "protocol": self.protocol.__name__,
            "sizes": dict(self.sizes.items()),
            "faults": dict(self.sizes.faults),
            **rendering.as_json(self.implementation, self.followed, written),
        }

    def show(self, out: Output) -> None:
        rendering.report(out, self.implementation, self.followed)


def follow(
    protocol: type[Protocol] | str,
    adapter: Adapter | str | None,
    run: Run,
    *,
    variant: str | None = None,
    sizes: Mapping[str, int] | Sizes | None = None,
    faults: Mapping[str, int] | None = None,
    initial: Mapping[str, Any] | None = None,
    hidden: int = 0,
    step_timeout: float | None = None,
) -> FollowResult:
    """Drive an implementation along one run, and compare it with the model after each step.

    `run` has actions, each with its arguments by name; or it is text, as `quorate conform` shows
    it. What the model disables where the run gets to must do nothing, in the code either. `initial`
    names the values of variables where the model starts in several states. The other
    arguments are those of `conform`.

    Raises ModelError, StepError, SizeError, InputError, AdapterError.
    """
    if adapter is not None and variant is not None:
        raise InputError("a variant is one of the bundled implementation: give no adapter with it")
    target = loaded(protocol)
    check_hidden(target, hidden)
    given = sized(target, sizes, faults)
    name, start = name_of(target), initial or {}
    if isinstance(adapter, str):
        with adapter_named(adapter, target, step_timeout) as process:
            found = followed(target, name, given, process, run, start, hidden)
        return FollowResult(target, given, adapter, found)
    driver = adapter_for(target, variant or HEALTHY) if adapter is None else adapter
    found = followed(target, name, given, InProcess(Caller(driver)), run, start, hidden)
    what = variant or HEALTHY if adapter is None else type(adapter).__name__
    return FollowResult(target, given, what, found)
