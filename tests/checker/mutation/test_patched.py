"""The kernel of a mutant, patched from its protocol's, against one that is made like any other."""

from __future__ import annotations

from functools import partial
from random import Random
from typing import Any

import pytest

from quorate.checker.explore.kernel import Kernel
from quorate.checker.explore.search.breadth_first import Explorer, search_from_the_start
from quorate.checker.explore.search.options import BreadthFirst, InMemory
from quorate.checker.mutation.building import changes
from quorate.checker.mutation.patched import PatchedKernel, kernel_like
from quorate.model.language import ModelError, Protocol, SizeError, Sizes
from quorate.model.language.description import describe
from quorate.model.paxos import Paxos
from quorate.model.raft import Raft

from ...support.strategies import generate, loaded, sized
from .locks import Later, Lock

LIMIT = 2_000


def _searched(protocol: type[Protocol], sizes: Sizes, kernel_of: Any = Kernel) -> Any:
    search = BreadthFirst(storage=InMemory(), limit=LIMIT)
    return search_from_the_start(
        lambda: Explorer(protocol, sizes, search, derives=False, kernel_of=kernel_of),
        coverage=False,
    )


def _agree(protocol: type[Protocol], sizes: Sizes, step: int = 1) -> int:
    """Compare the searches of the mutants, every so many; how many kernels were patched."""
    original, _ = _searched(protocol, sizes)
    if original is None:
        return 0
    patched = 0
    for change in changes(protocol)[::step]:
        try:
            mutant = change.build()
            describe(mutant)
        except (ModelError, SyntaxError):
            continue
        own = mutant.sized(sizes.faults, **sizes)  # it may have a quorum system of its own
        quick, found = _searched(mutant, own, partial(kernel_like, original.kernel))
        _, expected = _searched(mutant, own)
        assert (found.outcome, found.depth) == (expected.outcome, expected.depth), change.edit
        if found.complete:
            for of in ("states", "transitions", "fired", "reached"):
                assert getattr(found, of) == getattr(expected, of), (change.edit, of)
        patched += quick is not None and isinstance(quick.kernel, PatchedKernel)
    return patched


@pytest.mark.parametrize(
    ("protocol", "sizes", "step", "least"),
    [
        (Lock, {"Node": 2, "Term": 1}, 2, 6),
        pytest.param(Later, {"Node": 2, "Term": 2}, 1, 9, marks=pytest.mark.exhaustive),
        pytest.param(
            Paxos, {"Acceptor": 2, "Ballot": 2, "Value": 2}, 1, 40, marks=pytest.mark.exhaustive
        ),
        pytest.param(
            Raft,
            {"Server": 2, "Term": 1, "Value": 1, "Index": 1},
            4,
            25,
            marks=pytest.mark.exhaustive,
        ),
    ],
)
def test_mutants(protocol: type[Protocol], sizes: dict[str, int], step: int, least: int) -> None:
    assert _agree(protocol, protocol.sized(**sizes), step) >= least


@pytest.mark.parametrize(
    ("protocols", "most"), [(2, 2), pytest.param(60, 8, marks=pytest.mark.exhaustive)]
)
def test_generated_protocols(protocols: int, most: int) -> None:
    """Of generated protocols, some mutants, until so many protocols had a patched kernel."""
    done, seed = 0, 0
    while done < protocols:
        source = generate(Random(seed))
        seed += 1
        with loaded(source) as protocol:
            try:
                number = len(changes(protocol))
                done += _agree(protocol, sized(protocol, source), 1 + number // most) > 0
            except (ModelError, SizeError):
                continue  # no protocol, or a search of it is too large
