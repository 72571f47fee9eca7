"""Actions at given sizes: for every choice of arguments, ground guards and ground stores.

Small parameter ranges are unrolled, and large ones if the guards, such as equal fields of two
messages, leave few of the choices. Where that would give too many instances, the parameters that
range over messages stay symbolic: the kernel then loops over the messages sent.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from quorate.model.language import SizeError
from quorate.model.language.declare.types import MapType
from quorate.model.language.diagnostics import Span
from quorate.model.language.ir import core as c
from quorate.model.language.ir.constraints import constraints
from quorate.model.language.ir.queues import is_next
from quorate.model.language.ir.traverse import walk

from .columns import Column, MessageColumn
from .evaluate import Evaluator
from .evaluation import Env, UndefinedOperation
from .layout import Layout
from .nodes import Bool, Scalar
from .shapes import Fields

MOST_UNROLLED = 512
MOST_TRIED = 4_096  # choices, to see whether few of them are possible
MOST_TERMS_TRIED = 200_000  # that may be joined for that
MOST_INSTANCES = 50_000


@dataclass(frozen=True)
class Assignment:
    """`column[index] := value` where `when` holds."""

    column: Column
    index: Scalar
    value: Scalar
    when: Bool


@dataclass(frozen=True)
class Loop:
    """A parameter that ranges over the messages of a column, by two symbolic numbers."""

    parameter: str
    messages: MessageColumn
    index: Scalar
    payload: Scalar

    @property
    def choices(self) -> int:
        """How many messages it could range over."""
        return self.messages.keys * self.messages.payloads


@dataclass(frozen=True)
class Instance:
    """One action with arguments: constants, or symbols bound by `loops`.

    `guards` has one condition per `require` (after those for the constraints of a search,
    messages and the fault budget, which `implicit` holds); `undefined` is what is undefined, and
    when: the first `early` of them in the guards, so that it is unknown whether the step is
    enabled; the others in what it does.
    `determined` is what the action writes to cells that have no bits: they follow from the others.
    """

    action: c.Action
    arguments: tuple[Any, ...]
    loops: tuple[Loop, ...]
    implicit: Bool
    guards: tuple[Bool, ...]
    stores: tuple[Assignment, ...]
    undefined: tuple[UndefinedOperation, ...] = field(default=())
    early: int = 0
    determined: tuple[Assignment, ...] = field(default=())


def used_in_effects(action: c.Action) -> list[int]:
    """Which parameters occur in the effects; the others are mere witnesses of the guards."""
    names: set[str] = set()
    for effect in action.effects:
        parts: list[Any] = [effect.when, *(b.domain for b in effect.binders)]
        parts += [*effect.keys, effect.value] if isinstance(effect, c.Write) else [effect.message]
        for part in parts:
            names |= {n.name for n in walk(part) if isinstance(n, c.Var)}
    return [i for i, p in enumerate(action.parameters) if p.var.name in names]


class Instantiator:
    """Makes the instances of a protocol's actions, and the ground form of its properties."""

    def __init__(self, layout: Layout) -> None:
        self.layout, self.g = layout, layout.graph
        self.evaluator = Evaluator(layout)
        self.v = layout.values

    def property(self, p: c.Property) -> tuple[Bool, list[UndefinedOperation]]:
        """Where a property holds, and where it is undefined."""
        self.evaluator.undefined = []
        holds = self.evaluator.value(p.body, {})
        return holds, self.evaluator.undefined

    @cached_property
    def _within(self) -> Bool:
        """Where steps are taken: inside the constraints of the search."""
        bounds = constraints(self.layout.description)
        return self.g.and_([self.property(p)[0] for p in bounds])

    def instances(self, action: c.Action, unroll: bool = False) -> Iterator[Instance]:
        """Every instance of an action; with `unroll`, none is symbolic. Raises SizeError."""
        symbolic = set() if unroll else self._symbolic(action)
        if symbolic and (found := self._few_possible(action)) is not None:
            yield from found
        else:
            yield from self._with_symbols(action, symbolic)

    def _few_possible(self, action: c.Action) -> list[Instance] | None:
        """The instances, none symbolic, if few of them are enabled in some state."""
        if math.prod(map(self._width, action.parameters)) > MOST_TRIED:
            return None
        found, possible = [], 0
        try:
            with self.g.aside(MOST_TERMS_TRIED):
                for i in self._with_symbols(action, set()):
                    found.append(i)
                    possible += bool(i.early) or self.g.and_([i.implicit, *i.guards]) is not False
                    if possible > MOST_UNROLLED:
                        return None
        except SizeError:
            return None
        return found

    def _with_symbols(self, action: c.Action, symbolic: set[str]) -> Iterator[Instance]:
        ranges = [self._range(b, b.var.name in symbolic) for b in action.parameters]
        count = math.prod(len(r) for r in ranges)
        if count > MOST_INSTANCES:
            raise SizeError(
                f"action {action.name} has {count:,} instances at these sizes, "
                f"more than {MOST_INSTANCES:,}: give smaller sizes"
            )
        for choice in itertools.product(*ranges):
            instance = self._instance(action, choice)
            if instance is not None:
                yield instance

    def symbolic(self, action: c.Action, env: Env) -> Instance:
        """An action that takes no messages, for arguments that are symbols."""
        choice = tuple((env[b.var.name], None, True) for b in action.parameters)
        found = self._instance(action, choice)
        assert found is not None, action.name  # something outside the guards excludes it
        return found

    def _symbolic(self, action: c.Action) -> set[str]:
        """The message parameters to leave symbolic: the widest first, until few remain."""
        widths = {b.var.name: self._width(b) for b in action.parameters}
        found: set[str] = set()
        messages = [b.var.name for b in action.parameters if isinstance(b.domain, c.OverSent)]
        for name in sorted(messages, key=lambda n: -widths[n]):
            if math.prod(w for n, w in widths.items() if n not in found) > MOST_UNROLLED:
                found.add(name)
        return found

    def _width(self, b: c.Binder) -> int:
        if isinstance(b.domain, c.OverSent):
            column = self.layout.messages[b.domain.variable, b.domain.record]
            return column.keys * column.payloads
        return self.v.size(b.var.type)

    def _range(self, b: c.Binder, symbolic: bool) -> list[Any]:
        """Pairs (value, loop or None, condition) that a parameter ranges over."""
        if isinstance(b.domain, c.OverNext):
            return self._next(b, b.domain)
        if not isinstance(b.domain, c.OverSent):
            return [(v, None, True) for v in self.v.proper(b.var.type)]
        column = self.layout.messages[b.domain.variable, b.domain.record]
        if symbolic:
            index = self.g.param(f"{b.var.name} index", column.keys)
            payload = self.g.param(f"{b.var.name} payload", column.payloads)
            if column.payloads == 1:
                payload = 0  # type: ignore[assignment]
            loop = Loop(b.var.name, column, index, payload)
            return [(Fields(column.fields(index, payload)), loop, True)]
        return [
            (
                Fields(column.fields(index, payload)),
                None,
                self.g.eq(self.g.load(column.column, index), payload + 1),
            )
            for index in range(column.keys)
            for payload in range(column.payloads)
        ]

    def _next(self, b: c.Binder, domain: c.OverNext) -> list[Any]:
        """Every message of a class, and where it is the first on its link."""
        v = self.layout.description.protocol.variables()[domain.variable]
        closure = self.evaluator.closure(is_next(v, b.var))
        found = []
        for message in self.v.proper(b.var.type):
            if (holds := closure({b.var.name: message})) is not False:
                found.append((message, None, holds))
        return found

    def _instance(self, action: c.Action, choice: tuple[Any, ...]) -> Instance | None:
        env: Env = {b.var.name: v for b, (v, _, _) in zip(action.parameters, choice, strict=True)}
        sent = [self._within, *(condition for _, _, condition in choice)]
        if action.fault is not None:
            budget = self.layout.budgets[action.fault]
            sent.append(self.g.less(0, self.g.load(budget, 0)))
        implicit = self.g.and_(sent)
        self.evaluator.undefined = []
        guards: list[Bool] = []
        so_far = implicit
        for guard in action.guards:
            holds = self.evaluator._under(so_far, self.evaluator.closure(guard.condition), env)
            guards.append(holds)
            so_far = self.g.and_([so_far, holds])
            if so_far is False and not self.evaluator.undefined:
                # Later guards are never looked at, so they count as not tried.
                guards += [True] * (len(action.guards) - len(guards))
                break
        early = len(self.evaluator.undefined)
        stores: list[Assignment] = []
        determined: list[Assignment] = []
        if so_far is not False:
            self.evaluator._path.append(so_far)
            try:
                for effect in action.effects:
                    for store in self._stores(effect, env, stores):
                        stores.append(store)
            finally:
                self.evaluator._path.pop()
            determined = [s for s in stores if s.column.formula is not None]
            stores = self._effective(map(self._kept, stores))
            if action.fault is not None:
                left = self.g.sub(self.g.load(budget, 0), 1)
                stores.append(Assignment(budget, 0, left, True))
        if so_far is False and not guards:
            return None
        return Instance(
            action=action,
            arguments=tuple(v for v, _, _ in choice),
            loops=tuple(loop for _, loop, _ in choice if loop is not None),
            implicit=implicit,
            guards=tuple(guards),
            stores=tuple(stores),
            undefined=tuple(self.evaluator.undefined),
            early=early,
            determined=tuple(determined),
        )

    def _kept(self, s: Assignment) -> Assignment:
        """Of a message whose payload follows from others, only that it is sent."""
        for m in self.layout.messages.values():
            if s.column is m.column and m.kept is not m.column:
                return Assignment(m.kept, s.index, 1, s.when)
        return s

    def _effective(self, stores: Iterable[Assignment]) -> list[Assignment]:
        """Without those that put back what was there, where nothing else was put before."""
        found: list[Assignment] = []
        touched: set[int] = set()
        for s in stores:
            if s.column.formula is not None:
                continue
            same = s.value is self.g.load(s.column, s.index)
            if s.column.size > 1 and not (same and id(s.column) not in touched):
                touched.add(id(s.column))
                found.append(s)
        return found

    # ------------------------------------------------------------ effects

    def _stores(
        self, effect: c.Effect, env: Env, earlier: list[Assignment]
    ) -> Iterator[Assignment]:
        when = self.evaluator.closure(effect.when)
        for premise, inner in self._bound(effect, env):
            condition = self.evaluator._under(premise, when, inner)
            condition = self.g.and_([premise, condition])
            if condition is False:
                continue
            self.evaluator._path.append(condition)
            try:
                match effect:
                    case c.Write():
                        yield from self._write(effect, inner, condition)
                    case c.Send():
                        yield self._send(effect, inner, condition, earlier)
                    case c.Receive():
                        yield self._receive(effect, inner, condition, earlier)
            finally:
                self.evaluator._path.pop()

    def _bound(self, effect: c.Effect, env: Env) -> Iterator[tuple[Bool, Env]]:
        """The rounds of the loops around an effect, entered where the tests around them hold."""
        names = {b.var.name for b in effect.binders}
        tests = effect.when.args if isinstance(effect.when, c.And) else (effect.when,)
        depth = len(self.evaluator._path)
        try:
            for test in tests if effect.binders else ():
                if not any(isinstance(n, c.Var) and n.name in names for n in walk(test)):
                    self.evaluator._path.append(self.evaluator.value(test, env))
            rounds = list(self.evaluator.bound(effect.binders, env))
        finally:
            del self.evaluator._path[depth:]
        yield from rounds

    def _write(self, effect: c.Write, env: Env, when: Bool) -> Iterator[Assignment]:
        variable = self.layout.description.variable(effect.variable)
        types = variable.type.keys if isinstance(variable.type, MapType) else ()
        codes = [
            self.evaluator.key_code(self.evaluator.value(k, env), t, effect.span)
            for k, t in zip(effect.keys, types, strict=True)
        ]
        index = self.layout.key_index(variable, codes)
        cell = variable.type.value if isinstance(variable.type, MapType) else variable.type
        value = self.evaluator.value(effect.value, env)
        parts = self.v.parts(value, cell)
        for column, part in zip(self.layout.parts[effect.variable], parts, strict=True):
            yield Assignment(column, index, self._in_range(part, column, effect.span), when)

    def _in_range(self, value: Scalar, column: Column, span: Span) -> Scalar:
        """A number that may exceed its column is a mistake of the model when it does."""
        fits = self.v.within(value, column.size)
        what = f"{column.name} goes from 0 to {column.size - 1}"
        self.evaluator._no_value(self.g.not_(fits), span, what)
        return self.g.select(fits, value, 0)

    def _send(self, effect: c.Send, env: Env, when: Bool, earlier: list[Assignment]) -> Assignment:
        message = self.evaluator.value(effect.message, env)
        record = effect.message.type.record  # type: ignore[attr-defined]
        column = self.layout.messages[effect.variable, record]
        self._check_fields(message, column, effect.span)
        index, number, _ = column.locate(message.values)
        if self.layout.in_flight(effect.variable):
            held = self.g.not_(self.g.eq(self._now(column.column, index, earlier), 0))
            what = f"{record.__name__} is in flight already" + (
                f", or another under key={record.key!r}" if column.payloads > 1 else ""
            )
            self.evaluator._no_value(held, effect.span, what)
        elif column.payloads > 1:
            old = self.g.load(column.column, index)
            taken = [self.g.not_(self.g.or_([self.g.eq(old, 0), self.g.eq(old, number)]))]
            for s in earlier:
                if s.column is column.column:
                    twin = self.g.and_([s.when, self.g.eq(s.index, index)])
                    taken.append(self.g.and_([twin, self.g.not_(self.g.eq(s.value, number))]))
            what = f"another {record.__name__} was sent under key={record.key!r}"
            self.evaluator._no_value(self.g.or_(taken), effect.span, what)
        return Assignment(column.column, index, number, when)

    def _receive(
        self, effect: c.Receive, env: Env, when: Bool, earlier: list[Assignment]
    ) -> Assignment:
        message = self.evaluator.value(effect.message, env)
        column = self.layout.messages[effect.variable, effect.message.type.record]  # type: ignore[attr-defined]
        index, number, possible = column.locate(message.values)
        held = self.g.eq(self._now(column.column, index, earlier), number)
        return Assignment(column.column, index, 0, self.g.and_([when, possible, held]))

    def _now(self, column: Column, index: Scalar, earlier: list[Assignment]) -> Scalar:
        """What a cell holds after the earlier stores of the same step."""
        found = self.g.load(column, index)
        for s in earlier:
            if s.column is column:
                here = self.g.and_([s.when, self.g.eq(s.index, index)])
                found = self.g.select(here, s.value, found)
        return found

    def _check_fields(self, message: Fields, column: MessageColumn, span: Span) -> None:
        for value, space in zip(message.values, column.spaces, strict=True):
            what = f"{column.record.__name__}.{space.name} is out of its range"
            self.evaluator._no_value(self.g.not_(self.v.fits(value, space.type)), span, what)
