"""The searches of `quorate check --search` that need not be exhaustive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quorate.checker.explore.compiled import CompiledModel
from quorate.checker.explore.search.breadth_first import Report
from quorate.checker.explore.search.directed.search import Directed
from quorate.checker.explore.search.directed.walks import Walks
from quorate.checker.results import Exploration
from quorate.model.language import Protocol, Sizes

if TYPE_CHECKING:
    from .checking import Check

WALKS = 10_000
LENGTH = 100


def run(check: Check, target: type[Protocol], bounds: Sizes, report: Report) -> Exploration:
    """The search that the options ask for."""
    model = CompiledModel(target, bounds, frozenset(check.claims), check.symmetry)
    if check.search == "random":
        walks = check.walks or WALKS
        return Walks(model, walks, check.depth or LENGTH, check.seed or 0).run(report)
    towards = check.search == "best-first"
    return Directed(model, towards, check.depth, check.limit, check.memory).run(report)
