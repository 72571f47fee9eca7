"""How fast an implementation is driven, through the public API; nothing is asserted.

Processor time of this process alone, since the machine may be busy with others. What the adapter
alone takes for the same calls is measured in the same run: the rest is the price of comparing.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from typing import Any

import pytest

import quorate
from quorate.checker.conform.adapter import Refusal, Setting, Unrealisable
from quorate.checker.conform.adapters.registry import adapter_for
from quorate.checker.loading import load_protocol

from .report import section

PAXOS = {"Acceptor": 3, "Ballot": 2, "Value": 2}
ROLES = {"Proposer": 1, "Acceptor": 2, "Learner": 1, "Ballot": 2, "Value": 1}


class Recorded:
    """The bundled adapter; what is asked of it is written down, to be asked again."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.adapter: Any = adapter_for(load_protocol(name), "healthy")
        self.calls: list[tuple[str, tuple[Any, ...]]] = []
        self._copies: dict[int, tuple[Any, int]] = {}

    def start(self, setting: Setting) -> None:
        self.calls.append(("start", (setting,)))
        self.adapter.start(setting)

    def perform(self, action: str, args: Mapping[str, Any]) -> Any:
        self.calls.append(("perform", (action, args)))
        return self.adapter.perform(action, args)

    def observe(self) -> Any:
        return self.adapter.observe()

    def snapshot(self) -> Any:
        self.calls.append(("snapshot", ()))
        copy = self.adapter.snapshot()
        self._copies[id(copy)] = copy, len(self._copies)
        return copy

    def restore(self, copy: Any) -> None:
        self.calls.append(("restore", (self._copies[id(copy)][1],)))
        self.adapter.restore(copy)

    def again(self) -> float:
        """Processor seconds for the same calls of a new adapter, which is observed as often."""
        adapter: Any = adapter_for(load_protocol(self.name), "healthy")
        copies: list[Any] = []
        began = time.process_time()
        for kind, args in self.calls:
            if kind == "perform":
                with contextlib.suppress(Refusal, Unrealisable):
                    adapter.perform(*args)
                adapter.observe()
            elif kind == "snapshot":
                copies.append(adapter.snapshot())
            elif kind == "restore":
                adapter.restore(copies[args[0]])
            else:
                adapter.start(*args)
        return time.process_time() - began


@pytest.mark.benchmark
def test_driving_the_bundled_implementation() -> None:
    lines = []
    for name, sizes, faults in (("Paxos", PAXOS, {}), ("PaxosRoles", ROLES, {"crash": 1})):
        for probes in (False, True):
            recorded = Recorded(name)
            options = {"sizes": sizes, "faults": faults, "probes": probes, "seconds": 600}
            quorate.conform(name, recorded, **options)  # type: ignore[arg-type]
            began = time.process_time()
            found = quorate.conform(name, **options).conformance  # type: ignore[arg-type]
            took = time.process_time() - began
            done = found.steps + found.probes
            lines.append(
                f"{name:10} {found.driven:6,} of {found.transitions:6,} transitions, "
                f"{found.steps:6,} steps, {found.probes:6,} probes: {took:5.2f} s, "
                f"{done / took:7,.0f} compared a second; "
                f"the adapter alone {recorded.again() / took:4.0%} of it"
            )
    section("Driving the bundled implementation", lines)
