"""Checking properties of runs on the graph of all states."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from quorate.checker.explore.graph import StateGraph
from quorate.checker.explore.paths import ExplorationError
from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.ground.evaluation import UndefinedOperation
from quorate.checker.ground.nodes import Bool
from quorate.checker.ground.to_python import function
from quorate.checker.results import Exploration, Finding, Move
from quorate.model.language import SizeError, StepError
from quorate.model.language.diagnostics import UndefinedAt
from quorate.model.language.interpreter import State
from quorate.model.language.ir import core as c

from .confirm import Witness
from .fair_graph import FairGraph
from .predicates import Marks, StateMarks, TemporalClaim, claims, first_edges, of_steps
from .results import Liveness, TemporalCheck, TemporalVerdict, left_open
from .runs import FairRun, RunSearch, Shape


def after_search(explorer: Explorer, found: Exploration, names: Sequence[str]) -> Liveness:
    """Check these properties of runs after a search, or say why they are left open."""

    def open_(reason: str) -> Liveness:
        return left_open(explorer.protocol, names, reason)

    if found.initial is not None:
        return open_("the search ended with a violation")
    if not found.complete:
        return open_("the search is not complete")
    if found.spilled is not None:
        return open_("the states went to the disk")
    try:
        return check_runs(explorer, names)
    except SizeError as error:
        return open_(str(error))


def check_runs(explorer: Explorer, names: Iterable[str]) -> Liveness:
    """Check these properties of runs, given a complete search without reductions.

    All states must be in memory. Symmetry and partial-order reduction leave out states and steps
    that fairness depends on, so `StateGraph` refuses them, and this does. Raises SizeError if the
    graph would be too large.
    """
    started = time.perf_counter()
    with explorer.sizes:
        found = _Checking(explorer, FairGraph(StateGraph(explorer))).run(list(names))
    size, seconds = found.nbytes, time.perf_counter() - started
    g = found.graph.graph
    fair = any(a.fair is not None for a in explorer.description.actions)
    return Liveness(tuple(found.checks), g.nodes, g.edges, size, seconds, fair=fair)


@dataclass
class _Checking:
    explorer: Explorer
    graph: FairGraph
    checks: list[TemporalCheck] = field(default_factory=list)
    nbytes: int = 0

    def run(self, names: list[str]) -> _Checking:
        e = self.explorer
        self.layout, self.store = e.kernel.layout, e.store
        self.search = RunSearch(self.graph)
        self.witness = Witness(e.interpreter)
        wanted = [p for p in e.description.temporal if p.name in names]
        of_runs = [p for p in wanted if p.kind != "step_property"]
        about_steps = [p for p in wanted if p.kind == "step_property"]
        found = {p.name: check for p, check in self._all_of_runs(of_runs)}
        found |= {p.name: check for p, check in self._all_of_steps(about_steps)}
        self.checks = [found[p.name] for p in wanted]
        self.nbytes += self.graph.nbytes + self.search.nbytes
        return self

    # ------------------------------------------------------------ properties of runs

    def _all_of_runs(
        self, properties: Sequence[c.Temporal]
    ) -> Iterable[tuple[c.Temporal, TemporalCheck]]:
        made = list(claims(self.layout, properties))
        conditions = [p for claim in made for p in (*claim.holds, self._undefined(claim))]
        marks = StateMarks(self.layout, self.store.states, self.graph.count, conditions)
        self.nbytes += marks.nbytes
        for p in properties:
            yield p, self._of_runs(p, [claim for claim in made if claim.property is p], marks)

    def _undefined(self, claim: TemporalClaim) -> Bool:
        return self.layout.graph.or_(u.when for u in claim.undefined)

    def _of_runs(
        self, p: c.Temporal, made: Sequence[TemporalClaim], marks: StateMarks
    ) -> TemporalCheck:
        vacuous: list[str] = []
        for claim in made:
            if (wrong := marks.of(self._undefined(claim))).any():
                return self._undefined_in(claim, int(wrong.argmax()))
            holds = [marks.of(condition) for condition in claim.holds]
            run = self.search.find(Shape.of(p.kind, holds, self.graph.graph.initial))
            if run is not None:
                return self._violated(claim, run)
            vacuous += self._vacuous(claim, holds)
        return TemporalCheck(p.name, p.kind, TemporalVerdict.HOLDS, vacuous=tuple(vacuous[:1]))

    def _vacuous(self, claim: TemporalClaim, holds: Sequence[Marks]) -> list[str]:
        """Why it says little that a claim holds."""
        p = claim.property
        called = TemporalCheck(p.name, p.kind, TemporalVerdict.HOLDS, claim.arguments).called
        if p.kind == "leads_to" and not holds[0].any():
            return [f"no state makes the premise of {called} true"]
        if p.kind == "eventually" and holds[0][: self.graph.graph.initial].all():
            return [f"{called} is true in every initial state: it says nothing about runs"]
        return []

    def _violated(self, claim: TemporalClaim, run: FairRun) -> TemporalCheck:
        initial, path = self.explorer.path_to(run.seed)
        stem = (*path, *self._moves(run.stem))
        lasso = self.witness.lasso(initial, stem, self._moves(run.loop), self.graph.units)
        states = [initial, *(m.state for m in lasso.path)]
        self._confirm(claim, states[len(path) :], states[len(lasso.stem) :])
        p = claim.property
        return TemporalCheck(p.name, p.kind, TemporalVerdict.VIOLATED, claim.arguments, lasso)

    def _moves(self, edges: Iterable[int]) -> tuple[Move, ...]:
        g = self.graph
        labels = ((g.label(e), self.explorer.state(int(g.targets[e]))) for e in edges)
        return tuple(
            Move(label.action, tuple(v for _, v in label.arguments), state)
            for label, state in labels
        )

    def _confirm(self, claim: TemporalClaim, region: list[State], loop: list[State]) -> None:
        """Check with CPython that a run violates a claim. Raises ExplorationError."""
        p = claim.property

        def truth(state: State) -> tuple[bool, ...]:
            return self.witness.truth(p.name, claim.arguments, state)

        if p.kind == "eventually_always":
            wrong = all(truth(state)[-1] for state in loop)
        else:
            wrong = any(truth(state)[-1] for state in region)
        if p.kind == "leads_to":
            wrong = wrong or not truth(region[0])[0]
        if wrong:
            raise ExplorationError(f"the kernel finds {p.name} violated by a run, CPython does not")

    # ------------------------------------------------------------ properties of steps

    def _all_of_steps(
        self, properties: Sequence[c.Temporal]
    ) -> Iterable[tuple[c.Temporal, TemporalCheck]]:
        if not properties:
            return
        both, g = of_steps(self.layout), self.graph.graph
        made = list(claims(both, properties))
        wrong = [both.graph.not_(claim.holds[0]) for claim in made]
        undefined = [both.graph.or_(u.when for u in claim.undefined) for claim in made]
        edges = first_edges(
            *(both, self.layout.words, self.store.states, g.sources, g.targets),
            [*wrong, *undefined],
        )
        pairs = list(zip(edges[: len(made)], edges[len(made) :], strict=True))
        for p in properties:
            mine = [(claim, *pair) for claim, pair in zip(made, pairs, strict=True)]
            yield p, self._of_steps(p, [x for x in mine if x[0].property is p])

    def _of_steps(
        self, p: c.Temporal, made: Sequence[tuple[TemporalClaim, int, int]]
    ) -> TemporalCheck:
        for claim, wrong, undefined in made:
            if undefined >= 0:
                return self._undefined_after(claim, undefined)
            if wrong >= 0:
                initial, path, old = self._to_step(wrong)
                if self.witness.step_holds(p.name, claim.arguments, old, path[-1].state):
                    raise ExplorationError(f"the kernel finds {p.name} violated, CPython does not")
                finding = Finding(initial, path, violated=p.name)
                verdict = TemporalVerdict.VIOLATED
                return TemporalCheck(p.name, p.kind, verdict, claim.arguments, finding=finding)
        return TemporalCheck(p.name, p.kind, TemporalVerdict.HOLDS)

    def _to_step(self, edge: int) -> tuple[State, tuple[Move, ...], State]:
        """The initial state, a shortest path to a step and the step, and the state before it."""
        initial, path = self.explorer.path_to(int(self.graph.graph.sources[edge]))
        old = path[-1].state if path else initial
        return initial, (*path, *self._moves([edge])), old

    # ------------------------------------------------------------ what is undefined

    def _undefined_in(self, claim: TemporalClaim, k: int) -> TemporalCheck:
        p, arguments = claim.property, claim.arguments
        initial, path = self.explorer.path_to(k)
        state = path[-1].state if path else initial
        try:
            self.witness.truth(p.name, arguments, state)
        except StepError as error:
            at = error.at
        else:
            at = self._stricter(claim, state, self.store.row(k).tolist())
        finding = Finding(initial, path, undefined=at)
        return TemporalCheck(p.name, p.kind, TemporalVerdict.UNDEFINED, arguments, finding=finding)

    def _undefined_after(self, claim: TemporalClaim, edge: int) -> TemporalCheck:
        p, arguments, g = claim.property, claim.arguments, self.graph.graph
        initial, path, old = self._to_step(edge)
        try:
            self.witness.step_holds(p.name, arguments, old, path[-1].state)
        except StepError as error:
            at = error.at
        else:
            rows = [self.store.row(int(k)).tolist() for k in (g.sources[edge], g.targets[edge])]
            at = self._stricter(claim, path[-1].state, [*rows[0], *rows[1]])
        finding = Finding(initial, path, undefined=at)
        return TemporalCheck(p.name, p.kind, TemporalVerdict.UNDEFINED, arguments, finding=finding)

    def _stricter(self, claim: TemporalClaim, state: State, words: list[int]) -> UndefinedAt:
        """What is undefined for the description, which may look where CPython does not."""
        reasons: Sequence[UndefinedOperation] = claim.undefined
        values = function([u.when for u in reasons])(words)
        reason = next(u for u, holds in zip(reasons, values, strict=True) if holds)
        p = claim.property
        return UndefinedAt(p.kind, p.name, claim.arguments, state, reason.span, reason.what)
