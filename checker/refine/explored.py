"""Whether one protocol refines another, checked for every explored step through the mapping.

The compiled explorer finds the states and steps of the concrete protocol; CPython runs the mapping
and the abstract protocol. Steps with the same images are checked once.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from quorate.checker.explore.graph import StateGraph
from quorate.checker.explore.paths import ExplorationError
from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.explore.search.interface import Report
from quorate.checker.explore.search.options import BreadthFirst, InMemory
from quorate.checker.loading import name_of
from quorate.checker.results import Exploration, Move, Outcome, from_the_start
from quorate.checker.tracing.build import make_trace
from quorate.model.language import Sizes, StepError
from quorate.model.language.interpreter import State
from quorate.model.refinements import Refinement
from quorate.traces import Trace

from .abstract import Abstract, ActionSequences, Attempt, StateDifference
from .images import Images, Indices, Regroup
from .sizing import RefinementSizes, configure

FIRST_STATES = 20_000
MOST_STATES = 2_000_000
NOTHING = ""  # stands for a step that changes nothing


class RefinementStatus(Enum):
    """The result of a check."""

    REFINES = "refines"
    FAILS = "does not refine"
    UNDEFINED = "undefined"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class RefinementFailure:
    """The first concrete step that is not a step of the abstract protocol, with a path to it.

    `move` is None if the image of an initial state is not initial. Then `change` is from the
    nearest abstract initial state, if there is one.
    """

    trace: Trace
    move: Move | None
    before: State | None
    after: State
    change: StateDifference | None
    nearest: Attempt | None


@dataclass(frozen=True)
class UndefinedImage:
    """A run to a step before which the abstract protocol is undefined, in the image of the state.

    So nobody can say whether it takes this step. `what` has no value, and where it stands.
    """

    trace: Trace
    what: str


@dataclass(frozen=True)
class RefinementCheck:
    """A check: what was explored, what each step is abstractly, and the first that fails.

    `readings` counts the steps of each concrete action by what they are abstractly: the names of
    actions, joined by " then ", or NOTHING. `occurrences` counts the steps that are, or contain,
    each abstract action. Both count all steps only if nothing failed. `undefined` is the search of
    the concrete protocol, if that ended at an undefined step and no earlier step fails. `image` is
    set if the abstract protocol is undefined at an earlier step.
    """

    refinement: Refinement
    sizes: Sizes
    abstract_sizes: Sizes
    status: RefinementStatus
    states: int
    transitions: int
    images: int
    calls: int
    readings: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    occurrences: Mapping[str, int] = field(default_factory=dict)
    failure: RefinementFailure | None = None
    undefined: Exploration | None = None
    image: UndefinedImage | None = None
    seconds: float = 0.0

    @property
    def stutters(self) -> int:
        """The number of steps that change nothing abstractly."""
        return sum(w.get(NOTHING, 0) for w in self.readings.values())

    @property
    def nothing(self) -> str | None:
        """Why nothing was compared, if every step stutters abstractly."""
        concrete, abstract = self.refinement.concrete, self.refinement.abstract
        if not self.states:
            return f"nothing was compared: {concrete.__name__} has no initial state"
        if not self.transitions:
            return f"nothing was compared: {concrete.__name__} takes no step"
        if not any(self.occurrences.values()):
            return f"nothing was compared: no step changes anything of {abstract.__name__}"
        return None

    def warnings(self) -> list[str]:
        """Why a pass may mean less than it seems."""
        if self.status is not RefinementStatus.REFINES:
            return []
        if self.nothing is not None:
            return [self.nothing]
        concrete, abstract = self.refinement.concrete, self.refinement.abstract
        faults = {n: m._quorate.fault for n, m in abstract.methods("action").items()}
        return [
            f"no step of {concrete.__name__} is {name} of {abstract.__name__}"
            for name, times in self.occurrences.items()
            if not times and faults[name] is None
        ]


def check_refinement(
    refinement: Refinement,
    sizes: Mapping[str, int],
    faults: Mapping[str, int] | None = None,
    *,
    memory: int | None = None,
    limit: int | None = None,
    report: Report | None = None,
) -> RefinementCheck:
    """Check every step of the concrete protocol at these sizes.

    Sorts of the abstract protocol have the sizes of those that they are matched with; `sizes` also
    gives the size of a sort without a match. Raises InputError, SizeError, ModelError; StepError
    if the abstract protocol's @init is undefined.
    """
    started = time.perf_counter()
    bounds = configure(refinement, sizes, faults)
    with bounds.joint:
        return _RefinementChecker(refinement, bounds, started).run(memory, limit, report)


@dataclass
class _RefinementChecker:
    refinement: Refinement
    bounds: RefinementSizes
    started: float

    def __post_init__(self) -> None:
        self.abstract = Abstract(self.refinement.abstract, self.bounds.abstract)

    def run(self, memory: int | None, limit: int | None, report: Report | None) -> RefinementCheck:
        """Check the first states, where most mistakes show; then, if there are more, all."""
        most = min(limit or MOST_STATES, MOST_STATES)
        for stage in sorted({min(FIRST_STATES, most), most}):
            found = self._explore(memory, stage, report)
            if not found.states and found.undefined is not None:  # @init itself is undefined
                return self._nothing(found)
            failure = self._look(found)
            if failure or self.image or found.outcome is not Outcome.LIMIT:
                break
        sound = failure is None and self.image is None
        verdicts = {
            Outcome.HOLDS: RefinementStatus.REFINES,
            Outcome.UNDEFINED: RefinementStatus.UNDEFINED,
        }
        passed = verdicts.get(found.outcome, RefinementStatus.INCONCLUSIVE)
        if self.image is not None:
            passed = RefinementStatus.UNDEFINED
        return RefinementCheck(
            refinement=self.refinement,
            sizes=self.bounds.concrete,
            abstract_sizes=self.bounds.abstract,
            status=passed if failure is None else RefinementStatus.FAILS,
            states=self.graph.nodes,
            transitions=self.graph.edges,
            images=len(self.images.states),
            calls=self.images.calls,
            readings=self.readings,
            occurrences=self.occurrences,
            failure=failure,
            undefined=found if sound and found.outcome is Outcome.UNDEFINED else None,
            image=self.image,
            seconds=time.perf_counter() - self.started,
        )

    def _nothing(self, found: Exploration) -> RefinementCheck:
        """The result if the concrete protocol's @init is undefined."""
        sizes = self.bounds.concrete, self.bounds.abstract
        return RefinementCheck(
            self.refinement, *sizes, RefinementStatus.UNDEFINED, 0, 0, 0, 0, undefined=found
        )

    def _explore(self, memory: int | None, limit: int, report: Report | None) -> Exploration:
        """Search up to a limit. An undefined step ends it; an earlier step may explain that."""
        return from_the_start(lambda: self._search(memory, limit, report))

    def _search(self, memory: int | None, limit: int, report: Report | None) -> Exploration:
        nothing: frozenset[str] = (
            frozenset()
        )  # without invariants, so that all reachable states are found
        self.explorer = Explorer(
            self.refinement.concrete,
            self.bounds.joint,
            BreadthFirst(limit=limit, storage=InMemory(memory=memory)),
            invariants=nothing,
        )
        return self.explorer.run(report, coverage=False)

    def _look(self, found: Exploration) -> RefinementFailure | None:
        """The first explored initial state or step that is not abstractly one."""
        self.ends_undefined = found.outcome is Outcome.UNDEFINED
        self.image: UndefinedImage | None = None
        self.graph = StateGraph(self.explorer)
        self.images = Images(self.explorer, self.refinement)
        self.readings: dict[str, dict[str, int]] = {a: {} for a in self.explorer.kernel.actions}
        self.occurrences = dict.fromkeys(self.abstract.interpreter.actions, 0)
        self.found: dict[
            tuple[int, int], ActionSequences
        ] = {}  # the abstract steps between each pair of images
        return self._first_failure()

    def _first_failure(self) -> RefinementFailure | None:
        while True:
            try:
                return self._initial() or self._steps()
            except Regroup:
                self.images.regroup()

    def _initial(self) -> RefinementFailure | None:
        """The first initial state whose image is not an initial state of the abstract protocol."""
        allowed = self.abstract.initial()
        for node in range(self.graph.initial):
            image = self.images.states[self.images.of_class(int(self.images.classes[node]))]
            if image not in allowed:
                near = min(
                    (self.abstract.difference(s, image) for s in allowed),
                    key=lambda d: len(d.changes) + len(d.added) + len(d.removed),
                    default=None,
                )
                return RefinementFailure(self._trace(node, None), None, None, image, near, None)
        return None

    def _steps(self) -> RefinementFailure | None:
        """Check each pair of classes once, in the order in which steps connect them."""
        g, classes = self.graph, self.images.classes
        if not g.edges:
            return None
        many = int(classes.max()) + 1
        pairs = classes[g.sources] * many + classes[g.targets]
        distinct, firsts, which = np.unique(pairs, return_index=True, return_inverse=True)
        read: list[ActionSequences] = [()] * len(distinct)
        for i in np.argsort(firsts):
            before, after = map(self.images.of_class, divmod(int(distinct[i]), many))
            try:
                read[i] = self._read(before, after)
            except StepError as error:
                self._no_value(int(firsts[i]), str(error))
                return None
            if not read[i]:
                return self._failure(int(firsts[i]), before, after)
        self._count(read, which.astype(np.int64))
        return None

    def _read(self, before: int, after: int) -> ActionSequences:
        """The abstract steps from one image to another; empty if there are none."""
        if before == after:
            return ((),)
        if (before, after) not in self.found:
            states = self.images.states
            self.found[before, after] = self.abstract.sequences(
                states[before], states[after], self.refinement.steps
            )
        return self.found[before, after]

    def _count(self, read: list[ActionSequences], which: Indices) -> None:
        """Count the steps of each action by what they are abstractly."""
        actions = list(self.readings)
        of_label = [actions.index(label.action) for label in self.graph.edge_labels]
        keys = which * len(actions) + np.array(of_label, np.int64)[self.graph.labels]
        for key, times in zip(*np.unique(keys, return_counts=True), strict=True):
            pair, action = divmod(int(key), len(actions))
            row, readings = self.readings[actions[action]], read[pair]
            name = " then ".join(readings[0])
            row[name] = row.get(name, 0) + int(times)
            for name in {a for names in readings for a in names}:
                self.occurrences[name] += int(times)

    # ------------------------------------------------------------ the step that fails

    def _failure(self, edge: int, source: int, target: int) -> RefinementFailure | None:
        """The failure of a step that is none; None if it is undefined, as the search has found."""
        before, after = self.images.states[source], self.images.states[target]
        move = self._move(edge)
        if move is None:
            return None
        return RefinementFailure(
            self._trace(int(self.graph.sources[edge]), move),
            move,
            before,
            after,
            self.abstract.difference(before, after),
            self.abstract.nearest(before, after),
        )

    def _no_value(self, edge: int, what: str) -> None:
        """Keep the run to a step of which the abstract protocol says nothing."""
        move = self._move(edge)
        if move is not None:
            self.image = UndefinedImage(self._trace(int(self.graph.sources[edge]), move), what)

    def _move(self, edge: int) -> Move | None:
        """A step as CPython takes it; None if it is undefined, as the search has found."""
        node = int(self.graph.sources[edge])
        label = self.graph.edge_labels[int(self.graph.labels[edge])]
        arguments = tuple(value for _, value in label.arguments)
        reached = self.explorer.state(int(self.graph.targets[edge]))
        move = Move(label.action, arguments, reached)
        state = self.explorer.state(node)
        try:
            taken = self.explorer.interpreter.step(state, move.action, move.arguments)
        except StepError:
            if self.ends_undefined:
                return None
            raise
        if taken != reached:
            raise ExplorationError(f"CPython does not take {label} from {state!r} to {reached!r}")
        return move

    def _trace(self, node: int, move: Move | None) -> Trace:
        initial, path = self.explorer.path_to(node)
        protocol = self.refinement.concrete
        whole = path if move is None else (*path, move)
        return make_trace(protocol, name_of(protocol), self.bounds.joint, initial, whole)
