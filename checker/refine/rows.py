"""The rows of an abstract state: "max_bal[a] is b", "this message is sent".

A sequence has two kinds: "the length of log is n" and "at position i of log is v".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from quorate.checker.prove.unbounded import UnsupportedError
from quorate.model.language.declare.protocol import Variable
from quorate.model.language.declare.types import (
    BoolType,
    MapType,
    MessagesType,
    RecordType,
    SeqType,
    SetType,
    Type,
)
from quorate.model.language.ir import core as c
from quorate.model.language.ir.build import conjunction, constant

from .rewriting import Image

ROW = "row "  # names in a description have no spaces


@dataclass(frozen=True)
class StateRow:
    """One kind of fact about an abstract state: about a cell, a member, a message, for any `names`.

    `keys` are those of the names that are keys of the map. `item` is the value of the cell, or the
    member of the set or the messages; None if the cell is itself a truth value. Of a sequence it
    is what is at the `position`, or the length if there is none.
    """

    variable: Variable
    names: tuple[c.Var, ...]
    keys: tuple[c.Var, ...]
    item: c.Expr | None
    position: c.Var | None = None

    @property
    def cell(self) -> Type:
        """The value of the variable at the keys."""
        t = self.variable.type
        return t.value if isinstance(t, MapType) else t

    @property
    def place(self) -> Any:
        """The variable or the message class that actions change."""
        if isinstance(self.cell, MessagesType) and self.item is not None:
            return self.item.type.record  # type: ignore[attr-defined]
        return self.variable.name

    def __str__(self) -> str:
        name = self.variable.name
        return name if self.place == name else f"{name}[{self.place.__name__}]"

    def now(self) -> c.Expr:
        """The fact, in the abstract state."""
        if isinstance(self.cell, MessagesType):
            assert self.item is not None
            return c.Sent(variable=self.variable.name, message=self.item, type=c.BOOL)
        return self.of(c.Read(variable=self.variable.name, keys=self.keys, type=self.cell))

    def of(self, held: c.Expr) -> c.Expr:
        """The fact, if the cell has this value."""
        if self.item is None:
            return held
        if isinstance(self.cell, SetType):
            return c.Member(item=self.item, of=held, type=c.BOOL)
        if isinstance(self.cell, SeqType):
            length = c.Len(of=held, type=self.cell.length)
            if self.position is None:
                return c.Eq(left=length, right=self.item, type=c.BOOL)
            at = c.At(of=held, index=self.position, type=self.cell.element)
            inside = c.Less(left=self.position, right=length, type=c.BOOL)
            return conjunction([inside, c.Eq(left=at, right=self.item, type=c.BOOL)])
        return c.Eq(left=held, right=self.item, type=c.BOOL)


def at_first(v: Variable) -> Image:
    """The initial value of a variable."""
    if isinstance(v.type, MessagesType):
        return Image((), None)
    keys = v.type.keys if isinstance(v.type, MapType) else ()
    cell = v.type.value if isinstance(v.type, MapType) else v.type
    names = tuple(c.Var(name=f"{ROW}at {i}", type=t) for i, t in enumerate(keys))
    return Image(names, constant(v.initial, cell))


def rows_of(v: Variable) -> list[StateRow]:
    """The rows of a variable. Raises UnsupportedError."""
    if isinstance(v.type, MessagesType):
        return [StateRow(v, *_item(RecordType(m), ())) for m in v.type.messages]
    keys, cell = (v.type.keys, v.type.value) if isinstance(v.type, MapType) else ((), v.type)
    names = tuple(c.Var(name=f"{ROW}key {i}", type=t) for i, t in enumerate(keys))
    if isinstance(cell, BoolType):
        return [StateRow(v, names, names, None)]
    if isinstance(cell, SeqType):
        position = c.Var(name=f"{ROW}position", type=cell.length)
        items, _, item = _item(cell.element, names)
        length = StateRow(v, *_item(cell.length, names))
        return [length, StateRow(v, (*items, position), names, item, position)]
    return [StateRow(v, *_item(cell.element if isinstance(cell, SetType) else cell, names))]


def _item(t: Type, keys: tuple[c.Var, ...]) -> Any:
    """The names, keys and item of a row about values of this type."""
    if not isinstance(t, RecordType):
        if isinstance(t, (SeqType, SetType, MapType)):
            raise UnsupportedError(f"an abstract variable with values of type {t}")
        var = c.Var(name=f"{ROW}item", type=t)
        return (*keys, var), keys, var
    for n, of in t.fields.items():
        if isinstance(of, (SeqType, SetType, MapType, RecordType)):
            raise UnsupportedError(f"values of type {of} (field `{n}` of {t})")
    fields = tuple(c.Var(name=f"{ROW}{n}", type=of) for n, of in t.fields.items())
    item = c.MakeRecord(record=t.record, args=fields, type=t)
    return (*keys, *fields), keys, item
