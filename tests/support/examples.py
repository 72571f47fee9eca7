"""How much is tried: examples of Hypothesis in terms of its profile, and which of the mutants."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

import pytest
from hypothesis import settings

from quorate.model.mutants import MUTANTS, Mutant

# One of each protocol, two of Paxos by roles.
FEW = frozenset({"P5", "P9", "T2", "M3", "R1"})


def share(parts: int) -> settings:
    """One of so many parts of the profile's examples: for tests whose examples are costly."""
    return settings(max_examples=max(1, settings().max_examples // parts))


def some(
    values: Iterable[Any], kept: Collection[Any], name: Callable[[Any], str] = str
) -> list[Any]:
    """Values as parameters: some every day, the rest with the exhaustive tests."""
    return [
        pytest.param(v, id=name(v), marks=() if v in kept else pytest.mark.exhaustive)
        for v in values
    ]


def few(mutants: Iterable[Mutant], kept: Collection[str] = FEW) -> list[Any]:
    """Mutants as parameters: some every day, the rest with the exhaustive tests.

    For what is shown of each mutant in the same way; that most are found is seen every day, in
    `tests/model/protocols/test_mutants_explored.py`.
    """
    return [
        pytest.param(m, id=m.name, marks=() if m.code in kept else pytest.mark.exhaustive)
        for m in mutants
    ]


def mutants_by_name(*names: str) -> dict[str, Mutant]:
    """Of the table of mutants, those whose classes have these names."""
    found = {key: m for key, m in MUTANTS.items() if m.protocol.__name__ in names}
    assert {m.protocol.__name__ for m in found.values()} == set(names)
    return found
