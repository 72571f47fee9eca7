"""Every mutant at its bound, by the fast explorer: verdict, shortest counterexample."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import pytest

from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.results import Exploration, Outcome
from quorate.model import mutants
from quorate.model.language import Protocol
from quorate.model.mutants import KILLED, MUTANTS, VACUOUS, Mutant

from ...support.examples import few

BROKEN = [m for m in MUTANTS.values() if m.verdict == KILLED]
# To search or to compile, and of Paxos by roles, of which there are others.
SLOW = (
    "M3",
    "MP1",
    "MP3",
    "MP4",
    "MP5",
    "MP7",
    "MP8",
    "MP9",
    "MP18",
    "MP20",
    "MP21",
    "P8",
    "P9",
    "P10",
    "P14",
    "P17",
    "P23",
    "P15",
    "P16",
    "P1",
    "P3",
    "P4",
    "P7",
    "P12",
    "P13",
    "P18",
    "P19",
    "P20",
    "P21",
    "R2",
    "R3",
    "R5",
    "R11",
    "R13",
    "E2",
    "A1",
    "P5",
    "V1",
    "V2",
    "LL1",
    "LL2",
    "LL3",
    "M4",
    "M6",
    "MH1",
    "MH2",
    "MH3",
    "MA1",
    "MA2",
    "MA3",
    "R4",
    "R7",
    "R9",
    "R10",
    "R12",
    "R14",
    "R15",
    "M5",
    "R19",
    "R20",
    "R21",
    "RM1",
    "RM2",
    "R17",
    "R18",
    "RS1",
    "RS2",
    "R25",
    "RI1",
    "R6",
    "R16",
    "R24",
    "RL1",
    "RL2",
    "RL3",
    "R23",
    "RP1",
    "RP2",
)


def run(
    protocol: type[Protocol],
    faults: Mapping[str, int],
    sizes: Mapping[str, int],
    only: str | None = None,
) -> Exploration:
    wanted = None if only is None else frozenset({only})
    return Explorer(protocol, protocol.sized(faults, **sizes), invariants=wanted).run(
        coverage=False
    )


def cases(*verdicts: str) -> Any:
    return pytest.mark.parametrize(
        "mutant",
        [
            pytest.param(
                m,
                id=m.code,
                marks=[pytest.mark.exhaustive] if m.code in SLOW else [],
            )
            for m in MUTANTS.values()
            if m.verdict in verdicts
        ],
    )


@cases(KILLED)
def test_killed_by_a_shortest_counterexample(mutant: Mutant) -> None:
    found = run(mutant.protocol, mutant.faults, mutant.sizes, mutant.violates)
    assert found.outcome is Outcome.VIOLATED and found.violated == mutant.violates
    assert len(found.path) == mutant.steps


@pytest.mark.parametrize("mutant", few(BROKEN, {"T2"}))
def test_no_smaller_bound_shows_it(mutant: Mutant) -> None:
    """One ballot, participant or log entry less, or one crash less, and the bug is out of sight."""
    for name in ("Ballot", "Participant", "Index"):
        fewer = {**mutant.sizes, name: mutant.sizes.get(name, 0) - 1}
        if fewer[name] >= (name != "Index"):
            assert run(mutant.protocol, mutant.faults, fewer, mutant.violates).complete
    if mutant.faults.get("crash"):
        assert run(mutant.protocol, {"crash": 0}, mutant.sizes, mutant.violates).complete


@cases("equivalent", VACUOUS)
def test_survives(mutant: Mutant) -> None:
    found = run(mutant.protocol, mutant.faults, mutant.sizes)
    assert found.complete
    goals = set(mutant.protocol.methods("reachable"))
    assert goals - found.reached == ({mutant.violates} if mutant.verdict == VACUOUS else set())


def test_no_two_have_one_name_or_code() -> None:
    """A second one would take the place of the first without a word."""
    modules = (
        import_module(f"{mutants.__name__}.{m.name}") for m in iter_modules(mutants.__path__)
    )
    every = [mutant for module in modules for mutant in getattr(module, "MUTANTS", ())]
    assert len({m.name for m in every}) == len({m.code for m in every}) == len(every)
    assert {m.name for m in every} == MUTANTS.keys()
