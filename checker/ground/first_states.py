"""The initial states of a protocol, without trying in CPython every choice that `@init` has.

The arguments of an `@init` method become symbols: one for the state that it begins with, one for
each cell of a map, each element of a set, each other argument. They are given their values one
after the other, for many choices at once in arrays, and a choice is left out as soon as a conjunct
of the guards that mentions only symbols with values is false. So what is tried shrinks conjunct by
conjunct. What is left is stored in rows of words as a kernel stores the steps of an action. Where
something may be undefined, CPython is asked, in its own order; it also confirms a sample of what
was made and a sample of what was left out, which would else be missing without a trace.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from quorate.errors import InternalError
from quorate.model.language import Protocol, SizeError, StepError
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
from quorate.model.language.interpreter import Interpreter, State
from quorate.model.language.ir import core as c
from quorate.model.language.ir.constraints import unconstrained

from .evaluate import Evaluator
from .evaluation import UndefinedOperation
from .instances import Assignment, Instance, Instantiator
from .layout import Layout
from .nodes import MOST_TERMS, Bool, Graph, Node, Scalar, nodes_in
from .packed_states import TOGETHER, PackedStates, distinct, rows_of
from .packing import Packing, Words
from .shapes import Value
from .values import Values
from .vector import States, Truth, Vector

FEW = 500  # choices that CPython tries at once
MOST_STORED = 100_000  # terms of effects: with more, arrays are no faster than CPython
MOST_NUMBERS = 1 << 25  # in the arrays of all nodes together
MOST_CONFIRMED = 200  # states that CPython makes again
SPREAD = 40_503  # which of them: these are all over the rows
MOST_REJECTED = 200  # choices left out that CPython tries

# One row for each choice: the number of the state that it begins with, and of each symbol's value.
Indices = npt.NDArray[np.int32]

_last: list[tuple[type[Protocol], Sizes, Sequence[State]]] = []  # asked for several times


class InitialStateError(InternalError):
    """Compiled formulas and CPython disagree on an initial state: a bug, not of the model."""


def initial_states(protocol: type[Protocol], sizes: Sizes) -> Sequence[State]:
    """What `Interpreter.initial` gives: the initial states, in its order. Use it inside the sizes.

    If there are many, they are packed. Raises StepError where `@init` is undefined, and SizeError.
    """
    for known, at, states in _last:
        if known is protocol and at is sizes:
            return states
    found = Beginning(protocol, sizes).states()
    _last[:] = [(protocol, sizes, found)]
    return found


class Beginning:
    """How a protocol begins: its `@init` methods, one after the other. Use it inside the sizes."""

    def __init__(self, protocol: type[Protocol], sizes: Sizes) -> None:
        self.protocol, self.sizes = protocol, sizes
        self.interpreter = Interpreter(protocol, sizes)
        self.description = unconstrained(describe(protocol))  # these are no states of a search

    def states(self) -> Sequence[State]:
        """The initial states. Raises StepError, SizeError."""
        states: Sequence[State] = [self.interpreter.declared()]
        for name in self.protocol.methods("init"):
            choices = self.choices(name, len(states))
            if choices is None:
                begun = (t for s in states for t in self.interpreter.begun(s, name))
                states = list(dict.fromkeys(begun))
            else:
                parts = choices.begun(rows_of(self.packing, states))
                states = PackedStates(self.packing, distinct(parts, self.packing.layout.words))
        return states

    def choices(self, name: str, states: int) -> Choices | None:
        """The choices of an `@init` method in so many states; None where CPython tries them all.

        It does where there are few, where the guards are too large, and for a message that an
        `@init` before sent.
        """
        action = next(a for a in self.description.inits if a.name == name)
        if not all(isinstance(b.domain, c.OverType) for b in action.parameters):
            return None
        sizes = (Values(Graph()).size(b.var.type) for b in action.parameters)
        if states * math.prod(sizes) <= FEW:
            return None
        try:
            return Choices(self.packing, action, self.interpreter)
        except SizeError:
            return None

    @cached_property
    def packing(self) -> Packing:
        """How the states are packed."""
        return Packing(Layout(self.description, self.sizes))


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


class Sample:
    """At most so many of the rows added, each with the same chance: those with the least keys."""

    def __init__(self, most: int, columns: int) -> None:
        self.most, self._random = most, np.random.default_rng(SPREAD)  # the same in every run
        self._keys, self.rows = np.zeros(0), np.zeros((0, columns), np.int32)

    def add(self, rows: Indices) -> None:
        """Choose among these rows, too."""
        keys = self._random.random(len(rows))
        if len(self._keys) == self.most:  # few are less than all of these
            less = keys < self._keys.max()
            rows, keys = rows[less], keys[less]
        keys = np.concatenate([self._keys, keys])
        least = np.argsort(keys)[: self.most]
        self._keys, self.rows = keys[least], np.concatenate([self.rows, rows])[least]


class Choices:
    """The choices for one `@init` method. Raises SizeError if its guards are too large."""

    def __init__(self, packing: Packing, action: c.Action, interpreter: Interpreter) -> None:
        self._packing, self._action, self._interpreter = packing, action, interpreter
        self._graph, self._arguments = packing.layout.graph, list[Argument]()
        env = {b.var.name: self._symbolic(b.var.name, b.var.type) for b in action.parameters}
        self._symbols = [s for a in self._arguments for s in a.symbols]
        self._tests: list[list[Bool]] = [[] for _ in range(len(self._symbols) + 1)]
        self._stores: tuple[Assignment, ...] = ()
        self._unclear: Bool = True
        make = Instantiator(packing.layout)
        with self._graph.aside(MOST_TERMS):
            found = make.symbolic(replace(action, effects=()), env)
            self._read_guards(found)
        try:
            with self._graph.aside(MOST_STORED):
                found = make.symbolic(action, env)
            self._stores, self._unclear = found.stores, self._undefined(found.undefined)
        except SizeError:
            pass  # then CPython does what follows the guards
        self._together = self._rows_at_once()
        share = max(1, MOST_REJECTED // max(1, sum(map(bool, self._tests))))
        self._rejected = [Sample(share, 1 + given) for given in range(len(self._tests))]
        self._confirmed, self._loaded = 0, (-1, State())

    def _symbolic(self, name: str, t: Type) -> Value:
        """An argument whose scalars are symbols."""
        layout = self._packing.layout
        v = layout.values
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
            scalars += [self._graph.param(n, s) if s > 1 else 0 for n, s in pairs]
        if isinstance(t, SetType):  # the last element changes least often
            symbols, places = symbols[::-1], places[::-1]
        self._arguments.append(Argument(t, tuple(symbols), places))
        return Evaluator(layout).assembled(t, iter(scalars))

    def _undefined(self, reasons: Iterable[UndefinedOperation]) -> Bool:
        return self._graph.or_(u.when for u in reasons)

    def _read_guards(self, found: Instance) -> None:
        """Sort the conjuncts of the guards by the last symbol that they mention.

        Where a guard is undefined, a choice stays, whatever the guards are.
        """
        places = {n: k for k, s in enumerate(self._symbols, start=1) for n in s.names}
        unclear = self._undefined(found.undefined)
        for guard in found.guards:
            for p in _conjuncts(self._graph, guard):
                test = self._graph.or_([p, unclear])
                last = max((places[n] for n in _parameters(test)), default=0)
                self._tests[last].append(test)

    def _rows_at_once(self) -> int:
        """So many that the arrays for all nodes fit into the memory."""
        at_last: list[Bool | Scalar] = [self._unclear]
        for s in self._stores:
            at_last += [s.when, s.index, s.value]
        nodes = max(_count(at_last), *map(_count, self._tests))
        return max(1, min(TOGETHER, MOST_NUMBERS // (nodes + 1)))

    # ------------------------------------------------------------ choosing

    def of(self, states: States) -> Iterator[Indices]:
        """The choices that may satisfy the guards in these states, in CPython's order."""
        for first in range(0, len(states), self._together):
            last = min(len(states), first + self._together)
            numbers = np.arange(first, last, dtype=np.int32)
            yield from self._extended(states, self._kept(states, numbers[:, None]))

    def _extended(self, states: States, rows: Indices) -> Iterator[Indices]:
        """The choices that begin with these rows and that no test excludes."""
        given = rows.shape[1] - 1
        if given == len(self._symbols) or not len(rows):
            yield rows
            return
        step = self._step(given)
        for first in range(0, len(rows), step):
            longer = self._longer(rows[first : first + step])
            yield from self._extended(states, self._kept(states, longer))

    def _step(self, given: int) -> int:
        """How many rows are given the values of the next symbol at once."""
        return max(1, self._together // max(1, len(self._symbols[given].values)))

    def _longer(self, rows: Indices) -> Indices:
        """The rows, each with each value of the next symbol."""
        n = len(self._symbols[rows.shape[1] - 1].values)
        last = np.tile(np.arange(n, dtype=np.int32), len(rows))
        return np.column_stack([np.repeat(rows, n, axis=0), last])

    def _kept(self, states: States, rows: Indices) -> Indices:
        """The rows that the tests of exactly these symbols leave."""
        given = rows.shape[1] - 1
        if not self._tests[given]:
            return rows
        passed = self._passed(states, rows)
        self._rejected[given].add(rows[~passed])
        return rows[passed]

    def _passed(self, states: States, rows: Indices) -> Truth:
        """Which rows the tests of exactly these symbols leave."""
        vector = self._vector(states, rows)
        passed = np.ones(len(rows), np.bool_)
        for test in self._tests[rows.shape[1] - 1]:
            passed &= vector.condition(test)
        return passed

    def _vector(self, states: States, rows: Indices) -> Vector:
        columns = zip(self._symbols, rows.T[1:], strict=False)
        parameters = {
            name: s.parts[column, i] for s, column in columns for i, name in enumerate(s.names)
        }
        return Vector(states[rows[:, 0]], parameters)

    # ------------------------------------------------------------ beginning

    def begun(self, states: States) -> Iterator[States]:
        """What the method makes of these states, by each choice in CPython's order.

        Raises StepError where CPython does, and InitialStateError.
        """
        for rows in self.of(states):
            if len(rows):
                yield self._begun(states, rows)
        self._confirm_rejected(states)

    def _begun(self, states: States, rows: Indices) -> States:
        vector = self._vector(states, rows)
        found = vector.stored(self._stores)
        asked = vector.condition(self._unclear).copy()
        sample = -1
        if self._confirmed < MOST_CONFIRMED:
            sample = self._confirmed * SPREAD % len(rows)
            self._confirmed += 1
        kept = np.ones(len(rows), np.bool_)
        for k in np.flatnonzero(asked).tolist():
            after = self._by_python(states, rows[k])
            kept[k] = after is not None
            found[k] = 0 if after is None else after
        if sample >= 0 and not asked[sample]:
            after = self._by_python(states, rows[sample])
            if after is None or (after != found[sample]).any():
                raise InitialStateError(
                    f"{self._action.name}: CPython makes {after} of the choice {rows[sample]}, "
                    f"formulas {found[sample]}"
                )
        return found[kept]

    def _confirm_rejected(self, states: States) -> None:
        """Let CPython try a sample of what the tests left out. Raises InitialStateError.

        There is a sample for each symbol, as its tests are others.
        """
        for sample in (s for s in self._rejected if len(s.rows)):
            for row in self._completed(states, sample):
                try:
                    after: object = self._by_python(states, row)
                except StepError as error:
                    after = error
                if after is not None:
                    raise InitialStateError(
                        f"{self._action.name}: formulas leave out the choice {row}, "
                        f"CPython makes {after} of it"
                    )

    def _completed(self, states: States, sample: Sample) -> Indices:
        """Choices that begin with rows of a sample, no more than it may have.

        Later tests exclude none of them, where that can be had: most other choices would be no
        initial states anyway, and a row that was left out wrongly would not be noticed.
        """
        rows = sample.rows
        for given in range(rows.shape[1] - 1, len(self._symbols)):
            longer = self._longer(rows[: self._step(given)])
            passed = self._passed(states, longer)
            chosen = Sample(sample.most, longer.shape[1])
            chosen.add(longer[passed] if passed.any() else longer)
            rows = chosen.rows
        return rows

    def _by_python(self, states: States, row: Indices) -> Words | None:
        """What CPython makes of a choice, packed. Raises StepError."""
        number, *chosen = row.tolist()
        given = iter(s.values[k] for s, k in zip(self._symbols, chosen, strict=True))
        arguments = tuple(a.value(tuple(next(given) for _ in a.symbols)) for a in self._arguments)
        if number != self._loaded[0]:
            self._loaded = number, self._packing.unpack(states[number])
        after = self._interpreter.begun_with(self._loaded[1], self._action.name, arguments)
        return None if after is None else self._packing.pack(after)


def _conjuncts(graph: Graph, p: Bool) -> Iterator[Bool]:
    if isinstance(p, Node) and p.op == "and":
        for q in p.args:
            yield from _conjuncts(graph, q)
    elif isinstance(p, Node) and p.op == "not" and p.args[0].op == "or":
        for q in p.args[0].args:
            yield from _conjuncts(graph, graph.not_(q))
    else:
        yield p


def _count(roots: Iterable[Bool | Scalar]) -> int:
    return sum(1 for _ in nodes_in(roots))


def _parameters(p: Bool) -> set[str]:
    return {node.args[0] for node in nodes_in([p]) if node.op == "param"}
