"""Counterexamples to induction of one finite instance, found by Z3.

Each lemma is asserted under a Boolean switch, so that one solver serves the whole search.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import z3

from quorate.checker.prove.bounded.transition import Transition
from quorate.checker.smt.effort import limit, spent
from quorate.checker.smt.formulas import disjunction, negation
from quorate.checker.smt.translate import GroundTranslator
from quorate.model.language.ir import core as c

from .instance import SampledInstance

DEFINEDNESS = "steps make sense"  # what every protocol must keep: no second message of one key, say
Words = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class BreakingStep:
    """A step between packed states that breaks a lemma; `after` is None if it is undefined."""

    lemma: str
    action: str
    before: Words
    after: Words | None


class UndecidedError(Exception):
    """Z3 gave no answer with the effort that it may take."""


class InductionChecker:
    """Counterexamples to induction of one instance; made and used inside its sizes."""

    def __init__(self, instance: SampledInstance, effort: float = 100.0) -> None:
        self.instance = instance
        self.transition = t = Transition(instance.ground)
        self.later = GroundTranslator(t.after)
        self.solver = z3.SolverFor("QF_FD", t.context)
        limit(self.solver, effort)
        self.solver.add(
            *t.before.ranges(),
            t.translator.condition(instance.ground.well_formed()),
        )
        self.moves, self.undefined = self._switch("moves "), self._switch("undefined ")
        self.solver.add(z3.Implies(self.moves, t.formula))
        self.solver.add(z3.Implies(self.moves, t.changes))
        self.solver.add(self.undefined == t.undefined)
        self.actions = list(dict.fromkeys(s.action for s in t.steps))
        self.by_action = {a: self._switch(f"takes {a}") for a in self.actions}
        for a, switch in self.by_action.items():
            chosen = [x for x, s in zip(t.selectors, t.steps, strict=True) if s.action == a]
            self.solver.add(z3.Implies(switch, disjunction(chosen)))
        self._groups = 0
        self.names = [s.action for s in t.steps]
        self.lemmas: dict[str, tuple[Any, Any]] = {}
        self.random = np.random.default_rng(0)
        self.placed = list(t.before.placed())

    def add(self, name: str, body: c.Expr) -> None:
        """Add a lemma under this name."""
        self.instance.layout.graph._terms = 0  # its limit is for one protocol, not for many lemmas
        node, _ = self.instance.ground._make.property(  # the graph of the steps' formulas
            c.Property(name=name, kind="invariant", body=body)
        )
        holds, broken = self._switch(f"holds {name}"), self._switch(f"broken {name}")
        before = self.transition.translator.condition(node)
        after = self.later.condition(node)
        self.solver.add(z3.Implies(holds, before))
        self.solver.add(broken == negation(after))
        self.lemmas[name] = (holds, broken)

    def steps(self, lemma: str, assumed: Iterable[str], most: int) -> Iterator[BreakingStep]:
        """Steps from states that satisfy these lemmas to a state that breaks this lemma.

        At most `most` steps, if possible one of each action, then steps near reachable states.
        Raises UndecidedError.
        """
        switches = [self.lemmas[n][0] for n in assumed]
        wanted = [*switches, *self._broken(lemma)]
        if not self._asked(wanted):
            return
        cases = [[s] for a, s in self.by_action.items() if lemma != DEFINEDNESS] or [[]]
        cases = [x for x in cases if self._asked([*wanted, *x])]
        for k in range(max(most, len(cases))):
            case = cases[k % len(cases)]
            self._near(int(self.random.integers(len(self.instance.states))), [*wanted, *case])
            yield self._step(lemma, lemma != DEFINEDNESS)

    def breaks(self, lemma: str, assumed: Iterable[str]) -> bool:
        """Whether some step from a state that satisfies these lemmas breaks this one."""
        return self._asked([*(self.lemmas[n][0] for n in assumed), *self._broken(lemma)])

    def inductive(self, names: Sequence[str], base: Sequence[str] = ()) -> list[str]:
        """The largest subset that is inductive together with `base`, which is taken for granted.

        This is Houdini: each step that breaks some lemma removes all lemmas that it breaks.
        """
        kept = list(names)
        while kept and (model := self._broken_by([*base, *kept], kept)) is not None:
            kept = [n for n in kept if not z3.is_true(model[self.lemmas[n][1]])]
        return kept

    def needed(self, goals: Sequence[str], names: Sequence[str]) -> list[str]:
        """Of these lemmas, inductive together, some that suffice for the goals.

        It works backwards from the goals: each needs lemmas such that no step breaks it, and so do
        they; earlier lemmas are preferred. Then lemmas that the others do not need are dropped, the
        last first.
        """
        found: list[str] = []
        todo = [DEFINEDNESS, *goals]
        while todo:
            lemma = todo.pop(0)
            have = [*goals, *found]
            if self.breaks(lemma, have):
                new = self._wanting(lemma, have, [n for n in names if n not in found])
                found += new
                todo += new
        for name in [n for n in reversed(names) if n in found]:
            rest = [n for n in found if n != name]
            if self._carried(goals, rest):
                found = rest
        return [n for n in names if n in found]

    def _wanting(self, lemma: str, have: Sequence[str], names: Sequence[str]) -> list[str]:
        """Some of these lemmas that, with what there is, no step breaks this one from."""
        switches = {n: self.lemmas[n][0] for n in (*have, *names)}
        if self._asked([*self._broken(lemma), *switches.values()]):
            return list(names)
        ids = {x.get_id() for x in self.solver.unsat_core()}
        core = [n for n in names if switches[n].get_id() in ids]
        for name in reversed(core):
            rest = [n for n in core if n != name]
            if not self.breaks(lemma, [*have, *rest]):
                core = rest
        return core

    def _carried(self, goals: Sequence[str], names: Sequence[str]) -> bool:
        """Whether no step breaks one of these lemmas, or a goal."""
        both = [*goals, *names]
        return not self.breaks(DEFINEDNESS, both) and self._broken_by(both, both) is None

    def _broken_by(self, assumed: Sequence[str], names: Sequence[str]) -> z3.ModelRef | None:
        """A step from where some lemmas hold that breaks one of these, if there is one."""
        some = self._switch(f"some {self._groups}")
        self._groups += 1
        self.solver.add(z3.Implies(some, z3.Or(*[self.lemmas[n][1] for n in names])))
        switches = [self.lemmas[n][0] for n in assumed]
        if self._asked([*switches, self.moves, z3.Not(self.undefined), some]):
            return self.solver.model()
        return None

    def _broken(self, lemma: str) -> list[Any]:
        """What says that a step breaks a lemma."""
        if lemma == DEFINEDNESS:
            return [self.undefined]
        return [self.moves, z3.Not(self.undefined), self.lemmas[lemma][1]]

    def _near(self, k: int, wanted: list[Any]) -> None:
        """A model of what is wanted that shares much with state k."""
        state = self.instance.states[k]
        same = [x if int(state[word]) >> bit & 1 else z3.Not(x) for x, word, bit in self.placed]
        self.random.shuffle(same)
        for part in (0.8, 0.6, 0.4, 0.2):
            if self._asked([*wanted, *same[: int(part * len(same))]]):
                return
        self._asked(wanted)

    @property
    def spent(self) -> float:
        """The effort of all questions so far, as Z3 counts it."""
        return spent(self.solver)

    def _switch(self, name: str) -> Any:
        return z3.Bool(name, self.transition.context)

    def _asked(self, assumptions: list[Any]) -> bool:
        answer = self.solver.check(*assumptions)
        if answer == z3.unknown:
            raise UndecidedError(self.solver.reason_unknown())
        return bool(answer == z3.sat)

    def _step(self, lemma: str, moves: bool) -> BreakingStep:
        model = self.solver.model()
        before = self.transition.before.words(model)
        if not moves:
            return BreakingStep(lemma, "", before, None)
        action = next(
            a
            for a, s in zip(self.names, self.transition.selectors, strict=True)
            if z3.is_true(model.eval(s, model_completion=True))
        )
        return BreakingStep(lemma, action, before, self.transition.after.words(model))
