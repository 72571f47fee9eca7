"""Actions that send messages: what a message says of the step that sent it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from quorate.model.language import core as c
from quorate.model.language.data import Record
from quorate.model.language.types import RecordType


@dataclass(frozen=True)
class Sending:
    """An action that sends messages of one class: the expression for each field."""

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
        for e in self.action.effects:
            if isinstance(e, c.Write) and not e.binders:
                yield e


def sendings(description: c.Description) -> list[Sending]:
    """Every action that sends, once for each message it makes."""
    return [
        Sending(
            action,
            e.variable,
            e.message.record,
            dict(zip(e.message.record.field_types(), e.message.args, strict=True)),
        )
        for action in description.actions
        for e in action.effects
        if isinstance(e, c.Send) and isinstance(e.message, c.MakeRecord) and not e.binders
    ]


def conjuncts(action: c.Action) -> Iterator[c.Expr]:
    """What an action requires, one by one."""
    for guard in action.guards:
        e = guard.condition
        yield from e.args if isinstance(e, c.And) else (e,)


def on_messages(e: c.Expr) -> bool:
    """Whether a condition is about what was sent."""
    nodes = list(c.walk(e))
    return any(isinstance(x, (c.Sent, c.OverSent)) for x in nodes)


def on_cells(e: c.Expr) -> bool:
    """Whether a condition is about variables, and not about what was sent."""
    nodes = list(c.walk(e))
    return any(isinstance(x, c.Read) for x in nodes) and not on_messages(e)


def field_of(m: c.Var, name: str) -> c.Field:
    """A field of a message variable."""
    assert isinstance(m.type, RecordType)
    return c.Field(of=m, name=name, type=m.type.record.field_types()[name])


def fields_of(m: c.Var) -> dict[str, c.Expr]:
    """Its fields, by name."""
    assert isinstance(m.type, RecordType)
    return {f: field_of(m, f) for f in m.type.record.field_types()}


def fields_in(sent: c.Sent) -> dict[str, c.Expr]:
    """The fields of the message that was sent, by name."""
    assert isinstance(sent.message, c.MakeRecord)
    return dict(zip(sent.message.record.field_types(), sent.message.args, strict=True))


def over_sent(m: c.Var, s: Sending) -> c.Binder:
    """This variable over the messages of a class that were sent."""
    return c.Binder(var=m, domain=c.OverSent(variable=s.variable, record=s.record))
