"""Actions that send messages: what a message implies about the step that sent it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from quorate.model.language.declare.types import MapType, Record, RecordType
from quorate.model.language.ir import core as c
from quorate.model.language.ir.build import over
from quorate.model.language.ir.traverse import substituted, walk

from .action_forms import plain_writes, with_plain_parameters, with_preceding_step


@dataclass(frozen=True)
class Sending:
    """An action that sends messages of one class: the expression for each field.

    Of a field that is a map, what it holds at any key, for which `key_of` has a name.
    """

    action: c.Action
    variable: str
    record: type[Record]
    args: Mapping[str, c.Expr]

    def parameters(self, values: Mapping[str, c.Expr]) -> dict[str, c.Expr]:
        """What the parameters are, for a message with these fields."""
        return {a.name: values[f] for f, a in self.args.items() if isinstance(a, c.Var)}

    @property
    def copied(self) -> dict[str, c.Read]:
        """The fields that hold what a cell did."""
        return {f: a for f, a in self.args.items() if isinstance(a, c.Read)}

    @property
    def writes(self) -> Iterator[c.Write]:
        """The cells written in the same step, with values known by name."""
        return plain_writes(self.action)


def actions(description: c.Description) -> list[c.Action]:
    """The actions that are no faults, with plain parameters and with what was left for them."""
    found = [with_plain_parameters(a) for a in description.actions if a.fault is None]
    first = {v.name: v.initial for v in description.variables}
    return [with_preceding_step(a, found, first) for a in found]


def sendings(of: list[c.Action]) -> list[Sending]:
    """Every action that sends, once for each message it makes."""
    return [
        Sending(action, e.variable, e.message.record, _args(e.message))
        for action in of
        for e in action.effects
        if isinstance(e, c.Send) and isinstance(e.message, c.MakeRecord) and not e.binders
    ]


def _args(message: c.MakeRecord) -> dict[str, c.Expr]:
    found: dict[str, c.Expr] = {}
    for (name, t), arg in zip(message.record.field_types().items(), message.args, strict=True):
        if isinstance(arg, c.MakeMap):
            found[name] = substituted(arg.body, {arg.var.name: key_of(t)})
        elif not isinstance(t, MapType):
            found[name] = arg
    return found


def key_of(t: object) -> c.Var:
    """The key at which the maps of messages are looked at."""
    assert isinstance(t, MapType)
    return c.Var(name=f"key.{t.keys[0]}", type=t.keys[0])


def conjuncts(action: c.Action) -> Iterator[c.Expr]:
    """What an action requires, one by one."""
    for guard in action.guards:
        e = guard.condition
        yield from e.args if isinstance(e, c.And) else (e,)


def on_messages(e: c.Expr) -> bool:
    """Whether a condition is about what was sent."""
    nodes = list(walk(e))
    return any(isinstance(x, (c.Sent, c.OverSent)) for x in nodes)


def on_cells(e: c.Expr) -> bool:
    """Whether a condition is about variables, and not about what was sent."""
    nodes = list(walk(e))
    return any(isinstance(x, c.Read) for x in nodes) and not on_messages(e)


def field_of(m: c.Var, name: str) -> c.Expr:
    """A field of a message variable; of a map, what it holds at any key."""
    assert isinstance(m.type, RecordType)
    t = m.type.record.field_types()[name]
    field = c.Field(of=m, name=name, type=t)
    return c.At(of=field, index=key_of(t), type=t.value) if isinstance(t, MapType) else field


def fields_of(m: c.Var) -> dict[str, c.Expr]:
    """Its fields, by name."""
    assert isinstance(m.type, RecordType)
    return {f: field_of(m, f) for f in m.type.record.field_types()}


def keys_of(m: c.Var) -> list[c.Var]:
    """The keys at which its maps are looked at."""
    assert isinstance(m.type, RecordType)
    types = m.type.record.field_types().values()
    return list(dict.fromkeys(key_of(t) for t in types if isinstance(t, MapType)))


def fields_in(sent: c.Sent) -> dict[str, c.Expr]:
    """The fields of the message that was sent, by name."""
    assert isinstance(sent.message, c.MakeRecord)
    return dict(zip(sent.message.record.field_types(), sent.message.args, strict=True))


def over_sent(m: c.Var, s: Sending) -> list[c.Binder]:
    """Keys of the maps of a message, then this variable over those of a class that were sent."""
    sent = c.Binder(var=m, domain=c.OverSent(variable=s.variable, record=s.record))
    return [*map(over, keys_of(m)), sent]
