"""Trying one mutant: does any property tell it from the protocol, and if none does, why not?"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial

from quorate.checker.explore.claims import claimed_of_rest, claimed_of_runs
from quorate.checker.explore.kernel import Kernel
from quorate.checker.explore.search.breadth_first import Explorer, search_from_the_start
from quorate.checker.explore.search.options import BreadthFirst, InMemory
from quorate.checker.liveness.check import after_search
from quorate.checker.loading import load_protocol
from quorate.checker.results import DEADLOCK, Exploration, Outcome
from quorate.checker.tracing.naming import shown
from quorate.model.language import ModelError, Protocol, SizeError
from quorate.model.language.description import describe
from quorate.model.language.digest import digest, stable_text

from .any_size import ProvedSteps, invariants_proved, steps_proved
from .building import Candidate, changes
from .comparing import compared
from .patched import PatchedKernel, kernel_like
from .results import Killer, MutantFate, Trial
from .same_steps import same_steps

LARGER_LIMIT = 500_000  # states, of each larger size that a survivor is tried at


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
        if found.exploration.outcome is Outcome.LIMIT:
            why += "; give a larger --limit"
        return replace(trial, fate=MutantFate.STOPPED, why=why)
    return _survivor(task, change, trial, found, original)


def _first_line(error: Exception) -> str:
    if isinstance(error, ModelError):
        return error.diagnostics[0].title
    return str(error).partition("\n")[0]


class SearchedProtocol:
    """The search of a protocol, or of a mutant of it, with all claims that it has.

    All cells are stored, so that the states of the two can be compared: which ones follow from
    others depends on the steps, and to prove it takes longer than most mutants live. A mutant that
    takes the same steps as the protocol, `like` which it is, is not searched: its search is the
    same.
    """

    def __init__(
        self, protocol: type[Protocol], task: MutationTask, like: SearchedProtocol | None = None
    ) -> None:
        self.protocol = protocol
        self.sizes = protocol.sized(dict(task.faults), **dict(task.sizes))
        self._limit, self._like = task.limit, like
        self._kernels: dict[frozenset[str], Kernel] = {}

    @cached_property
    def _searched(self) -> tuple[Explorer | None, Exploration]:
        """The search and its result; none where `@init` is undefined already."""
        options = BreadthFirst(storage=InMemory(), limit=self._limit)
        begun = Explorer(
            self.protocol,
            self.sizes,
            options,
            deadlock=bool(claimed_of_rest(self.protocol)),
            derives=False,
            kernel_of=self._kernel_of,
        )
        if self._like is not None and self._like.is_search_of(begun):
            return self._like._searched
        return search_from_the_start(lambda: begun, coverage=self._like is None)

    def is_search_of(self, mutant: Explorer) -> bool:
        """Whether a mutant is known to take the steps that the protocol takes, in all its states.

        Not if it chooses the initial states otherwise, which its kernel does not know and may then
        be the protocol's own, or if it has variables of its own.
        """
        if not self.exploration.complete:
            return False
        one, other = self.explorer.description, mutant.description
        if len(one.variables) < len(other.variables):
            return False
        if stable_text(one.inits) != stable_text(other.inits):
            return False
        if isinstance(kernel := mutant.kernel, PatchedKernel):
            return same_steps(
                self._kernel_of_some(kernel.changed), kernel.own, self.explorer.storage
            )
        return kernel is self.explorer.kernel

    def _kernel_of_some(self, actions: frozenset[str]) -> Kernel:
        """The kernel with the steps of some actions alone."""
        if actions not in self._kernels:
            description = self.explorer.description
            with self.sizes:
                part = Kernel(description, self.sizes, derives=False, only=actions)
            self._kernels[actions] = part
        return self._kernels[actions]

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

    def one_after(self, number: int) -> str:
        """The state of this number, by a shortest run to it, which CPython takes."""
        with self.sizes:
            _, moves = self.explorer.path_to(number)
        steps = [f"{m.action}({', '.join(map(shown, m.arguments))})" for m in moves]
        return f"the one after {_run(steps)}" if steps else "an initial one"

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
    for kept in (searched, _changes, _invariants, _loaded):
        kept.cache_clear()


def _survivor(
    task: MutationTask,
    change: Candidate,
    trial: Trial,
    found: SearchedProtocol,
    original: SearchedProtocol,
) -> Trial:
    """Why no property told the mutant from the protocol.

    What is proved to be the same at any size is not searched at larger ones; but properties of runs
    may depend on steps that change nothing, which that leaves out.
    """
    states = compared(found.explorer, original.explorer)
    same = states is not None and states.same
    proved = _steps_proved(task, found) if same else ProvedSteps.OPEN
    settled = proved is ProvedSteps.SAME and not claimed_of_runs(found.protocol, None)
    larger = _LargerSizes() if settled else _tried_larger(task, found.protocol)
    if larger.killed is not None:
        name, killer, grown = larger.killed
        why = f"with one {name} more, {killer} tells it"
        return replace(trial, fate=MutantFate.TOO_SMALL, killer=killer, larger=grown, why=why)
    if states is None:
        why = "a field of a message can be the bottom of its sort in one of the two alone"
        return replace(trial, fate=MutantFate.UNCOMPARED, why=why)
    if states.first_new is not None:
        example = found.one_after(states.first_new)
        why = f"{_new(states.new)}, such as {example}; an invariant against it would tell"
        return replace(trial, fate=MutantFate.SURVIVED, why=why)
    if proved is not ProvedSteps.OPEN:
        why = f"it reaches the same states, {proved.value}: proved for any size"
        return replace(trial, fate=MutantFate.REFINES, why=why)
    if (vacuous := _vacuous(change, original.exploration)) is not None:
        return replace(trial, fate=MutantFate.VACUOUS, why=vacuous)
    if states.first_lost is not None:
        example = original.one_after(states.first_lost)
        why = f"{_lost(states.lost)}, such as {example}; a @reachable goal there would tell"
        return replace(trial, fate=MutantFate.NARROWER, why=why)
    if found.explorer is original.explorer:
        why = f"it reaches the same states, by the same steps: {larger} might tell"
    else:
        why = f"it reaches the same states: a property of runs, or {larger}, might tell"
    return replace(trial, fate=MutantFate.SAME, why=why)


MOST_SHOWN = 6  # steps of a run


def _run(steps: list[str]) -> str:
    """The steps of a run on one line; of a long one the last."""
    if len(steps) <= MOST_SHOWN:
        return ", ".join(steps)
    left = len(steps) - MOST_SHOWN
    return f"{left} step{'' if left == 1 else 's'}, then {', '.join(steps[left:])}"


def _new(states: int) -> str:
    return f"{states:,} new state{' is' if states == 1 else 's are'} reached"


def _lost(states: int) -> str:
    return f"{states:,} state{' is' if states == 1 else 's are'} not reached any more"


@dataclass(frozen=True)
class _LargerSizes:
    """What larger sizes tell of a mutant.

    At one of them it is `killed`: what has one more, by what, and those sizes. The `unsearched`
    ones have at least `limit` states, of the protocol or of the mutant.
    """

    killed: tuple[str, Killer, Mapping[str, int]] | None = None
    unsearched: tuple[str, ...] = ()
    limit: int = LARGER_LIMIT

    def __str__(self) -> str:
        """The sizes that might still tell."""
        if not self.unsearched:
            return "larger sizes"
        return f"{' or '.join(self.unsearched)} (at least {self.limit:,} states)"


def _tried_larger(task: MutationTask, mutant: type[Protocol]) -> _LargerSizes:
    """Try larger sizes, up to the first at which the mutant is killed and the protocol holds."""
    unsearched = []
    for name, grown in task.larger():
        sizes = dict(grown.sizes) | dict(grown.faults)
        try:
            original = tried = searched(grown)
            if original.exploration.complete:
                tried = SearchedProtocol(mutant, grown, like=original)
            outcome = tried.exploration.outcome
        except SizeError:
            continue  # no such size: the sort has a fixed one, or the states would be too large
        if outcome is Outcome.LIMIT:
            unsearched.append(f"{name}={sizes[name]}")
        elif tried is not original and outcome in (Outcome.VIOLATED, Outcome.UNDEFINED):
            killer = tried.killer(original)
            assert killer is not None
            return _LargerSizes((name, killer, sizes))
    return _LargerSizes(None, tuple(unsearched), min(task.limit, LARGER_LIMIT))


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


def _steps_proved(task: MutationTask, found: SearchedProtocol) -> ProvedSteps:
    original, mutant = describe(_loaded(task.protocol)), describe(found.protocol)
    return steps_proved(original, mutant, _invariants(task.protocol))


@lru_cache(maxsize=1)
def _invariants(protocol: str) -> tuple[str, ...]:
    return invariants_proved(_loaded(protocol))
