"""Temporal properties on a graph of a million states: CPU time and memory of the analysis."""

from __future__ import annotations

import time

import pytest

from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.liveness.check import check_runs
from quorate.model.language import (
    Map,
    Nat,
    Protocol,
    Sort,
    action,
    always_eventually,
    durable,
    eventually,
    leads_to,
    require,
    step_property,
)

from .report import section


class Proc(Sort): ...


class Height(Nat): ...


class Climbers(Protocol):
    """Everybody climbs, rests at will, and starts again from below."""

    at: Map[Proc, Height] = durable(0)
    resting: Map[Proc, bool] = durable(False)

    @action(fair="weak", fair_for="p")
    def up(self, p: Proc) -> None:
        require(not self.resting[p])
        require(any(self.at[p] < h for h in Height))
        self.at[p] = self.at[p] + 1

    @action(fair="strong", fair_for="p")
    def down(self, p: Proc) -> None:
        require(self.at[p] > 1)
        self.at[p] = 0

    @action
    def rest(self, p: Proc) -> None:
        self.resting[p] = not self.resting[p]

    @leads_to
    def who_climbs_starts_again(self, p: Proc) -> tuple[bool, bool]:
        return self.at[p] > 1, self.at[p] == 0

    @eventually
    def all_climb(self, p: Proc) -> bool:
        return self.at[p] > 0

    @always_eventually
    def all_are_below(self) -> bool:
        return all(self.at[p] == 0 for p in Proc)

    @step_property
    def one_at_a_time(self, old: Climbers, p: Proc) -> bool:
        return self.at[p] <= old.at[p] + 1


@pytest.mark.benchmark
def test_a_million_states() -> None:
    explorer = Explorer(Climbers, Climbers.sized(Proc=5, Height=7))
    explorer.run(coverage=False)
    kinds = ["who_climbs_starts_again", "all_climb", "all_are_below", "one_at_a_time"]
    lines = []
    for names in (*([k] for k in kinds), kinds):
        before = time.process_time()
        found = check_runs(explorer, names)
        spent = time.process_time() - before
        verdicts = ", ".join(f"{c.name} {c.verdict.value}" for c in found.checks)
        lines.append(f"{spent:5.1f} s {found.size / 2**20:5.0f} MiB  {verdicts}")
    section(f"Temporal properties: {found.states:,} states, {found.edges:,} edges", lines)
