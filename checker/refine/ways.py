"""Which abstract step each concrete action is, with which arguments: guessed from explored steps.

A guess is an abstract action and, for each of its parameters, a term: a parameter of the concrete
action, a field of the message that it receives, or what a variable holds there. Guesses that do
not explain the steps that were explored are dropped; whether one always does is for the proof.
"""

from __future__ import annotations

import contextlib
import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from quorate.checker.explore.explorer import Explorer
from quorate.checker.explore.graph import StateGraph
from quorate.model.language import StepError
from quorate.model.language import core as c
from quorate.model.language.lower import describe
from quorate.model.language.run import State
from quorate.model.language.types import (
    MapType,
    MessagesType,
    OptionType,
    RecordType,
    SetType,
    Type,
)
from quorate.model.refinements import Refinement

from .abstract import Abstract
from .images import Images, Regroup
from .matching import Matching
from .sizing import Configuration
from .values import NoSuchValueError, Translator
from .view import View

MOST_STATES = 20_000
MOST_STEPS = 60  # that a guess is tried on, of each action
MOST_GUESSES = 2_000  # of each pair of actions
MOST_WAYS = 3  # that the steps of one action may be
MOST_ALTERNATIVES = 4


@dataclass(frozen=True)
class Way:
    """An abstract action, with terms over the concrete action's parameters for its own."""

    action: str
    terms: tuple[c.Expr, ...]

    def __str__(self) -> str:
        return f"{self.action}({', '.join(map(shown, self.terms))})"


@dataclass(frozen=True)
class _Sample:
    """A step that changes the abstract state, once seen."""

    state: State
    arguments: Mapping[str, Any]
    before: State
    after: State


# What the steps of one action may be: one of these if it changes the abstract state at all.
Ways = tuple[Way, ...]


def guess_ways(
    refinement: Refinement, bounds: Configuration, matching: Matching
) -> dict[str, list[Ways]]:
    """For each concrete action guesses that explain all its steps, the likeliest first; or none.

    An action whose steps never change the abstract state has the one guess `()`.
    """
    with bounds.joint:
        return _Guess(refinement, bounds, matching).run()


class _Guess:
    def __init__(self, refinement: Refinement, bounds: Configuration, matching: Matching) -> None:
        self.refinement, self.matching = refinement, matching
        self.description = describe(refinement.concrete)
        self.abstract = Abstract(refinement.abstract, bounds.abstract)
        self.translator = Translator(refinement.abstract, refinement.sorts)
        nothing: frozenset[str] = frozenset()
        self.explorer = Explorer(refinement.concrete, bounds.joint, None, MOST_STATES, only=nothing)
        with contextlib.suppress(StepError):  # what was found before it is enough to guess from
            self.explorer.run(None, coverage=False)
        self.view = View(self.explorer.machine)

    def run(self) -> dict[str, list[Ways]]:
        samples = self._samples()
        return {a.name: self._ways(a, samples.get(a.name, [])) for a in self.description.actions}

    # ------------------------------------------------------------ steps

    def _samples(self) -> dict[str, list[_Sample]]:
        """Steps that change the abstract state, spread evenly over those of each action."""
        graph, images = StateGraph(self.explorer), Images(self.explorer, self.refinement)
        if not graph.edges:
            return {}
        while True:
            try:
                many = int(images.classes.max()) + 1
                image = np.array([images.of_class(k) for k in range(many)], np.int64)
                break
            except Regroup:
                images.regroup()
        one, other = (image[images.classes[ends]] for ends in (graph.sources, graph.targets))
        changing = np.flatnonzero(one != other)
        by_action: dict[str, list[int]] = defaultdict(list)
        for edge in changing:
            by_action[graph.edge_labels[int(graph.labels[edge])].action].append(int(edge))
        found: dict[str, list[_Sample]] = {}
        for action, edges in by_action.items():
            spread = edges[:: max(1, len(edges) // MOST_STEPS)]
            found[action] = [
                _Sample(
                    self.explorer.state(int(graph.sources[e])),
                    dict(graph.edge_labels[int(graph.labels[e])].arguments),
                    images.states[int(one[e])],
                    images.states[int(other[e])],
                )
                for e in spread
            ]
        return found

    # ------------------------------------------------------------ guesses

    def _ways(self, action: c.Action, samples: list[_Sample]) -> list[Ways]:
        """Single actions that explain all of the steps, else a few that do together."""
        if not samples:  # it was not seen to change anything, and may all the same
            return [(), *self._namesake(action)]
        explained: dict[Way, frozenset[int]] = {}
        alone: list[Ways] = []
        for way in self._guesses(action):
            those = frozenset(i for i, s in enumerate(samples) if self._explains(way, s))
            if len(those) == len(samples):
                alone.append((way,))
            elif those:
                explained[way] = those
            if len(alone) == MOST_ALTERNATIVES:
                break
        return alone or self._together(explained, set(range(len(samples))))

    def _namesake(self, action: c.Action) -> list[Ways]:
        """The abstract action of this name, with the same parameters."""
        upper = {a.name: a for a in self.matching.description.actions}.get(action.name)
        given = {(p.var.name, p.var.type): p.var for p in action.parameters}
        wanted = [(p.var.name, p.var.type) for p in upper.parameters] if upper else []
        if upper is None or not all(w in given for w in wanted):
            return []
        return [(Way(action.name, tuple(given[w] for w in wanted)),)]

    def _together(self, explained: dict[Way, frozenset[int]], left: set[int]) -> list[Ways]:
        """As few guesses as explain all of the steps, the best ones first."""
        chosen: list[Way] = []
        while left and len(chosen) < MOST_WAYS and explained:
            best = max(explained, key=lambda w: len(explained[w] & left))
            if not explained[best] & left:
                break
            chosen.append(best)
            left = left - explained[best]
        return [] if left else [tuple(chosen)]

    def _guesses(self, action: c.Action) -> Iterator[Way]:
        terms = list(self._terms(action))
        for upper in self.matching.description.actions:
            ranges = [[t for t in terms if t.type == p.var.type] for p in upper.parameters]
            for row in itertools.islice(itertools.product(*ranges), MOST_GUESSES):
                yield Way(upper.name, row)

    def _terms(self, action: c.Action) -> Iterator[c.Expr]:
        """Parameters, fields of messages, and what variables hold at these keys."""
        given: list[c.Expr] = [p.var for p in action.parameters]
        for x in [*given]:
            if isinstance(x.type, RecordType):
                given += [c.Field(of=x, name=n, type=t) for n, t in x.type.fields.items()]
        yield from given
        for v in self.description.variables:
            if isinstance(v.type, MessagesType):
                continue
            keys, t = (v.type.keys, v.type.value) if isinstance(v.type, MapType) else ((), v.type)
            if isinstance(t, SetType):
                continue
            fitting = [[x for x in given if x.type == k] for k in keys]
            for row in itertools.product(*fitting):
                yield from _present(c.Read(variable=v.name, keys=row, type=t), t)

    def _explains(self, way: Way, sample: _Sample) -> bool:
        """Whether the guess is enabled there and does what the step does."""
        original = self.abstract.description.action(way.action)
        try:
            self.view.show(sample.state)
            arguments = tuple(
                self.translator.value("", p.var.type, self._value(t, sample))
                for p, t in zip(original.parameters, way.terms, strict=True)
            )
            state = (*sample.before, *(1 for _ in self.abstract.sizes.faults))
            after = self.abstract.machine.step(state, way.action, arguments)
        except (NoSuchValueError, StepError, AttributeError, LookupError, TypeError, ValueError):
            return False
        return after is not None and after[: self.abstract.variables] == sample.after

    def _value(self, term: c.Expr, sample: _Sample) -> Any:
        match term:
            case c.Var(name=name):
                return sample.arguments[name]
            case c.Field(of=of, name=name):
                return getattr(self._value(of, sample), name)
            case c.Unwrap(of=of):
                return self._value(of, sample)
            case c.Read(variable=variable, keys=keys):
                held = getattr(self.view.object, variable)
                row = tuple(self._value(k, sample) for k in keys)
                return held if not row else held[row[0] if len(row) == 1 else row]
        raise TypeError(term)


def _present(e: c.Expr, t: Type) -> Iterator[c.Expr]:
    yield e
    if isinstance(t, OptionType):
        yield c.Unwrap(of=e, type=t.inner)


def shown(term: c.Expr) -> str:
    """A term as one would write it."""
    match term:
        case c.Var(name=name):
            return name
        case c.Field(of=of, name=name):
            return f"{shown(of)}.{name}"
        case c.Unwrap(of=of):
            return shown(of)
        case c.Read(variable=variable, keys=keys):
            row = ", ".join(map(shown, keys))
            return f"self.{variable}[{row}]" if keys else f"self.{variable}"
    return str(term)
