"""`quorate check --ray`: the search on a Ray cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quorate.checker.errors import InputError
from quorate.checker.explore.compiled import CompiledModel
from quorate.checker.explore.search.breadth_first import Report
from quorate.checker.results import Exploration
from quorate.model.language import Protocol, Sizes

if TYPE_CHECKING:
    from .checking import Check


def run(check: Check, target: type[Protocol], bounds: Sizes, report: Report) -> Exploration:
    """The search, over as many workers as asked for or as the cluster has cores."""
    try:
        from quorate.checker.explore.search.cluster.saved import SavedError
        from quorate.checker.explore.search.cluster.search import (
            ClusterError,
            ClusterSearch,
            connect,
            workers_available,
        )
    except ModuleNotFoundError as error:
        raise InputError(
            f"--ray needs {error.name}, which is not installed: pip install 'quorate[cluster]'"
        ) from None
    assert check.ray is not None
    model = CompiledModel(target, bounds, frozenset(check.claims), check.symmetry)
    connect(check.ray)
    try:
        shards = check.workers or workers_available()
        return ClusterSearch(model, shards, check.memory, check.checkpoint).run(report)
    except (SavedError, ClusterError) as error:
        raise InputError(str(error)) from None
