"""`quorate.check`: from the options of a search to the engine that does it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, overload

from quorate.checker.errors import InputError
from quorate.checker.explore.claims import (
    claimed,
    claimed_of_runs,
    nothing_claimed,
    warnings_of,
    without_start,
)
from quorate.checker.explore.compiled import CompiledModel
from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.lazily import lazily
from quorate.checker.loading import load_protocol, name_of
from quorate.checker.results import DEADLOCK, Exploration, Outcome, from_the_start
from quorate.checker.tracing.explaining import Explaining
from quorate.model.language import Protocol, Sizes
from quorate.model.language.description import describe

from . import searches as s
from .results import CheckResult

if TYPE_CHECKING:
    from quorate.checker.liveness.results import Liveness
    from quorate.checker.prove.bounded import BoundedCheck
    from quorate.checker.tracing import build

    from ._induction import InductionResult
else:
    build = lazily("quorate.checker.tracing.build")

Report = Callable[[Any], None]
"""Called from time to time with the progress so far."""

ALL_STATES = s.BreadthFirst()


@overload
def check(
    protocol: type[Protocol] | str,
    *,
    sizes: Mapping[str, int] | Sizes | None = None,
    faults: Mapping[str, int] | None = None,
    invariants: Collection[str] | None = None,
    search: s.KInduction,
    report: Report | None = None,
) -> InductionResult: ...


@overload
def check(
    protocol: type[Protocol] | str,
    *,
    sizes: Mapping[str, int] | Sizes | None = None,
    faults: Mapping[str, int] | None = None,
    invariants: Collection[str] | None = None,
    temporal: Collection[str] | None = None,
    search: s.RandomWalks | s.Reference | s.BoundedModelChecking,
    deadlock: bool = False,
    report: Report | None = None,
) -> CheckResult: ...


@overload
def check(
    protocol: type[Protocol] | str,
    *,
    sizes: Mapping[str, int] | Sizes | None = None,
    faults: Mapping[str, int] | None = None,
    invariants: Collection[str] | None = None,
    temporal: Collection[str] | None = None,
    search: s.Reducible = ...,
    symmetry: bool = False,
    deadlock: bool = False,
    report: Report | None = None,
) -> CheckResult: ...


def check(
    protocol: type[Protocol] | str,
    *,
    sizes: Mapping[str, int] | Sizes | None = None,
    faults: Mapping[str, int] | None = None,
    invariants: Collection[str] | None = None,
    temporal: Collection[str] | None = None,
    search: s.Search = ALL_STATES,
    symmetry: bool = False,
    deadlock: bool = False,
    report: Report | None = None,
) -> CheckResult | InductionResult:
    """Look for a run of a protocol that violates a property, or is undefined.

    `protocol` is a class, or its name: "Paxos", "module:Class", "path.py:Class". `sizes` says how
    many elements each sort has, `faults` how often each fault may happen (0 by default).
    `invariants` and `temporal` name the properties of states and of runs to check: by default all,
    and if only some of one sort are named, none of the other. `search` is the way to look. With
    `symmetry`, one state of each orbit of interchangeable elements is expanded; the verdict is
    exact. With `deadlock`, a state where nothing can happen is a violation, unless it is @final.
    `report` is called from time to time with the progress of the search.

    Properties of runs are decided on the graph of all states, which takes a breadth-first search in
    memory without reductions. If another search is asked for, those that are named are refused;
    otherwise they are left open, so that the result does not hold.

    Raises ModelError, SizeError, InputError.
    """
    target = loaded(protocol)
    wanted = asked(target, invariants, temporal, symmetry=symmetry, deadlock=deadlock)
    prepared = prepare(target, sized(target, sizes, faults), search, wanted)
    return prepared.induce(report) if isinstance(search, s.KInduction) else prepared.run(report)


def loaded(protocol: type[Protocol] | str) -> type[Protocol]:
    """The class that `protocol` stands for, described. Raises InputError, ModelError."""
    if isinstance(protocol, str):
        return load_protocol(protocol)
    describe(protocol)
    return protocol


def sized(
    protocol: type[Protocol],
    sizes: Mapping[str, int] | Sizes | None,
    faults: Mapping[str, int] | None,
) -> Sizes:
    """The protocol's sizes and fault budgets. Raises SizeError, InputError."""
    if isinstance(sizes, Sizes):
        if faults is not None:
            raise InputError("a `Sizes` already has its faults: do not give them twice")
        return sizes
    return protocol.sized(faults=faults or {}, **(sizes or {}))


@dataclass(frozen=True)
class Asked:
    """What is asked of a search."""

    invariants: list[str]
    temporal: list[str]
    """Properties of runs."""
    named: bool
    """Whether these were named, so that they must not be left open."""
    symmetry: bool
    deadlock: bool


def asked(
    protocol: type[Protocol],
    invariants: Collection[str] | None,
    temporal: Collection[str] | None,
    *,
    symmetry: bool,
    deadlock: bool,
) -> Asked:
    """What is asked, where only some properties may be named. Raises UnknownPropertyError."""
    named = bool(temporal)
    if invariants is None and temporal is not None:
        invariants = ()
    elif temporal is None and invariants is not None:
        temporal = ()
    claims = claimed(protocol, invariants), claimed_of_runs(protocol, temporal)
    return Asked(*claims, named, symmetry, deadlock)


def prepare(protocol: type[Protocol], sizes: Sizes, search: s.Search, wanted: Asked) -> Prepared:
    """A search that is ready to run. Breadth-first search is compiled here.

    Raises SizeError, ModelError, InputError.
    """
    if wanted.symmetry and not isinstance(search, s.Reducible):
        raise InputError(f"{type(search).__name__} takes no symmetry")
    if wanted.deadlock and isinstance(search, s.BoundedModelChecking | s.KInduction):
        raise InputError(f"{type(search).__name__} does not look for deadlocks")
    prepared = Prepared(protocol, sizes, search, wanted)
    if wanted.named and (why := prepared.left_open()) is not None:
        raise InputError(f"{wanted.temporal[0]} cannot be checked in this way: {why}")
    if isinstance(search, s.BreadthFirst):
        prepared.compile(search)
    return prepared


@dataclass
class Prepared:
    """One search of one protocol.

    `explorer` is set for breadth-first search. `ended` is set if `@init` is undefined, so that the
    search ends before it begins.
    """

    protocol: type[Protocol]
    sizes: Sizes
    search: s.Search
    asked: Asked
    explorer: Explorer | None = field(init=False, default=None)
    ended: Exploration | None = field(init=False, default=None)

    def compile(self, search: s.BreadthFirst) -> None:
        """Compile the explorer."""
        made = from_the_start(
            lambda: Explorer(
                self.protocol,
                self.sizes,
                search,
                invariants=self.asked.invariants,
                symmetry=self.asked.symmetry,
                deadlock=self.asked.deadlock,
            )
        )
        if isinstance(made, Exploration):
            self.ended = made
        else:
            self.explorer = made

    def run(self, report: Report | None = None) -> CheckResult:
        """Search, and explain what is found."""
        found = self.ended
        if found is None:
            found = from_the_start(lambda: self._search(report))
        runs = self._runs(found) if self.asked.temporal else None
        explaining = Explaining()
        trace = None
        if found.initial is not None:
            trace = build.explained(self.protocol, self.sizes, found, explaining)
        if runs is not None and runs.wrong is not None:
            from quorate.checker.liveness.explaining import explained_lasso

            trace = explained_lasso(self.protocol, self.sizes, runs.wrong, explaining)
        warnings = (*warnings_of(self.protocol, found, self.asked.deadlock), *explaining.notes)
        if found.outcome is Outcome.BOUND:
            warnings += tuple(without_start(self.protocol, self.sizes))
        return CheckResult(
            self.protocol,
            self.sizes,
            (*self.asked.invariants, *([DEADLOCK] if self.asked.deadlock else ())),
            found,
            trace,
            warnings,
            runs,
            self.explorer,
        )

    def left_open(self) -> str | None:
        """Why this way of checking leaves properties of runs open; None if it does not."""
        if not isinstance(self.search, s.BreadthFirst):
            return "it takes a breadth-first search, for the graph of all states"
        if self.asked.symmetry:
            return (
                "symmetry keeps one state of each orbit, and what is fair to an orbit need not be "
                "fair to each of its elements"
            )
        if self.search.reducing:
            how = "partial-order reduction" if self.search.por else "a search by --eager"
            return f"{how} leaves out steps that fairness depends on"
        return None

    def _runs(self, found: Exploration) -> Liveness:
        """What is found about properties of runs, after the search."""
        from quorate.checker.liveness.check import after_search
        from quorate.checker.liveness.results import left_open

        if (why := self.left_open()) is not None:
            return left_open(self.protocol, self.asked.temporal, why)
        if self.explorer is None:
            return left_open(self.protocol, self.asked.temporal, "the search did not begin")
        return after_search(self.explorer, found, self.asked.temporal)

    def _search(self, report: Report | None) -> Exploration:
        """Run the search's engine. Only this engine is imported, so that starting is quick."""
        match self.search:
            case s.BreadthFirst():
                assert self.explorer is not None
                return self.explorer.run(report, coverage=True)
            case s.DepthFirst(depth=depth, memory=memory, limit=limit):
                from quorate.checker.explore.search.directed.search import Directed

                return Directed(self._model(), False, depth, limit, memory).run(report)
            case s.BestFirst(memory=memory, limit=limit):
                from quorate.checker.explore.search.directed.search import Directed

                return Directed(self._model(), True, None, limit, memory).run(report)
            case s.RandomWalks(walks=walks, depth=depth, seed=seed):
                from quorate.checker.explore.search.directed.walks import Walks

                return Walks(self._model(), walks, depth, seed).run(report)
            case s.Reference(limit=limit):
                from quorate.checker.explore.search.reference import explore_reference

                return explore_reference(
                    *(self.protocol, self.sizes, limit, self.asked.invariants),
                    coverage=True,
                    deadlock=self.asked.deadlock,
                )
            case s.BoundedModelChecking(steps=steps):
                from quorate.checker.prove.bounded import bounded

                found = bounded(self.protocol, self.sizes, steps, self.asked.invariants, report)
                return _explored(found)
            case s.Cluster():
                return _on_cluster(self._model(), self.search, report)
        raise InputError(f"{type(self.search).__name__} is no search")

    def _model(self) -> CompiledModel:
        return CompiledModel(
            self.protocol,
            self.sizes,
            frozenset(self.asked.invariants),
            self.asked.symmetry,
            deadlock=self.asked.deadlock,
        )

    def induce(self, report: Report | None = None) -> InductionResult:
        """Do k-induction, and explain the violation or undefined step of a short run, if any."""
        from quorate.checker.liveness.results import left_open
        from quorate.checker.prove.bounded import k_inductive

        from ._induction import InductionResult

        assert isinstance(self.search, s.KInduction)
        found = k_inductive(
            self.protocol, self.sizes, self.search.most, self.asked.invariants, report
        )
        base, explaining, runs = found.base, Explaining(), None
        if self.asked.temporal and (why := self.left_open()) is not None:
            runs = left_open(self.protocol, self.asked.temporal, why)
        if base.initial is None:
            empty = (*nothing_claimed(self.protocol), *without_start(self.protocol, self.sizes))
            return InductionResult(self.protocol, self.sizes, found, None, empty, (), runs)
        initial, name = base.initial, name_of(self.protocol)
        trace = explaining.part(
            "the trace",
            lambda: build.make_trace(
                self.protocol, name, self.sizes, initial, base.path, base.violated, base.undefined
            ),
            None,
        )
        notes = tuple(explaining.notes)
        return InductionResult(self.protocol, self.sizes, found, trace, (), notes, runs)


# ---------------------------------------------------------------- engines


def _on_cluster(model: CompiledModel, search: s.Cluster, report: Report | None) -> Exploration:
    try:
        from quorate.checker.explore.search.cluster.search import (
            ClusterSearch,
            connect,
            workers_available,
        )
    except ModuleNotFoundError as error:
        raise InputError(
            f"--ray needs {error.name}, which is not installed: pip install 'quorate[cluster]'"
        ) from None
    connect(search.address)
    shards = search.workers or workers_available()
    return ClusterSearch(model, shards, search.memory, search.checkpoint).run(report)


def _explored(found: BoundedCheck) -> Exploration:
    """A bounded check as an exploration that counts no states."""
    from quorate.checker.prove.bounded import BoundedOutcome

    outcome = {
        BoundedOutcome.VIOLATED: Outcome.VIOLATED,
        BoundedOutcome.UNDEFINED: Outcome.UNDEFINED,
        BoundedOutcome.NONE_WITHIN: Outcome.BOUND,
        BoundedOutcome.UNKNOWN: Outcome.UNKNOWN,
        BoundedOutcome.INTERRUPTED: Outcome.INTERRUPTED,
    }[found.outcome]
    return Exploration(
        outcome=outcome,
        states=0,
        transitions=0,
        depth=found.depth,
        violated=found.violated,
        undefined=found.undefined,
        initial=found.initial,
        path=found.path,
        seconds=found.seconds,
    )
