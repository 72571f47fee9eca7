"""Flattening: sets of records become relations, as messages are in proofs for any size.

`votes: Map[Acceptor, Set[Vote]]` becomes rows (a, b, v), one for each vote in `votes[a]`. Such a
set must start empty, and records must be added one by one: adding one becomes sending it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from quorate.checker.prove.unbounded import UnsupportedError
from quorate.model.language.declare.protocol import Variable
from quorate.model.language.declare.types import MapType, MessagesType, RecordType, SetType, Type
from quorate.model.language.ir import core as c
from quorate.model.language.ir.build import conjunction

from .matching import made_record
from .rewriting import Image, Rewriting

KEY = "key "


class Flattening:
    """The flattened description, and the translation of expressions. Raises UnsupportedError."""

    def __init__(self, description: c.Description) -> None:
        self.rows: dict[str, Any] = {}
        images: dict[str, Image] = {}
        variables: list[Variable] = []
        for v in description.variables:
            keys, cell = (
                (v.type.keys, v.type.value) if isinstance(v.type, MapType) else ((), v.type)
            )
            keys = v.type.keys if isinstance(v.type, MapType) else ()
            if not (isinstance(cell, SetType) and isinstance(cell.element, RecordType)):
                variables.append(v)
                continue
            if v.initial:
                raise UnsupportedError(f"a set of records that does not start empty (`{v.name}`)")
            self.rows[v.name] = row = _row(v.name, keys, cell.element)
            images[v.name] = _image(v.name, row, keys, cell)
            variables.append(replace(v, type=MessagesType((row,)), initial=None, volatile=False))
        self.rewriting = Rewriting(images)
        self.description = replace(
            description,
            variables=tuple(variables),
            inits=tuple(map(self._action, description.inits)),
            actions=tuple(map(self._action, description.actions)),
            properties=tuple(replace(p, body=self.expr(p.body)) for p in description.properties),
        )

    def expr(self, e: c.Expr) -> c.Expr:
        """An expression over the original variables, as one over the flattened ones."""
        return self.rewriting.expr(e, {})

    def _action(self, action: c.Action) -> c.Action:
        return replace(
            action,
            guards=tuple(replace(g, condition=self.expr(g.condition)) for g in action.guards),
            effects=tuple(x for e in action.effects for x in self._effect(e)),
        )

    def _effect(self, effect: c.Effect) -> list[c.Effect]:
        if self.rows and any(not isinstance(b.domain, c.OverType) for b in effect.binders):
            raise UnsupportedError("a loop over a set beside sets of records", effect.span)
        when = self.expr(effect.when)
        if isinstance(effect, c.Send | c.Receive):
            return [replace(effect, message=self.expr(effect.message), when=when)]
        keys = tuple(map(self.expr, effect.keys))
        if effect.variable not in self.rows:
            return [replace(effect, keys=keys, value=self.expr(effect.value), when=when)]
        row = self.rows[effect.variable]
        return [
            c.Send(
                variable=effect.variable,
                message=c.MakeRecord(
                    record=row,
                    args=(*keys, *(self.expr(x) for x in _fields(item))),
                    type=RecordType(row),
                ),
                when=conjunction([when]),
                binders=effect.binders,
                span=effect.span,
            )
            for item in _added(effect)
        ]


def _row(variable: str, keys: tuple[Type, ...], element: RecordType) -> Any:
    columns = {f"{KEY}{i}": t for i, t in enumerate(keys)} | element.fields
    return made_record(f"row of {variable}", columns, message=True)


def _image(variable: str, row: Any, keys: tuple[Type, ...], cell: SetType) -> Image:
    names = tuple(c.Var(name=f"{KEY}{i}", type=t) for i, t in enumerate(keys))
    var = c.Var(name="row", type=RecordType(row))
    assert isinstance(cell.element, RecordType)
    record = cell.element.record
    element = c.MakeRecord(
        record=record,
        args=tuple(c.Field(of=var, name=n, type=t) for n, t in cell.element.fields.items()),
        type=cell.element,
    )
    here = [
        c.Eq(left=c.Field(of=var, name=k.name, type=k.type), right=k, type=c.BOOL) for k in names
    ]
    binder = c.Binder(var=var, domain=c.OverSent(variable=variable, record=row))
    return Image(
        names,
        c.SetComp(binders=(binder,), condition=conjunction(here), element=element, type=cell),
    )


def _added(write: c.Write) -> list[c.Expr]:
    """The records that a write adds to a set."""
    old = c.Read(variable=write.variable, keys=write.keys, type=write.value.type)
    match write.value:
        case c.SetOp(op="|", left=left, right=c.MakeSet(items=items)) if left == old:
            return list(items)
    raise UnsupportedError("writing a set of records otherwise than `s = s | {r}`", write.span)


def _fields(item: c.Expr) -> tuple[c.Expr, ...]:
    if isinstance(item, c.MakeRecord):
        return item.args
    assert isinstance(item.type, RecordType)
    return tuple(c.Field(of=item, name=n, type=t) for n, t in item.type.fields.items())
