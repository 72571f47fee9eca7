"""Guesses of the abstract step that each concrete action is, from explored steps.

A guess is a sequence of abstract actions, mostly of one, with a term for each parameter: a
parameter of the concrete action, a field of the message that it receives, the value of a variable,
or the sequence that an abstract variable is after the step. Guesses that do not explain the
explored steps are dropped. That a guess explains all steps is left to the proof.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from quorate.checker.explore.graph import StateGraph
from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.explore.search.options import BreadthFirst, InMemory
from quorate.model.language import StepError
from quorate.model.language.declare.types import (
    MapType,
    MessagesType,
    OptionType,
    RecordType,
    SeqType,
    SetType,
    Type,
)
from quorate.model.language.description import describe
from quorate.model.language.interpreter import State
from quorate.model.language.ir import core as c
from quorate.model.language.ir.traverse import free
from quorate.model.refinements import Refinement

from .abstract import Abstract, Path
from .choices import AFTER
from .images import Images, Regroup
from .matching import Matching
from .sizing import RefinementSizes
from .values import AbstractValues, NoSuchValueError
from .view import View

MOST_STATES = 20_000
MOST_STEPS = 60  # sampled steps of each action
MOST_GUESSES = 2_000  # for each sequence of abstract actions
MOST_TOGETHER = 3  # alternatives that together explain the steps of one action
MOST_ALTERNATIVES = 4
NOTHING = object()


@dataclass(frozen=True)
class AbstractCall:
    """An abstract action, with terms over the concrete action's parameters as arguments.

    The argument None is any value for which the guards hold; it is for parameters that only guards
    mention.
    """

    action: str
    terms: tuple[c.Expr | None, ...]

    def __str__(self) -> str:
        return f"{self.action}({', '.join('any' if t is None else shown(t) for t in self.terms)})"

    def env(self, action: c.Action) -> dict[str, c.Expr]:
        """The arguments by parameter, without those that are None."""
        pairs = zip(action.parameters, self.terms, strict=True)
        return {p.var.name: t for p, t in pairs if t is not None}


# A sequence of abstract actions; and the sequences that the steps of one concrete action may be,
# if they change the abstract state.
CallSequence = tuple[AbstractCall, ...]
Alternatives = tuple[CallSequence, ...]

_Valued = tuple[c.Expr | None, list[Any]]  # a term, and its value in each sample


@dataclass(frozen=True)
class _Sample:
    """An explored step that changes the abstract state, and the abstract steps that it may be."""

    state: State
    arguments: Mapping[str, Any]
    after: State
    paths: tuple[Path, ...]


def guess_action_map(
    refinement: Refinement, bounds: RefinementSizes, matching: Matching
) -> dict[str, list[Alternatives]]:
    """For each concrete action the guesses that explain its explored steps, the likeliest first.

    An action whose steps never change the abstract state has the guess `()`.
    """
    with bounds.joint:
        return _Guess(refinement, bounds, matching).run()


def namesakes(refinement: Refinement, matching: Matching) -> dict[str, list[Alternatives]]:
    """For each concrete action the one of its name, if there is one with its parameters."""
    return {a.name: _namesake(a, matching) for a in describe(refinement.concrete).actions}


def _namesake(action: c.Action, matching: Matching) -> list[Alternatives]:
    """The abstract action of this name, with the same parameters."""
    upper = {a.name: a for a in matching.description.actions}.get(action.name)
    given = {(p.var.name, p.var.type): p.var for p in action.parameters}
    wanted = [(p.var.name, p.var.type) for p in upper.parameters] if upper else []
    if upper is None or not all(w in given for w in wanted):
        return []
    return [((AbstractCall(action.name, tuple(given[w] for w in wanted)),),)]


class _Guess:
    def __init__(self, refinement: Refinement, bounds: RefinementSizes, matching: Matching) -> None:
        self.refinement, self.matching = refinement, matching
        self.description = describe(refinement.concrete)
        self.abstract = Abstract(refinement.abstract, bounds.abstract)
        self.translator = AbstractValues(refinement.abstract, refinement.sorts)
        nothing: frozenset[str] = frozenset()
        self.explorer = Explorer(
            refinement.concrete,
            bounds.joint,
            BreadthFirst(limit=MOST_STATES, storage=InMemory()),
            invariants=nothing,
        )
        # An undefined step ends the search. What was found before it is enough for guesses.
        self.found = self.explorer.run(None, coverage=False)
        self.view = View(self.explorer.interpreter)

    def run(self) -> dict[str, list[Alternatives]]:
        samples = self._samples()
        return {
            a.name: self._alternatives(a, samples.get(a.name, [])) for a in self.description.actions
        }

    # ------------------------------------------------------------ steps

    def _samples(self) -> dict[str, list[_Sample]]:
        """A sample of the steps of each action that change the abstract state, spread evenly.

        There are none where `@init` is undefined: the proof finds that by itself.
        """
        if not self.found.states:
            return {}
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
                    images.states[int(other[e])],
                    self._paths(images.states[int(one[e])], images.states[int(other[e])]),
                )
                for e in spread
            ]
        return found

    def _paths(self, before: State, after: State) -> tuple[Path, ...]:
        try:
            return self.abstract.paths(before, after, self.refinement.steps)
        except StepError:  # an abstract step is undefined
            return ()

    # ------------------------------------------------------------ guesses

    def _alternatives(self, action: c.Action, samples: list[_Sample]) -> list[Alternatives]:
        """Alternatives that alone explain all samples, else a few that do so together."""
        if not samples:  # no explored step changed anything, but others may
            return [(), *_namesake(action, self.matching)]
        explained: dict[CallSequence, frozenset[int]] = {}
        alone: list[Alternatives] = []
        for sequence, those in self._guesses(action, samples):
            if len(those) == len(samples):
                alone.append((sequence,))
            else:
                explained[sequence] = those
            if len(alone) == MOST_ALTERNATIVES:
                break
        return alone or self._together(explained, set(range(len(samples))))

    def _together(
        self, explained: dict[CallSequence, frozenset[int]], unexplained: set[int]
    ) -> list[Alternatives]:
        """A few alternatives that explain all steps, or as many as possible, chosen greedily."""
        chosen: list[CallSequence] = []
        while unexplained and len(chosen) < MOST_TOGETHER and explained:
            best = max(explained, key=lambda w: len(explained[w] & unexplained))
            if not explained[best] & unexplained:
                break
            chosen.append(best)
            unexplained = unexplained - explained[best]
        return [tuple(chosen)] if chosen else []

    def _guesses(
        self, action: c.Action, samples: list[_Sample]
    ) -> Iterator[tuple[CallSequence, frozenset[int]]]:
        """Candidate alternatives, each with the samples that it explains."""
        terms = list(self._terms(action))
        for names in dict.fromkeys(_names(p) for x in samples for p in x.paths):
            uppers = [self.matching.description.action(n) for n in names]
            seen = [{_arguments(p) for p in x.paths if _names(p) == names} for x in samples]
            ranges = self._ranges(terms, uppers, samples, seen)
            for row in itertools.islice(itertools.product(*ranges), MOST_GUESSES):
                those = frozenset(i for i in range(len(samples)) if _among(row, seen[i], i))
                if those:
                    chosen = iter(t for t, _ in row)
                    calls = (
                        AbstractCall(u.name, (*itertools.islice(chosen, len(u.parameters)),))
                        for u in uppers
                    )
                    yield tuple(calls), those

    def _ranges(
        self,
        terms: list[c.Expr],
        uppers: list[c.Action],
        samples: list[_Sample],
        seen: list[set[tuple[Any, ...]]],
    ) -> list[list[_Valued]]:
        """For each parameter the terms that have its value in some sample, the likeliest first."""
        types = [
            p.var.type for u in uppers for p in self.abstract.description.action(u.name).parameters
        ]
        slots = [(u, p) for u in uppers for p in u.parameters]
        ranges: list[list[_Valued]] = []
        for k, ((upper, p), t) in enumerate(zip(slots, types, strict=True)):
            found: list[tuple[int, _Valued]] = []
            for term in terms:
                if term.type == p.var.type:
                    values = [self._valued(term, t, x) for x in samples]
                    fits = sum(
                        v in {r[k] for r in rows} for v, rows in zip(values, seen, strict=True)
                    )
                    found += [(fits, (term, values))] if fits else []
            ordered = [valued for _, valued in sorted(found, key=lambda x: -x[0])]
            ranges.append([*ordered, *([(None, [])] if _only_guards(upper, p) else [])])
        return ranges

    def _terms(self, action: c.Action) -> Iterator[c.Expr]:
        """The candidate terms: parameters, fields of messages, cells of variables at these keys."""
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
        yield from (name for _, name in sequences_afterwards(self.matching.description))

    def _valued(self, term: c.Expr, t: Type, sample: _Sample) -> Any:
        """The value of a term in a sample, as an abstract value; NOTHING if it is undefined."""
        if isinstance(term, c.Var) and term.name.endswith(AFTER):
            variables = zip(self.abstract.description.variables, sample.after, strict=True)
            return next(x for v, x in variables if term.name == f"{v.name}{AFTER}")
        try:
            self.view.show(sample.state)
            return self.translator.value("", t, self._value(term, sample))
        except (NoSuchValueError, AttributeError, LookupError, TypeError, ValueError):
            return NOTHING

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


def sequences_afterwards(upper: c.Description) -> list[tuple[c.Read, c.Var]]:
    """The abstract variables that are sequences, each with the name of its value after a step."""
    return [
        (c.Read(variable=v.name, keys=(), type=v.type), c.Var(name=f"{v.name}{AFTER}", type=v.type))
        for v in upper.variables
        if isinstance(v.type, SeqType)
    ]


def _present(e: c.Expr, t: Type) -> Iterator[c.Expr]:
    yield e
    if isinstance(t, OptionType):
        yield c.Unwrap(of=e, type=t.inner)


def _names(path: Path) -> tuple[str, ...]:
    return tuple(action for action, _ in path)


def _arguments(path: Path) -> tuple[Any, ...]:
    return tuple(x for _, arguments in path for x in arguments)


def _among(row: tuple[_Valued, ...], seen: set[tuple[Any, ...]], sample: int) -> bool:
    """Whether the values of the terms are arguments of an abstract step in this sample."""
    wanted = [(k, values[sample]) for k, (term, values) in enumerate(row) if term is not None]
    return any(all(given[k] == x for k, x in wanted) for given in seen)


def _only_guards(action: c.Action, parameter: c.Binder) -> bool:
    """Whether a parameter occurs in guards only, not in effects."""
    return not any(parameter.var.name in free(e) for e in action.effects)


def shown_calls(sequence: CallSequence, arguments: bool = True) -> str:
    """A sequence of calls as text."""
    return " then ".join(map(str, sequence) if arguments else (call.action for call in sequence))


def shown(term: c.Expr) -> str:
    """A term as text."""
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
