"""Arguments that are maps, sets, sequences, records, or None instead, in proofs for any size.

The step chooses any value of the type. So is any value what an arbitrary state holds in a variable
of that type: such a parameter is read from a variable of its own, which nothing writes and no
invariant mentions. What is known of variables, such as the types of their cells, holds of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from quorate.model.language.declare.protocol import Variable
from quorate.model.language.declare.types import MapType, RecordType, SeqType, SetType
from quorate.model.language.ir import core as c
from quorate.model.language.ir.traverse import transformed

from .signature import UnsupportedError
from .values import is_flagged


def is_chosen(variable: str) -> bool:
    """Whether a variable stands for an argument."""
    return "." in variable


def with_choices(description: c.Description) -> c.Description:
    """The description, with such arguments read from variables. Raises UnsupportedError."""
    every = (*description.inits, *description.actions)
    found = [_variable(description, a, b) for a in every for b in _compound(a)]
    if not found:
        return description
    return replace(
        description,
        variables=(*description.variables, *found),
        inits=tuple(map(_reading, description.inits)),
        actions=tuple(map(_reading, description.actions)),
    )


def _compound(action: c.Action) -> Iterator[c.Binder]:
    for b in action.parameters:
        kinds = MapType, SetType, SeqType, RecordType
        compound = isinstance(b.var.type, kinds) or is_flagged(b.var.type)
        if compound and isinstance(b.domain, c.OverType):
            yield b


def _name(action: c.Action, name: str) -> str:
    return f"{action.name}.{name}"


def _variable(description: c.Description, action: c.Action, b: c.Binder) -> Variable:
    name = _name(action, b.var.name)
    return Variable(name, b.var.type, None, volatile=False, owner=description.protocol)


def _reading(action: c.Action) -> c.Action:
    chosen = {b.var.name: _name(action, b.var.name) for b in _compound(action)}
    if not chosen:
        return action
    kept = tuple(b for b in action.parameters if b.var.name not in chosen)
    return replace(
        action,
        parameters=kept,
        guards=tuple(_read(g, chosen) for g in action.guards),
        effects=tuple(_read(e, chosen) for e in action.effects),
    )


def _read(node: Any, chosen: Mapping[str, str]) -> Any:
    def put(e: Any) -> Any:
        match e:
            case c.At(of=c.Var(name=name, type=MapType()), index=index) if name in chosen:
                key = _read(index, chosen)
                return c.Read(variable=chosen[name], keys=(key,), type=e.type, span=e.span)
            case c.Var(name=name, type=MapType()) if name in chosen:
                raise UnsupportedError(f"the map `{name}` as a whole", e.span)
            case c.Var(name=name) if name in chosen:
                return c.Read(variable=chosen[name], keys=(), type=e.type, span=e.span)
        return None

    return transformed(node, put)
