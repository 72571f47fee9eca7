"""The mutants of a model as a battery: bugs that are known, each of which the code must refuse.

A mutant is a subclass of the model: one of those that come with a bundled model, or one in the
model's own file. What breaks an invariant of it is replayed on the implementation.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.explore.search.options import BreadthFirst
from quorate.checker.loading import name_of
from quorate.checker.tracing.build import counterexample
from quorate.model.language import Protocol, SizeError, Sizes
from quorate.model.mutants import MUTANTS
from quorate.traces import Trace

from .replay import Replay, ReplayVerdict

MOST_STATES = 2_000_000


@dataclass(frozen=True)
class MutantReplayed:
    """One mutant: its counterexample, and how the implementation fared along it.

    Without a replay, `reason` says why there is none.
    """

    protocol: type[Protocol]
    replay: Replay | None
    trace: Trace | None
    reason: str | None = None

    @property
    def name(self) -> str:
        """The name of its class."""
        return self.protocol.__name__

    @property
    def has_bug(self) -> bool:
        """Whether the implementation does what is wrong with the mutant."""
        return self.replay is not None and self.replay.verdict is ReplayVerdict.REPRODUCED


def mutants_of(protocol: type[Protocol]) -> list[type[Protocol]]:
    """The modifications of a protocol that are known, each once."""
    known = [m.protocol for m in MUTANTS.values()]
    module = sys.modules.get(protocol.__module__)
    classes = [] if module is None else filter(inspect.isclass, vars(module).values())
    beside = [x for x in classes if x.__module__ == protocol.__module__]
    found = (x for x in [*known, *beside] if issubclass(x, protocol) and x is not protocol)
    return list(dict.fromkeys(found))


def _more(mutant: type[Protocol]) -> dict[str, int]:
    """The sizes at which a mutant is known to show, for sorts that the model does not have."""
    known = (m.sizes for m in MUTANTS.values() if m.protocol is mutant)
    return dict(next(known, {}))


def battery(
    protocol: type[Protocol], sizes: Sizes, drive: Callable[[Trace, type[Protocol]], Replay]
) -> Iterator[MutantReplayed]:
    """Each mutant at these sizes, as it is replayed by `drive`. Raises AdapterError."""
    for mutant in mutants_of(protocol):
        faults = {kind: n for kind, n in sizes.faults.items() if kind in mutant.budgets()}
        try:
            own = mutant.sized(faults, **{**_more(mutant), **dict(sizes)})
            found = Explorer(mutant, own, BreadthFirst(limit=MOST_STATES)).run(coverage=False)
        except SizeError as error:
            yield MutantReplayed(mutant, None, None, str(error))
            continue
        trace = counterexample(mutant, name_of(mutant), own, found)
        if trace is None or trace.violation is None:
            why = "holds at these sizes" if found.complete else found.outcome.value
            yield MutantReplayed(mutant, None, trace, why)
            continue
        yield MutantReplayed(mutant, drive(trace, mutant), trace)
