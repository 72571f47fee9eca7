"""Whether actions and properties mean the same with two elements of a sort exchanged.

Let p be the exchange of two neighbours. A step of an action with some arguments must be enabled in
a state s if and only if the step with the exchanged arguments is in p(s), each guard like its twin,
and must lead to a state t where the other leads to p(t); it must be undefined where the other is. A
property must hold in s if and only if it holds in p(s). If that is so for all pairs of neighbours,
it is for all permutations, since these are products of such exchanges; then permutations map runs
to runs, and bad states to bad states (Clarke, Enders, Filkorn, Jha: Exploiting Symmetry in Temporal
Logic Model Checking, 1996).

CPython tries it first, in a few states: where an order is used as one, a few steps show it. What is
left is a question to Z3 for each step and each pair, about any state, reachable or not, so that
nothing need be known of reachable ones. A state that Z3 finds counts only if CPython agrees.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from quorate.checker.explore.codegen.cache import keep, kept, name_of
from quorate.checker.ground.first_states import initial_states
from quorate.checker.ground.interchangeable import Exchange, Exchanged, Rule, tells_apart
from quorate.checker.ground.layout import Layout
from quorate.checker.ground.permutations import permuted, permuted_state
from quorate.checker.lazily import lazily
from quorate.model.language import StepError
from quorate.model.language.interpreter import Arguments, Interpreter, State
from quorate.model.language.ir import core as c

if TYPE_CHECKING:
    from . import equivariance_proof
else:
    equivariance_proof = lazily("quorate.checker.explore.reduction.equivariance_proof")  # Z3

WALKS, STEPS = 8, 25  # runs at random, in whose states rules are compared
MOST_TRIED = 4_000  # choices of arguments, for one sort

Steps = Mapping[Arguments, State | None]  # None where a step is undefined


class Difference(NamedTuple):
    """That a rule tells the elements `at` and `at + 1` of a sort apart, or, if not `sure`, may.

    `part` is the index of the guard or effect that does, guards first.
    """

    rule: str
    at: int
    part: int | None = None
    sure: bool = True


@dataclass
class Equivariance:
    """Answers for the protocol of a layout, kept in the cache under a key, if there is one."""

    layout: Layout
    key: str | None
    _left: int = field(init=False, default=0)

    @cached_property
    def _interpreter(self) -> Interpreter:
        return Interpreter(self.layout.description.protocol, self.layout.sizes)

    def refuted(self, elements: Exchanged, rules: Sequence[Rule]) -> str | None:
        """What CPython finds in a few states."""
        return self._remembered("tried", elements, rules)

    def unproved(self, elements: Exchanged, rules: Sequence[Rule]) -> str | None:
        """None if Z3 proves that there is no difference."""
        return self._remembered("proved", elements, rules)

    def _remembered(self, how: str, elements: Exchanged, rules: Sequence[Rule]) -> str | None:
        which = f"{elements.sort.__name__} {elements.first}"
        name = self.key and f"symmetry/{name_of(self.key, how, which)}.json"
        data = kept(name) if name else None
        if data is not None:
            known = json.loads(data)
            found = known and Difference(*known)
        else:
            try:
                found = (self._tried if how == "tried" else self._proved)(elements, rules)
            except ModuleNotFoundError:
                return "a proof takes Z3, which is not installed"
            if name:
                keep(name, json.dumps(found).encode())
        return found and _text(found, elements, rules)

    # ------------------------------------------------------------ by CPython

    def _tried(self, elements: Exchanged, rules: Sequence[Rule]) -> Difference | None:
        self._left = MOST_TRIED
        for state in self._walked():
            for exchange in elements.exchanges():
                for rule in rules:
                    found = self.difference(state, rule, elements, exchange)
                    if found is not None:
                        return found
        return None

    def _walked(self) -> Iterator[State]:
        """The states of a few runs, as likely by one action as by another."""
        chance = random.Random(0)
        initial = initial_states(self.layout.description.protocol, self.layout.sizes)
        for _ in range(WALKS if initial else 0):
            state = chance.choice(initial)
            for _ in range(STEPS):
                if self._left < 0:
                    return
                yield state
                state = self._after(state, chance)

    def _after(self, state: State, chance: random.Random) -> State:
        """A next state; the same one if there is none."""
        actions = list(self.layout.description.actions)
        for action in chance.sample(actions, len(actions)):
            reached = dict.fromkeys(self._steps(action, state).values())
            if others := [s for s in reached if s not in (None, state)]:
                return chance.choice(others)
        return state

    def difference(
        self, state: State, rule: Rule, elements: Exchanged, exchange: Exchange
    ) -> Difference | None:
        """How a rule tells two elements apart in a state; None if it does not."""
        images = {elements.sort: exchange}
        twin = permuted_state(self.layout, state, images)
        at = _first(exchange)
        if isinstance(rule, c.Property):
            same = self._holds(rule, state) == self._holds(rule, twin)
            return None if same else Difference(rule.name, at)
        there = self._steps(rule, twin)
        moved = {
            permuted(args, images): after and permuted_state(self.layout, after, images)
            for args, after in self._steps(rule, state).items()
        }
        for args in {**moved, **there}:
            if args not in moved or args not in there:
                back = permuted(args, images)  # an exchange undoes itself
                part = self._guard(rule, (state, back), (twin, args))
                return Difference(rule.name, at, part)
            if moved[args] != there[args]:
                part = self._effect(rule, elements, moved[args], there[args])
                return Difference(rule.name, at, part)
        return None

    def _holds(self, rule: c.Property, state: State) -> bool | None:
        try:
            return self._interpreter.holds(rule.name, state)
        except StepError:
            return None

    def _steps(self, action: c.Action, state: State) -> Steps:
        found: dict[Arguments, State | None] = {}
        for args in self._interpreter.choices(state, action.name):
            self._left -= 1
            try:
                after = self._interpreter.step(state, action.name, args)
                if after is not None:
                    found[args] = after
            except StepError:
                found[args] = None
        return found

    def _guard(
        self, action: c.Action, one: tuple[State, Arguments], other: tuple[State, Arguments]
    ) -> int | None:
        """The first guard that holds for one of two steps and not for the other."""
        pair = [self._interpreter.requirements(s, action.name, args) for s, args in (one, other)]
        for mine, its in zip(*pair, strict=False):
            if mine.held != its.held:
                spans = enumerate(g.span for g in action.guards)
                return next((k for k, s in spans if s.line <= mine.line <= s.end_line), None)
        return None

    def _effect(
        self, action: c.Action, elements: Exchanged, one: State | None, other: State | None
    ) -> int | None:
        """An effect on a variable that two states differ in; rather one that may be the reason."""
        if one is None or other is None:
            return None
        names = [v.name for v in self.layout.description.variables]
        differing = {n for n, x, y in zip(names, one, other, strict=False) if x != y}
        found = [(k, e) for k, e in enumerate(action.effects) if e.variable in differing]
        found.sort(key=lambda pair: not tells_apart(pair[1], elements))
        return len(action.guards) + found[0][0] if found else None

    # ------------------------------------------------------------ by Z3

    def _proved(self, elements: Exchanged, rules: Sequence[Rule]) -> Difference | None:
        # Without derived cells: they follow in reachable states alone.
        layout = Layout(self.layout.description, self.layout.sizes)
        first: Difference | None = None
        for left in equivariance_proof.unproved(layout, elements, rules):
            if left.state is not None:
                found = self.difference(left.state, left.rule, elements, left.exchange)
                if found is not None:
                    return found
            first = first or Difference(left.rule.name, _first(left.exchange), sure=False)
        return first


def _first(exchange: Exchange) -> int:
    return next(i for i, j in enumerate(exchange) if i != j)


def _text(found: Difference, elements: Exchanged, rules: Sequence[Rule]) -> str:
    """What is printed after "Nodes are not interchangeable: "."""
    one, other = elements.sort(found.at), elements.sort(found.at + 1)
    if not found.sure:
        return f"it is not proved that {found.rule} does not tell {one!r} from {other!r}"
    rule = next(r for r in rules if r.name == found.rule)
    span: Any = rule.span
    text = ""
    if found.part is not None and isinstance(rule, c.Action):
        span = (*rule.guards, *rule.effects)[found.part].span
        text = f": {span.text()}"
    line = f" in line {span.line}" if span.line else ""
    return f"{found.rule} tells {one!r} from {other!r}{line}{text}"
