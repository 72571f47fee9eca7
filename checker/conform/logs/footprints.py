"""What lines of a log touch: the parts of a state that they may read, and those they may write.

It is read off the core IR, with the arguments that a line names in place. What is not known there
may be anything, so a footprint may be too large, never too small.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from quorate.model.language.declare.types import MessagesType, Record, RecordType, in_flight
from quorate.model.language.description import describe_predicate
from quorate.model.language.ir import core as c
from quorate.model.language.ir.traverse import children, walk

from .said import Said
from .steps import Event, ModelSteps, Pattern

ANY: Any = object()
"""Stands for a key, or a field, that is not known."""

Place = tuple[Any, ...]
"""A cell: its variable and keys. Messages: their class and fields."""

Env = Mapping[str, Any]


@dataclass
class Touched:
    """The places that a line touches."""

    reads: set[Place] = field(default_factory=set)
    """Whatever may decide whether, and how, the line can be explained."""
    sensitive: set[Place] = field(default_factory=set)
    """Those of them where more messages may also be in the way; all that are no messages."""
    writes: set[Place] = field(default_factory=set)
    everything: bool = False
    """Whether it may touch any place."""
    settled: bool = True
    """Whether, if it can be explained, more messages give it no other explanation."""


class AnyBut(NamedTuple):
    """Stands for any value but one."""

    value: Any


def is_known(part: Any) -> bool:
    """Whether a part of a place is one value."""
    return part is not ANY and type(part) is not AnyBut


def overlap(a: Place, b: Place) -> bool:
    """Whether two places may have a part in common."""
    return all(map(_meet, a, b))


def _meet(x: Any, y: Any) -> bool:
    if x is ANY or y is ANY:
        return True
    if type(x) is AnyBut or type(y) is AnyBut:
        return type(x) is type(y) or (y != x.value if type(x) is AnyBut else x != y.value)
    return bool(x == y)


class Footprints:
    """The footprints of lines. Use it inside the sizes."""

    def __init__(self, model: ModelSteps) -> None:
        self.model = model
        self._known: dict[int, Touched] = {}
        variables = model.description.variables
        self._opaque = any(in_flight(v.type) for v in variables)

    def of(self, said: Said) -> Touched:
        """The footprint of a line."""
        if id(said) not in self._known:
            self._known[id(said)] = self._line(said)
        return self._known[id(said)]

    def _line(self, said: Said) -> Touched:
        found = Touched(everything=self._opaque or said.events is None)
        wanted, walker = self.model.wanted(said), _Walker(found)
        for i, key, _, _ in wanted.cells:
            found.sensitive |= self._cell(i, key)
        for messages in (wanted.received, wanted.sent):
            found.reads |= {(type(m), *m) for m in messages.whole}
            found.reads |= set(map(_place, messages.partial))
        for name, args in said.holds:
            parameters, body = describe_predicate(self.model.protocol, name)
            values = self.model.arguments(name, dict(args))
            walker.condition(body, {p.name: values.get(p.name, ANY) for p in parameters}, 1)
        for event in wanted.events or ():
            self._event(event, walker)
        found.settled = len(wanted.events or ()) == 1 and not said.maybe and found.settled
        if said.blocked:
            found.sensitive |= found.reads
        found.reads |= found.sensitive
        return found

    def _cell(self, i: int, key: int | None) -> set[Place]:
        """A cell that a line shows; of the messages, all."""
        variable = self.model.description.variables[i]
        if isinstance(variable.type, MessagesType):
            return {(kind,) for kind in variable.type.messages}
        if key is None:
            return {(variable.name,)}
        found = self.model.keys[variable.name][key]
        return {(variable.name, *found) if type(found) is tuple else (variable.name, found)}

    def _event(self, event: Event, walker: _Walker) -> None:
        action = self.model.description.action(event.action)
        known = dict(event.given) | dict(event.partial)
        names = [p.var.name for p in action.parameters]
        env = {name: known.get(k, ANY) for k, name in enumerate(names)}
        for k, p in enumerate(action.parameters):
            if isinstance(p.domain, c.OverSent):
                walker.found.reads.add(_message(p.domain.record, known.get(k, ANY)))
        for guard in action.guards:
            walker.condition(guard.condition, env, 1)
        for effect in action.effects:
            walker.effect(effect, env)
        if action.fault is not None:
            walker.found.sensitive.add(("fault", action.fault))
            walker.found.writes.add(("fault", action.fault))
        used = {v.name for e in action.effects for v in walk(e) if isinstance(v, c.Var)}
        open_ = {n for n, v in env.items() if v is ANY or isinstance(v, Pattern)}
        walker.found.settled &= not used & open_


@dataclass
class _Walker:
    """Takes note of what expressions read, and effects write, given some names.

    `sign` says what more messages do to a condition: 1 they can only make it true, -1 only
    false, 0 either.
    """

    found: Touched

    def condition(self, e: Any, env: Env, sign: int) -> None:
        match e:
            case c.Not(arg=arg):
                self.condition(arg, env, -sign)
            case c.And(args=args) | c.Or(args=args):
                for arg in args:
                    self.condition(arg, env, sign)
            case c.Sent(message=message):
                self._messages(_sent(message, env), sign)
                self.condition(message, env, 0)
            case c.Quant(forall=forall, binders=binders, body=body):
                inner = self._binders(binders, body, env, -sign if forall else sign, forall)
                self.condition(body, inner, sign)
            case (
                c.SetComp(binders=binders, condition=test)
                | c.Filter(binders=binders, condition=test)
                | c.Count(binders=binders, condition=test)
                | c.Extreme(binders=binders, condition=test)
            ):
                inner = self._binders(binders, test, env, 0, False)
                for part in children(e):
                    if not isinstance(part, c.Binder):
                        self.condition(part, inner, 0)
            case c.Read(variable=variable, keys=keys):
                self.found.sensitive.add((variable, *(_value(k, env) for k in keys)))
                for key in keys:
                    self.condition(key, env, 0)
            case c.OverSent(record=record):
                self._messages((record,), 0)
            case _:
                for part in children(e):
                    self.condition(part, env, 0)

    def _binders(
        self, binders: tuple[c.Binder, ...], body: Any, env: Env, sign: int, forall: bool
    ) -> Env:
        """Take note of what binders range over; the environment inside them."""
        inner = dict(env)
        for b in binders:
            inner[b.var.name] = ANY
            if isinstance(b.domain, c.OverSent):
                known = dict(_fixed(body, b.var.name, env, forall))
                fields = b.domain.record.field_names()
                place = (b.domain.record, *(known.get(n, ANY) for n in fields))
                self._messages(place, sign)
            else:
                self.condition(b.domain, inner, 0)
            if b.when is not None:
                self.condition(b.when, inner, 0)
        return inner

    def _messages(self, place: Place, sign: int) -> None:
        (self.found.reads if sign > 0 else self.found.sensitive).add(place)

    def effect(self, effect: c.Effect, env: Env) -> None:
        """Take note of what an effect reads and writes."""
        inner = dict(env)
        for b in effect.binders:
            inner[b.var.name] = ANY
        for part in children(effect):
            self.condition(part, inner, 0)
        match effect:
            case c.Write(variable=variable, keys=keys):
                self.found.writes.add((variable, *(_value(k, inner) for k in keys)))
            case c.Send(message=message):
                place = _sent(message, inner)
                self.found.writes.add(place)
                kind: Any = place[0]
                if kind.key is not None:  # a second message under a key is a mistake
                    pairs = zip(kind.field_names(), place[1:], strict=False)
                    self.found.sensitive.add(
                        (kind, *(v if n in kind.key else ANY for n, v in pairs))
                    )
            case _:
                self.found.everything = True


def _fixed(body: Any, name: str, env: Env, forall: bool) -> Iterator[tuple[str, Any]]:
    """The fields of a bound message that are known: with others it makes no difference."""
    match body:
        case c.And(args=args) if not forall:
            for arg in args:
                yield from _fixed(arg, name, env, forall)
        case c.Or(args=args) if forall:
            for arg in args:
                yield from _fixed(arg, name, env, forall)
        case c.Not(arg=arg) if forall:
            yield from _fixed(arg, name, env, False)
        case c.Not(arg=c.Eq() as equation):
            for field_name, value in _fixed(equation, name, env, False):
                if not isinstance(value, AnyBut):
                    yield field_name, AnyBut(value)
        case c.Eq(left=left, right=right) if not forall:
            for a, b in ((left, right), (right, left)):
                match a:
                    case c.Field(of=c.Var(name=of), name=field_name) if of == name:
                        if (value := _value(b, env)) is not ANY:
                            yield field_name, value


def _value(e: Any, env: Env) -> Any:
    """The value of an expression, if it is known."""
    match e:
        case c.Lit(value=value):
            return value
        case c.Var(name=name):
            value = env.get(name, ANY)
            return ANY if isinstance(value, Pattern) else value
        case c.Some(of=of) | c.Unwrap(of=of):
            return _value(of, env)
        case c.Field(of=c.Var(name=name), name=field_name):
            message = env.get(name, ANY)
            if isinstance(message, Pattern):
                at = message.kind.field_names().index(field_name)
                return dict(message.fields).get(at, ANY)
            return getattr(message, field_name) if isinstance(message, Record) else ANY
    return ANY


def _sent(message: Any, env: Env) -> Place:
    """The messages that an expression may be."""
    assert isinstance(message.type, RecordType)
    if isinstance(message, c.MakeRecord):
        return (message.record, *(_value(a, env) for a in message.args))
    known = env.get(message.name, ANY) if isinstance(message, c.Var) else ANY
    return _message(message.type.record, known)


def _message(kind: type[Record], known: Any) -> Place:
    if isinstance(known, Pattern):
        return _place(known)
    return (kind, *known) if isinstance(known, Record) else (kind,)


def _place(pattern: Pattern) -> Place:
    fields, kind = dict(pattern.fields), pattern.kind
    return (kind, *(fields.get(k, ANY) for k in range(len(kind.field_names()))))
