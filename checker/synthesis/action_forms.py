"""Actions in the form from which lemmas are suggested: all parameters are plain values.

A message parameter is replaced by its fields and the guard that the message was sent. If one action
writes a cell for just one other action, which clears it, the two are composed: `reply_promise`
sends the reply that `receive_prepare` has put there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from quorate.model.language.declare.types import MapType, OptionType, RecordType
from quorate.model.language.ir import core as c
from quorate.model.language.ir.build import TRUE
from quorate.model.language.ir.traverse import substituted, transformed


def with_plain_parameters(action: c.Action) -> c.Action:
    """The action with a parameter for each field of a message that is a parameter."""
    for b in action.parameters:
        if isinstance(b.domain, c.OverSent):
            fields = b.domain.record.field_types()
            if not any(isinstance(t, MapType) for t in fields.values()):
                action = _apart(action, b, b.domain)
    return action


def _apart(action: c.Action, b: c.Binder, domain: c.OverSent) -> c.Action:
    m, record = b.var, domain.record
    row = {n: c.Var(name=f"{m.name}.{n}", type=t) for n, t in record.field_types().items()}
    made = c.MakeRecord(record=record, args=tuple(row.values()), type=RecordType(record))
    was_sent = c.Sent(variable=domain.variable, message=made, type=c.BOOL)

    def put(node: Any) -> Any:
        match node:
            case c.Field(of=of, name=name) if of == m:
                return row[name]
            case c.Var() if node == m:
                return made
        return None

    parameters: list[c.Binder] = []
    for p in action.parameters:
        new = [c.Binder(var=v, domain=c.OverType(type=v.type)) for v in row.values()]
        parameters += new if p is b else [p]
    guards = [replace(g, condition=transformed(g.condition, put)) for g in action.guards]
    return replace(
        action,
        parameters=tuple(parameters),
        guards=(c.Guard(condition=was_sent), *guards),
        effects=tuple(_effect(e, lambda x: transformed(x, put)) for e in action.effects),
    )


def with_preceding_step(
    action: c.Action, others: Sequence[c.Action], first: Mapping[str, Any]
) -> c.Action:
    """The action composed with the one before it, if only that one writes a cell for it.

    That is a cell that this action reads and resets to its initial value, and to which only the
    other one writes anything else. `first` are the initial values.
    """
    for note in plain_writes(action):
        if not is_constant(note.value, first.get(note.variable)):
            continue
        writers = {
            id(a): (a, w)
            for a in others
            for w in plain_writes(a)
            if w.variable == note.variable and not isinstance(w.value, c.Lit)
        }
        if len(writers) == 1:
            ((earlier, write),) = writers.values()
            if all(isinstance(k, c.Var) for k in (*write.keys, *note.keys)):
                return _composed(earlier, action, write, note)
    return action


def _composed(earlier: c.Action, later: c.Action, write: c.Write, note: c.Write) -> c.Action:
    here = {k.name: n for k, n in zip(write.keys, note.keys, strict=True) if isinstance(k, c.Var)}
    earlier = renamed(earlier, here)
    cells: dict[c.Expr, c.Expr] = {
        c.Read(variable=w.variable, keys=w.keys, type=w.value.type): w.value
        for w in plain_writes(earlier)
    }

    def put(node: Any) -> Any:
        match node:
            case c.Unwrap(of=of) if isinstance(some := cells.get(of), c.Some):
                return some.of
        return cells.get(node) if isinstance(node, c.Read) else None

    later = replace(
        later,
        guards=tuple(replace(g, condition=transformed(g.condition, put)) for g in later.guards),
        effects=tuple(_effect(e, lambda x: transformed(x, put)) for e in later.effects),
    )
    over = {(w.variable, w.keys) for w in plain_writes(later)}
    kept = [
        e for e in earlier.effects if not isinstance(e, c.Write) or (e.variable, e.keys) not in over
    ]
    names = {b.var.name for b in earlier.parameters}
    return replace(
        later,
        name=f"{earlier.name}, {later.name}",
        parameters=(
            *earlier.parameters,
            *(b for b in later.parameters if b.var.name not in names),
        ),
        guards=(*earlier.guards, *later.guards),
        effects=(*kept, *later.effects),
    )


def renamed(action: c.Action, put: Mapping[str, c.Expr]) -> c.Action:
    """The action with other variables as parameters."""
    parameters = []
    for b in action.parameters:
        v = put.get(b.var.name, b.var)
        assert isinstance(v, c.Var)
        parameters.append(replace(b, var=v))
    return replace(
        action,
        parameters=tuple(parameters),
        guards=tuple(replace(g, condition=substituted(g.condition, put)) for g in action.guards),
        effects=tuple(_effect(e, lambda x: substituted(x, put)) for e in action.effects),
    )


def _effect(e: c.Effect, change: Any) -> c.Effect:
    if isinstance(e, c.Write):
        return replace(
            e, keys=tuple(map(change, e.keys)), value=change(e.value), when=change(e.when)
        )
    return replace(e, message=change(e.message), when=change(e.when))


def plain_writes(action: c.Action) -> Iterator[c.Write]:
    """The cells that are written in every step of the action."""
    for e in action.effects:
        if isinstance(e, c.Write) and not e.binders and e.when == TRUE:
            yield e


def is_constant(e: c.Expr, value: Any) -> bool:
    """Whether an expression is this constant."""
    return isinstance(e, c.Lit) and e.value == value


def inner(e: c.Expr) -> c.Expr:
    """The value of a `Some`."""
    return e.of if isinstance(e, c.Some) and isinstance(e.type, OptionType) else e
