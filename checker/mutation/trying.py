"""Trying one mutant: does any property tell it from the protocol, and if none does, why not?"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from typing import Any

import numpy as np
import numpy.typing as npt

from quorate.checker.explore.claims import claimed_of_rest, claimed_of_runs
from quorate.checker.explore.kernel import Kernel
from quorate.checker.explore.search.breadth_first import Explorer, search_from_the_start
from quorate.checker.explore.search.options import BreadthFirst, InMemory
from quorate.checker.liveness.check import after_search
from quorate.checker.loading import load_protocol
from quorate.checker.refine.proof import prove_refinement
from quorate.checker.results import DEADLOCK, Exploration, Outcome
from quorate.model.language import ModelError, Protocol, SizeError
from quorate.model.language.description import describe
from quorate.model.language.digest import digest
from quorate.model.refinements import identity

from .building import Candidate, changes
from .comparing import states_as
from .patched import kernel_like
from .results import Killer, MutantFate, Trial

LARGER_LIMIT = 500_000  # states, of each larger size that a survivor is tried at
EFFORT = 0.1  # of a proof; most that succeed need little


Numbers = tuple[tuple[str, int], ...]  # by name; hashable, unlike a dict


@dataclass(frozen=True)
class MutationTask:
    """The protocol by its name, the sizes and faults, and the most states of one search."""

    protocol: str
    sizes: Numbers
    faults: Numbers
    operators: tuple[str, ...]
    limit: int

    def larger(self) -> Iterator[tuple[str, MutationTask]]:
        """The same with one element, or one fault, more: each with the name of what grew."""
        limit = min(self.limit, LARGER_LIMIT)
        for name, _ in self.sizes:
            yield name, replace(self, sizes=_with_one_more(self.sizes, name), limit=limit)
        for name, _ in self.faults:
            yield name, replace(self, faults=_with_one_more(self.faults, name), limit=limit)


def _with_one_more(numbers: Numbers, grown: str) -> Numbers:
    return tuple((name, n + (name == grown)) for name, n in numbers)


def try_change(task: MutationTask, number: int) -> Trial:
    """Try the change of this number. Raises ModelError, SizeError and InputError of the task."""
    started = time.perf_counter()
    change = _changes(task.protocol, task.operators)[number]
    found = _tried(task, change, _begun(number, change))
    return replace(found, seconds=time.perf_counter() - started)


def _begun(number: int, change: Candidate) -> Trial:
    return Trial(number, change.name, change.edit.alone(), MutantFate.SURVIVED)


@lru_cache(maxsize=1)
def _changes(protocol: str, operators: tuple[str, ...]) -> list[Candidate]:
    return changes(_loaded(protocol), operators)


@lru_cache(maxsize=1)
def _loaded(protocol: str) -> type[Protocol]:
    """The protocol, always the same class: its sorts are those of the mutants."""
    return load_protocol(protocol)


def _tried(task: MutationTask, change: Candidate, trial: Trial) -> Trial:
    try:
        mutant = change.build()
        trial = replace(trial, meaning=digest(describe(mutant)))
    except (ModelError, SyntaxError) as error:
        return replace(trial, fate=MutantFate.INVALID, why=_first_line(error))
    original = searched(task)
    if trial.meaning == digest(describe(change.protocol)):
        return replace(trial, fate=MutantFate.REPEATED, why="it means what the protocol means")
    found = SearchedProtocol(mutant, task, like=original)
    trial = replace(trial, states=found.exploration.full_states)
    if (killer := found.killer(original)) is not None:
        return replace(trial, fate=MutantFate.KILLED, killer=killer)
    if not found.exploration.complete:
        why = f"after {found.exploration.states:,} states nothing was violated"
        return replace(trial, fate=MutantFate.STOPPED, why=why)
    return _survivor(task, change, trial, found, original)


def _first_line(error: Exception) -> str:
    if isinstance(error, ModelError):
        return error.diagnostics[0].title
    return str(error).partition("\n")[0]


class SearchedProtocol:
    """The search of a protocol, or of a mutant of it, with all claims that it has.

    All cells are stored, so that the states of the two can be compared: which ones follow from
    others depends on the steps, and to prove it takes longer than most mutants live.
    """

    def __init__(
        self, protocol: type[Protocol], task: MutationTask, like: SearchedProtocol | None = None
    ) -> None:
        self.protocol = protocol
        self.sizes = protocol.sized(dict(task.faults), **dict(task.sizes))
        self._limit, self._like = task.limit, like

    @cached_property
    def _searched(self) -> tuple[Explorer | None, Exploration]:
        """The search and its result; none where `@init` is undefined already."""
        options = BreadthFirst(storage=InMemory(), limit=self._limit)
        deadlock = bool(claimed_of_rest(self.protocol))
        return search_from_the_start(
            lambda: Explorer(
                self.protocol,
                self.sizes,
                options,
                deadlock=deadlock,
                derives=False,
                kernel_of=self._kernel_of,
            ),
            coverage=self._like is None,
        )

    @property
    def _kernel_of(self) -> Callable[..., Kernel]:
        """How the kernel is made: of a mutant, from that of its protocol."""
        if self._like is None or claimed_of_runs(self.protocol, None):  # these look at each step
            return Kernel
        return partial(kernel_like, self._like.explorer.kernel)

    @property
    def exploration(self) -> Exploration:
        """The result of the search."""
        return self._searched[1]

    @cached_property
    def wrong(self) -> tuple[str, int] | None:
        """The first property of runs that does not hold, and the steps of the run to it."""
        names = claimed_of_runs(self.protocol, None)
        explorer, found = self._searched
        if not names or explorer is None or not found.complete:
            return None
        wrong = after_search(explorer, found, names).wrong
        return None if wrong is None else (wrong.name, len(wrong.path))

    @property
    def explorer(self) -> Explorer:
        """The search, once `@init` is known to be defined."""
        explorer, _ = self._searched
        assert explorer is not None
        return explorer

    def states_as(self, original: SearchedProtocol) -> npt.NDArray[Any] | None:
        """The states found, each as one value that is the same in the original, in order."""
        return states_as(self.explorer, original.explorer.kernel.layout)

    def killer(self, original: SearchedProtocol) -> Killer | None:
        """What is violated here that holds in the original."""
        found = self.exploration
        if found.outcome is Outcome.VIOLATED:
            assert found.violated is not None
            kind = "deadlock" if found.violated == DEADLOCK else "invariant"
            return Killer(kind, found.violated, found.depth)
        if found.outcome is Outcome.UNDEFINED:
            assert found.undefined is not None
            return Killer("undefined", found.undefined.name, found.depth)
        if not found.complete:
            return None
        for goal in self.protocol.methods("reachable"):
            if goal in original.exploration.reached - found.reached:
                return Killer("goal", goal, None)
        if self.wrong is not None and original.wrong is None:
            return Killer("property of runs", *self.wrong)
        return None


@lru_cache(maxsize=8)
def searched(task: MutationTask) -> SearchedProtocol:
    """The search of the protocol itself. Raises ModelError, SizeError, InputError."""
    return SearchedProtocol(_loaded(task.protocol), task)


def forget() -> None:
    """Drop the searches of protocols: their files may change."""
    for kept in (searched, _changes, _loaded):
        kept.cache_clear()


def _survivor(
    task: MutationTask,
    change: Candidate,
    trial: Trial,
    found: SearchedProtocol,
    original: SearchedProtocol,
) -> Trial:
    """Why no property told the mutant from the protocol."""
    if (larger := _killed_larger(task, found.protocol)) is not None:
        name, killer, grown = larger
        why = f"with one {name} more, {killer} tells it"
        return replace(trial, fate=MutantFate.TOO_SMALL, killer=killer, larger=grown, why=why)
    states, known = found.states_as(original), original.states_as(original)
    assert known is not None
    if states is None:
        why = "a field of a message can be the bottom of its sort in one of the two alone"
        return replace(trial, fate=MutantFate.UNCOMPARED, why=why)
    if new := len(states) - int(np.isin(states, known, assume_unique=True).sum()):
        why = f"{new:,} new states are reached"
        return replace(trial, fate=MutantFate.SURVIVED, why=why)
    if (vacuous := _vacuous(change, original.exploration)) is not None:
        return replace(trial, fate=MutantFate.VACUOUS, why=vacuous)
    same = len(states) == len(known)
    if same and _refines(found):
        why = "it reaches the same states, and no step is new: proved for any size"
        return replace(trial, fate=MutantFate.REFINES, why=why)
    if same:
        return replace(trial, fate=MutantFate.SAME, why="it reaches the same states")
    lost = len(known) - len(states)
    why = f"{lost:,} states are not reached any more; a @reachable goal there would tell"
    return replace(trial, fate=MutantFate.NARROWER, why=why)


def _killed_larger(
    task: MutationTask, mutant: type[Protocol]
) -> tuple[str, Killer, Mapping[str, int]] | None:
    """The first larger size at which the mutant is killed, and the protocol itself holds."""
    for name, grown in task.larger():
        try:
            original = searched(grown)
            if not original.exploration.complete:
                continue
            found = SearchedProtocol(mutant, grown, like=original)
            if found.exploration.outcome not in (Outcome.VIOLATED, Outcome.UNDEFINED):
                continue
        except SizeError:
            continue  # no such size: the sort has a fixed one, or the states would be too large
        if (killer := found.killer(original)) is not None:
            return name, killer, dict(grown.sizes) | dict(grown.faults)
    return None


def _vacuous(change: Candidate, original: Exploration) -> str | None:
    """Why the place of the change does not matter at these sizes, if that is known."""
    if change.steps and not any(original.fired.get(step, 1) for step in change.steps):
        return f"{change.name} is never taken at these sizes"
    span = change.edit.span
    guards = {  # of one action they may stand in several files
        (action.name, guard.span.line, guard.text)
        for action in describe(change.protocol).actions
        for guard in action.guards
        if guard.span.file == span.file and span.line <= guard.span.line <= span.end_line
    }
    blocked = [g.blocked for g in original.guards if (g.action, g.line, g.text) in guards]
    if blocked and not any(blocked):
        return "the guard is never false at these sizes"
    return None


def _refines(found: SearchedProtocol) -> bool:
    """Whether each step of the mutant is proved to be one of the protocol, or to change nothing.

    Then it violates no invariant that the protocol keeps, at any size.
    """
    mutant, protocol = found.protocol, found.protocol.__mro__[1]
    return prove_refinement(identity(mutant, protocol), None, effort=EFFORT).proved
