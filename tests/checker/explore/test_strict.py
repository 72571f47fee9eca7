"""Where a description looks at more than CPython does, in an initial state.

`check` rests on nothing having been undefined in the state before. What CPython does not look at
has to be found by the kernel there, or a later state would be judged by numbers that mean nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from quorate.checker.explore.compiled import CompiledModel
from quorate.checker.explore.search.directed.search import Directed
from quorate.checker.explore.search.directed.walks import Walks
from quorate.checker.explore.search.reference import explore_reference
from quorate.checker.results import Exploration, Outcome
from quorate.model.language import Protocol, Sizes

from ...support.searching import explorer
from ...support.strategies import Source, loaded

TEXT = """
from quorate.model.language import *

class Node(Sort): ...
class Count(Nat): ...

class Proto(Protocol):
    at: Map[Node, Count] = durable(0)
    done: Map[Node, bool] = durable(False)

    @action
    def finish(self, p: Node) -> None:
        require(not self.done[p])
        self.done[p] = True

    @invariant
    def right(self) -> bool:
        return all(self.at[p] - 1 == 0 or not self.done[p] for p in Node)
"""
# For CPython, -1 is a number like others: the invariant is violated, or it always holds.
TEXTS = {Outcome.VIOLATED: TEXT, Outcome.HOLDS: TEXT.replace("- 1 == 0", "- 1 != 0")}
WAYS: dict[str, dict[str, Any]] = {
    "memory": {},
    "threads": {"threads": 2},
    "disk": {"memory": 1},
    "symmetry": {"symmetry": True},
    "stubborn sets": {"por": True},
}


def searches(protocol: type[Protocol], sizes: Sizes, folder: Path) -> dict[str, Exploration]:
    model = CompiledModel(protocol, sizes)
    found = {
        way: explorer(protocol, sizes, spill=folder if way == "disk" else None, **options).run()
        for way, options in WAYS.items()
    }
    return {
        **found,
        "depth-first": Directed(model).run(),
        "best-first": Directed(model, True).run(),
        "random": Walks(model, 3, 3).run(),
    }


@pytest.mark.parametrize("verdict", TEXTS, ids=lambda v: v.value)
def test_it_is_noticed_by_every_search(verdict: Outcome, tmp_path: Path) -> None:
    with loaded(Source(TEXTS[verdict], {}, {})) as protocol:
        sizes = protocol.sized(Node=2, Count=1)
        assert explore_reference(protocol, sizes).outcome is verdict
        for way, found in searches(protocol, sizes, tmp_path).items():
            assert found.outcome is Outcome.UNDEFINED, way
            assert str(found.undefined).endswith("right(): a number below 0"), way
            assert found.path == () and found.initial is not None, way
