"""Searches that leave steps out against the full search: verdicts, depths, and states."""

from __future__ import annotations

from dataclasses import dataclass

from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.results import Exploration, Outcome
from quorate.model.language import Protocol, Sizes, StepError

from ..searching import searching
from .searches import check_path


@dataclass(frozen=True)
class Comparison:
    """How two searches that agree ended, and by how much the second was smaller."""

    ending: str
    full: int = 0
    states: int = 0
    depth: int = 0

    @property
    def reduced(self) -> bool:
        return self.states < self.full

    def __str__(self) -> str:
        return f"{self.ending}{', reduced' if self.reduced else ''}"


def agree(
    protocol: type[Protocol],
    sizes: Sizes,
    only: frozenset[str] | None = None,
    limit: int | None = None,
    symmetry: bool = False,
    eager: bool = False,
) -> Comparison:
    """Assert that the search by stubborn sets, or the eager one, ends as the full one does."""
    try:
        whole = Explorer(protocol, sizes, searching(limit=limit), invariants=only)
    except StepError:  # in @init
        return Comparison("undefined start")
    plain = whole.run(coverage=False)
    if plain.outcome is Outcome.LIMIT:
        return Comparison("too large")
    search = searching(eager=True) if eager else searching(por=True)
    explorer = Explorer(protocol, sizes, search, invariants=only, symmetry=symmetry)
    return compare(protocol, sizes, whole, plain, explorer, explorer.run(coverage=False))


def compare(
    protocol: type[Protocol],
    sizes: Sizes,
    whole: Explorer,
    plain: Exploration,
    explorer: Explorer,
    found: Exploration,
) -> Comparison:
    if Outcome.UNDEFINED in (plain.outcome, found.outcome):
        # Of a step without sense and a violation at the next depth, either may be met first.
        assert {plain.outcome, found.outcome} <= {Outcome.UNDEFINED, Outcome.VIOLATED}
        assert found.depth == plain.depth or explorer.search.eager
        return Comparison("undefined")
    assert found.outcome == plain.outcome
    assert found.states <= plain.states or found.outcome is Outcome.VIOLATED
    assert found.reached <= plain.reached
    if found.outcome is Outcome.VIOLATED:
        assert found.depth == len(found.path)
        assert found.depth == plain.depth or (explorer.search.eager and found.depth > plain.depth)
        check_path(protocol, sizes, found)
        return Comparison("violated", plain.states, found.states, found.depth)
    assert found.outcome in (Outcome.HOLDS, Outcome.WITHIN)
    with sizes:
        for k in range(found.states):
            assert whole.store.find(explorer.store.row(k)) >= 0
    return Comparison(found.outcome.value, plain.states, found.states)
