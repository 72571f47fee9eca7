"""The initial states of a protocol, without trying in CPython every choice that `@init` has.

The arguments of an `@init` method become symbols: one for each cell of a map, each element of a
set, each other argument. They are given their values one after the other, for many choices at once
in arrays, and a choice is left out as soon as a conjunct of the guards that mentions only symbols
with values is false. So what is tried shrinks conjunct by conjunct. What is left is run by CPython,
in its own order, so that only states that the class itself begins in are found.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from quorate.model.language import Protocol, SizeError
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.declare.types import (
    MapType,
    SetType,
    Type,
    key_values,
    proper_values,
)
from quorate.model.language.declare.values import FrozenMap
from quorate.model.language.description import describe
from quorate.model.language.interpreter import Arguments, Interpreter, State
from quorate.model.language.ir import core as c
from quorate.model.language.ir.constraints import unconstrained

from .evaluate import Evaluator
from .instances import Instantiator
from .layout import Layout
from .nodes import Bool, Graph, Node, Scalar, nodes_in
from .packing import Packing
from .shapes import Value
from .vector import Vector

FEW = 500  # choices that CPython tries at once
TOGETHER = 1 << 16  # choices that are looked at at once

Indices = npt.NDArray[np.int32]  # one row for each choice, one column for each symbol with a value

_last: list[tuple[type[Protocol], Sizes, list[State]]] = []  # searches ask for them several times


def initial_states(protocol: type[Protocol], sizes: Sizes) -> list[State]:
    """What `Interpreter.initial` gives: the initial states, in its order. Use it inside the sizes.

    Raises StepError where `@init` is undefined, and SizeError.
    """
    for known, at, states in _last:
        if known is protocol and at is sizes:
            return states
    found = Interpreter(protocol, sizes).initial(InitialChoices(describe(protocol), sizes))
    _last[:] = [(protocol, sizes, found)]
    return found


class InitialChoices:
    """The arguments of each `@init` method that may satisfy its guards in a state, in order."""

    def __init__(self, description: c.Description, sizes: Sizes) -> None:
        self.description, self.sizes = description, sizes
        self._known: dict[str, Choosing | None] = {}

    def __call__(self, state: State, name: str) -> Iterator[Arguments] | None:
        """These arguments; None where there are few, or where the guards are too large."""
        if name not in self._known:
            self._known[name] = self._choosing(name)
        choosing = self._known[name]
        return None if choosing is None else choosing.arguments(self._packing.pack(state))

    def _choosing(self, name: str) -> Choosing | None:
        action = next(a for a in self.description.inits if a.name == name)
        types = [b.var.type for b in action.parameters]
        if not all(isinstance(b.domain, c.OverType) for b in action.parameters):
            return None  # a message that an earlier one sent
        if math.prod(map(self._layout.values.size, types)) <= FEW:
            return None
        try:
            return Choosing(self._layout, action)
        except SizeError:
            return None

    @cached_property
    def _layout(self) -> Layout:
        # What an `@init` begins with is no state of a search, and may lie outside a constraint.
        return Layout(unconstrained(self.description), self.sizes)

    @cached_property
    def _packing(self) -> Packing:
        return Packing(self._layout)


@dataclass(frozen=True)
class Symbol:
    """What is given one of these values at a time; `parts` are their scalars, one row for each.

    Each part is known under the name at its place.
    """

    values: tuple[Any, ...]
    names: tuple[str, ...]
    parts: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Argument:
    """A parameter and its symbols, in the order in which CPython goes through their values."""

    type: Type
    symbols: tuple[Symbol, ...]
    places: tuple[Any, ...]  # the key, or the member, that each symbol is about

    def value(self, given: tuple[Any, ...]) -> Any:
        """The argument, given the values of its symbols."""
        if isinstance(self.type, MapType):
            return FrozenMap(zip(self.places, given, strict=True))
        if isinstance(self.type, SetType):
            return frozenset(m for m, held in zip(self.places, given, strict=True) if held)
        return given[0]


class Choosing:
    """The choices for one `@init` method. Raises SizeError if its guards are too large."""

    def __init__(self, layout: Layout, action: c.Action) -> None:
        self._layout, self._evaluator = layout, Evaluator(layout)
        self._arguments: list[Argument] = []
        env = {b.var.name: self._symbolic(b.var.name, b.var.type) for b in action.parameters}
        self._symbols = [s for a in self._arguments for s in a.symbols]
        self._tests: list[list[Bool]] = [[] for _ in range(len(self._symbols) + 1)]
        self._impossible = False
        self._read_guards(action, env)

    def _symbolic(self, name: str, t: Type) -> Value:
        """An argument whose scalars are symbols."""
        v = self._layout.values
        scalars: list[Scalar] = []
        symbols: list[Symbol] = []
        places: tuple[Any, ...] = (None,)
        if isinstance(t, MapType):
            places, of, values = tuple(key_values(t.keys)), t.value, tuple(t.value.values())
        elif isinstance(t, SetType):
            places, of, values = v.members_of(t.element), c.BOOL, (False, True)
        else:
            of, values = t, tuple(proper_values(t))
        sizes = list(v.part_sizes(of))
        for k in range(len(places)):
            names = tuple(f"{name} {k} {i}" for i in range(len(sizes)))
            rows = [[*v.parts(v.constant(x, of), of)] for x in values]
            parts = np.array(rows, np.int64).reshape(len(values), len(sizes))
            symbols.append(Symbol(values, names, parts))
            pairs = zip(names, sizes, strict=True)
            scalars += [self._layout.graph.param(n, s) if s > 1 else 0 for n, s in pairs]
        if isinstance(t, SetType):  # the last element changes least often
            symbols, places = symbols[::-1], places[::-1]
        self._arguments.append(Argument(t, tuple(symbols), places))
        return self._evaluator.assembled(t, iter(scalars))

    def _read_guards(self, action: c.Action, env: Mapping[str, Value]) -> None:
        """Sort the conjuncts of the guards by the last symbol that they mention.

        What is undefined is left to CPython, whatever the guards are.
        """
        g = self._layout.graph
        found = Instantiator(self._layout).guarded(action, dict(env))
        if found is None:
            self._impossible = True
            return
        places = {n: k for k, s in enumerate(self._symbols, start=1) for n in s.names}
        unclear = g.or_(u.when for u in found.undefined)
        for guard in found.guards:
            for p in _conjuncts(g, guard):
                test = g.or_([p, unclear])
                last = max((places[n] for n in _parameters(test)), default=0)
                self._tests[last].append(test)

    def arguments(self, words: npt.NDArray[np.uint64]) -> Iterator[Arguments]:
        """The arguments that may satisfy the guards in a state, in the order of all arguments."""
        if self._impossible:
            return
        start = np.zeros((1, 0), np.int32)
        for rows in self._extended(words, self._kept(words, start)):
            for row in rows.tolist():
                yield self._values(row)

    def _extended(self, words: npt.NDArray[np.uint64], rows: Indices) -> Iterator[Indices]:
        """The choices that begin with these rows and that no test excludes."""
        given = rows.shape[1]
        if given == len(self._symbols) or not len(rows):
            yield rows
            return
        n = len(self._symbols[given].values)
        step = max(1, TOGETHER // max(1, n))
        for first in range(0, len(rows), step):
            part = rows[first : first + step]
            last = np.tile(np.arange(n, dtype=np.int32), len(part))
            longer = np.column_stack([np.repeat(part, n, axis=0), last])
            yield from self._extended(words, self._kept(words, longer))

    def _kept(self, words: npt.NDArray[np.uint64], rows: Indices) -> Indices:
        """The rows that the tests of exactly these symbols leave."""
        tests = self._tests[rows.shape[1]]
        if not tests:
            return rows
        columns = zip(self._symbols, rows.T, strict=False)
        parameters = {
            name: s.parts[column, i] for s, column in columns for i, name in enumerate(s.names)
        }
        vector = Vector(np.broadcast_to(words, (len(rows), len(words))), parameters)
        holds = np.ones(len(rows), np.bool_)
        for test in tests:
            holds &= vector.condition(test)
        return rows[holds]

    def _values(self, row: list[int]) -> Arguments:
        given = iter(s.values[k] for s, k in zip(self._symbols, row, strict=True))
        return tuple(a.value(tuple(next(given) for _ in a.symbols)) for a in self._arguments)


def _conjuncts(graph: Graph, p: Bool) -> Iterator[Bool]:
    if isinstance(p, Node) and p.op == "and":
        for q in p.args:
            yield from _conjuncts(graph, q)
    elif isinstance(p, Node) and p.op == "not" and p.args[0].op == "or":
        for q in p.args[0].args:
            yield from _conjuncts(graph, graph.not_(q))
    else:
        yield p


def _parameters(p: Bool) -> set[str]:
    return {node.args[0] for node in nodes_in([p]) if node.op == "param"}
