"""Proper elements: all but the bottom of a sort. Some fields of messages hold no other."""

from __future__ import annotations

from typing import Any

from quorate.model.language.declare.types import (
    MessagesType,
    Record,
    RecordType,
    SeqType,
    SetType,
    SortType,
    Type,
)
from quorate.model.language.ir import core as c
from quorate.model.language.ir.traverse import walk


def shift(t: Type) -> int:
    """The code of the first proper element of a key type."""
    return 1 if isinstance(t, SortType) and t.bottom is not None else 0


def always_proper(description: c.Description) -> set[tuple[type, str]]:
    """The message fields that no send ever sets to the bottom of their sort.

    Greatest fixpoint: assume all, drop those that some send may break, until nothing changes.
    """
    sends = [
        (effect.message, _loose_names(effect))
        for action in (*description.inits, *description.actions)
        for effect in action.effects
        if isinstance(effect, c.Send)
    ]
    found: set[tuple[type, str]] = set()
    for v in description.variables:
        for record in v.type.messages if isinstance(v.type, MessagesType) else ():
            found |= {(record, n) for n, t in record.field_types().items() if shift(t)}
    while True:
        broken = {
            (record, name)
            for record, name in found
            for message, loose in sends
            if message.type == RecordType(record)
            and not _is_proper(_field(message, record, name), found, loose)
        }
        if not broken:
            return found
        found -= broken


def _field(message: c.Expr, record: type[Record], name: str) -> Any:
    if isinstance(message, c.MakeRecord):
        return message.args[list(record.field_types()).index(name)]
    if isinstance(message, c.Var):
        return c.Field(of=message, name=name, type=record.field_types()[name])
    return None


def _loose_names(effect: c.Send) -> set[str]:
    """Variables bound to items of sequences or sets, which may be any value of their type."""
    return {
        b.var.name
        for b in (*effect.binders, *(n for n in walk(effect.message) if isinstance(n, c.Binder)))
        if isinstance(b.domain, c.OverMembers) and isinstance(b.domain.of.type, (SeqType, SetType))
    }


def _is_proper(e: Any, assumed: set[tuple[type, str]], loose: set[str]) -> bool:
    match e:
        case c.Var(name=name):
            return name not in loose  # parameters and other loops range over proper elements
        case c.Lit(value=value):
            return bool(value.index >= 0)
        case c.Ite(then=then, orelse=orelse):
            return _is_proper(then, assumed, loose) and _is_proper(orelse, assumed, loose)
        case c.Field(of=c.Var(type=RecordType(record)), name=name):
            return (record, name) in assumed
    return False
