"""Names, constants, state reads, fields and subscripts."""

from __future__ import annotations

import ast
import inspect
from dataclasses import replace
from typing import Any, NoReturn

from quorate._spelling import nearest
from quorate.model.language.declare.protocol import Variable, is_enum
from quorate.model.language.declare.queues import ends_of, fifo_of, held_variable, queue_type
from quorate.model.language.declare.sorts import Ordered, Ring, Sort
from quorate.model.language.declare.types import (
    BoolType,
    EnumType,
    MapType,
    Message,
    MessagesType,
    OptionType,
    Record,
    RecordType,
    SeqType,
    SortType,
    TupleRecord,
    Type,
    type_of,
)
from quorate.model.language.declare.unions import UnionType
from quorate.model.language.diagnostics import article
from quorate.model.language.ir import surface as s
from quorate.model.language.ir.relations import NONE, NUMBER
from quorate.model.language.ir.steps import before

from .generators import fresh_uid
from .narrowing import narrowed
from .reader import BaseReader
from .wording import code


class References(BaseReader):
    """Reads names, constants, state variables, fields, subscripts and slices."""

    # ------------------------------------------------------------ names and constants

    def _read_Name(self, node: ast.Name, expected: Type | None) -> s.Expr:
        if node.id in self.env:
            bound = self.env[node.id]
            if isinstance(bound, s.Name):
                return replace(bound, span=self.span(node))
            return s.Local(name=node.id, value=bound, type=bound.type, span=self.span(node))
        if node.id in self.scope:
            return self._global(node, node.id, self.scope[node.id])
        if node.id in ("self", self.old):
            self.fail(
                "not-a-value",
                f"`{node.id}` is a whole state, not a value",
                node,
                "a state",
                f"read one of its variables: `{node.id}.{next(iter(self.variables), 'x')}`",
            )
        if node.id in self.failed:
            raise self.failed[node.id]  # one mistake, and not one more wherever the name is used
        near = nearest(node.id, [*self.env, *self.scope])
        own = node.id in self.variables or node.id in self.defines
        hint = f"write `self.{node.id}`" if own else f"did you mean `{near}`?" if near else ""
        if node.id in self.later:
            hint = f"it is bound further right: `{self.later[node.id]}` comes before this"
        self.fail("unknown-name", f"name `{node.id}` is not defined", node, "unknown name", hint)

    def _global(self, node: ast.AST, name: str, value: Any) -> s.Expr:
        if (found := self.all_of(node, value)) is not None:
            return found
        if isinstance(value, (bool, int)) or value is None:
            return self.constant(node, value)
        if isinstance(value, Sort):
            return s.Constant(value=value, type=SortType(type(value)), span=self.span(node))
        if is_enum(type(value)):
            return s.Constant(value=value, type=EnumType(type(value)), span=self.span(node))
        if isinstance(value, type) and issubclass(value, Record):
            self.fail(
                "not-a-value",
                f"`{name}` is a message class, not a message"
                if issubclass(value, Message)
                else f"`{name}` is a record class, not a record",
                node,
                "a class",
                f"write `{name}({', '.join(value.field_names())})`",
            )
        self.fail(
            "not-a-value",
            f"`{name}` is not a value of the modelling language",
            node,
            f"this is a Python {type(value).__name__}",
            "state belongs in variables of the protocol; fixed sets in sorts",
        )

    def _read_Constant(self, node: ast.Constant, expected: Type | None) -> s.Expr:
        if node.value is None or isinstance(node.value, (bool, int)):
            return self.constant(node, node.value, expected)
        self.fail(
            "unsupported-literal",
            f"{node.value!r} is not a value of the modelling language",
            node,
            f"{article(type(node.value).__name__)}",
            "values are elements of sorts, enum members, numbers, booleans and None",
        )

    def constant(self, node: ast.AST, value: Any, expected: Type | None = None) -> s.Expr:
        t: Type
        if value is None:
            t = expected if isinstance(expected, OptionType) else NONE
        else:
            t = BoolType() if isinstance(value, bool) else NUMBER
        return s.Constant(value=value, type=t, span=self.span(node))

    # ------------------------------------------------------------ attributes: state, fields

    def _read_Attribute(self, node: ast.Attribute, expected: Type | None) -> s.Expr:
        if isinstance(node.value, ast.Name) and node.value.id not in self.env:
            if node.value.id in ("self", self.old):
                return self._state(node)
            owner = self.scope.get(node.value.id)
            if isinstance(owner, type) and (issubclass(owner, Sort) or is_enum(owner)):
                return self._member(node, owner)
        of = self.read(node.value)
        on_ring = isinstance(of.type, SortType) and issubclass(of.type.sort, Ring)
        if on_ring and node.attr in ("next", "prev"):
            return self._beside(node, of, node.attr == "next")
        record = of.type.inner if isinstance(of.type, OptionType) else of.type
        if not isinstance(record, RecordType):
            for t in record.alternatives if isinstance(record, UnionType) else ():
                if isinstance(t, RecordType) and node.attr in t.fields:
                    self.check_alternative(node.value, of, t)
            self.fail(
                "no-fields",
                f"{article(of.type)} has no fields",
                node,
                f"`{code(node.value)}` is {article(of.type)}",
            )
        fields = record.fields
        if node.attr not in fields:
            near = nearest(node.attr, fields)
            hint = f"did you mean `{near}`? " if near else ""
            self.fail(
                "unknown-field",
                f"{record} has no field `{node.attr}`",
                node,
                "unknown field",
                f"{hint}its fields are {', '.join(fields)}",
            )
        return s.Field(of=of, name=node.attr, type=fields[node.attr], span=self.span(node))

    def _beside(self, node: ast.Attribute, of: s.Expr, after: bool) -> s.Expr:
        """`n.next` on a ring: the least element above n, or else the least of all."""
        span, t = self.span(node), of.type

        def least(tests: tuple[s.Expr, ...], name: s.Name, default: s.Expr | None) -> s.Expr:
            over = s.SortRange(type=t, span=span)
            return s.Extreme(
                op="min" if after else "max",
                element=name,
                keys=(name,),
                generators=(s.Generator(name=name, iterable=over, conditions=tests),),
                default=default,
                type=t,
                span=span,
            )

        x, y = (s.Name(name="x", uid=fresh_uid(), type=t, span=span) for _ in "xy")
        beyond = s.Compare(first=x, rest=((">" if after else "<", of),), type=s.BOOL, span=span)
        return least((beyond,), x, least((), y, None))

    def _member(self, node: ast.Attribute, owner: Any) -> s.Expr:
        value = getattr(owner, node.attr, None)
        if isinstance(value, owner):
            return s.Constant(value=value, type=type_of(owner), span=self.span(node))
        known = (
            [m.name for m in owner]
            if is_enum(owner)
            else [*owner.named, *([owner.bottom] if getattr(owner, "bottom", None) else [])]
        )
        self.fail(
            "unknown-constant",
            f"{owner.__name__} has no constant `{node.attr}`",
            node,
            "unknown constant",
            f"did you mean `{owner.__name__}.{near}`?"
            if (near := nearest(node.attr, known))
            else "write " + " or ".join(f"`{owner.__name__}.{name}`" for name in known)
            if known
            else f'declare `class {owner.__name__}(Ordered, bottom="{node.attr}")` '
            "to name an element below all others"
            if issubclass(owner, Ordered)
            else f'declare `class {owner.__name__}(Sort, named="{node.attr}")` to name an element',
        )

    def _state(self, node: ast.Attribute) -> s.Expr:
        variable = self.variable(node)
        if code(node.value) == self.old:
            variable = replace(variable, name=before(variable.name))
        if isinstance(variable.type, MessagesType):
            return s.SentMessages(
                variable=variable, record=None, type=variable.type, span=self.span(node)
            )
        read = s.StateRead(variable=variable, keys=(), type=variable.type, span=self.span(node))
        return read if isinstance(variable.type, MapType) else self.now(node, read)

    def variable(self, node: ast.Attribute) -> Variable:
        """The state variable that `self.name` names."""
        if node.attr in self.variables:
            return self.variables[node.attr]
        near = nearest(node.attr, [*self.variables, *self.defines])
        if node.attr in self.defines:
            self.fail(
                "uncalled",
                f"`{node.attr}` is a @define and must be called",
                node,
                "not called",
                f"write `self.{node.attr}({', '.join(_parameter_names(self.defines[node.attr]))})`",
            )
        if (other := getattr(self.protocol, node.attr, None)) is not None:
            mark = getattr(other, "_quorate", None)
            self.fail(
                "unknown-variable",
                f"`{node.attr}` is an @{mark.kind}, not a state variable"
                if mark
                else f"`{node.attr}` is a Python attribute, not a state variable",
                node,
                "not a state variable",
                "what several methods compute is a @define"
                if mark
                else f"annotate it: `{node.attr}: Sort = durable(...)`",
            )
        self.fail(
            "unknown-variable",
            f"{self.protocol.__name__} has no state variable `{node.attr}`",
            node,
            "unknown variable",
            f"did you mean `self.{near}`?"
            if near
            else f"its variables are {', '.join(self.variables)}",
        )

    # ------------------------------------------------------------ subscripts

    def _read_Subscript(self, node: ast.Subscript, expected: Type | None) -> s.Expr:
        of = narrowed(self._holder(node.value), self.present)
        if isinstance(of, s.SentMessages):
            self.check_unwritten(node, of.variable)
            return self._sent(node, of)
        if isinstance(node.slice, ast.Slice):
            return self._slice(node, node.slice, of)
        match of.type:
            case MapType():
                keys = self.keys(node, of.type)
                if isinstance(of, s.StateRead) and not of.keys:
                    read = replace(of, keys=keys, type=of.type.value, span=self.span(node))
                    return self.now(node, read)
                if len(keys) != 1:
                    self._several_keys(node, of.type)
                return s.Subscript(of=of, index=keys[0], type=of.type.value, span=self.span(node))
            case SeqType(element, _):
                if _from_the_end(node.slice) == 1:
                    return s.Last(of=of, type=element, span=self.span(node))
                self._check_counted(node, node.slice)
                index = self.value(node.slice, NUMBER)
                return s.Subscript(of=of, index=index, type=element, span=self.span(node))
        t = of.type.inner if isinstance(of.type, OptionType) else of.type
        if isinstance(t, RecordType) and issubclass(t.record, TupleRecord):
            self.check_present(node.value, of, t)
            return self._item(node, of, list(t.fields.items()))
        self.fail(
            "not-subscriptable",
            f"{article(of.type)} cannot be subscripted",
            node,
            f"`{code(node.value)}` is {article(of.type)}",
        )

    def _several_keys(self, node: ast.Subscript, t: MapType) -> NoReturn:
        first, *rest = t.keys
        inner = MapType(tuple(rest), t.value)
        indices = "".join(f"[{code(k)}]" for k in getattr(node.slice, "elts", [node.slice]))
        self.fail(
            "key-count",
            f"a map with {len(t.keys)} keys is a variable, and this one is a value",
            node.slice,
            f"a {t}",
            f"declare it `Map[{first}, {inner}]`, and write `{code(node.value)}{indices}`",
        )

    def _item(self, node: ast.Subscript, of: s.Expr, fields: list[tuple[str, Type]]) -> s.Expr:
        """`pair[0]`: an item of a tuple, by a number that is written out."""
        last = len(fields) - 1
        match node.slice:
            case ast.Constant(value=int(i)) if not isinstance(i, bool) and 0 <= i <= last:
                name, t = fields[i]
                return s.Field(of=of, name=name, type=t, span=self.span(node))
        self.fail(
            "not-subscriptable",
            f"the items of {article(of.type)} are numbered 0 to {last}",
            node.slice,
            "not one of these numbers",
            f"write `{code(node.value)}[0]`, or bind all: "
            f"`{', '.join('xyzuvw'[: last + 1])} = {code(node.value)}`",
        )

    def _holder(self, node: ast.expr) -> s.Expr:
        """What a subscript applies to: a state variable as a whole, or a value."""
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("self", self.old):
            return self._state(node)
        return self.read(node)

    def keys(self, node: ast.Subscript, t: MapType) -> tuple[s.Expr, ...]:
        """The key expressions of `map[...]`."""
        given = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if len(given) != len(t.keys) or (isinstance(node.slice, ast.Tuple) and len(given) == 1):
            self.fail(
                "key-count",
                f"{t} takes {len(t.keys)} key{'s' * (len(t.keys) > 1)}, got {len(given)}",
                node.slice,
                f"expected {', '.join(map(str, t.keys))}",
                f"write `{code(node.value)}[{', '.join(['...'] * len(t.keys))}]`",
            )
        for key in given:
            if isinstance(key, ast.Constant) and key.value is None:
                self.fail("none-not-allowed", "a map has no cell for None", key, "not a key")
        keys = tuple(self.value(k, kt) for k, kt in zip(given, t.keys, strict=True))
        self.check_hashed(*zip(given, keys, strict=True))
        return keys

    def _sent(self, node: ast.Subscript, of: s.SentMessages) -> s.Expr:
        if isinstance(node.slice, ast.Tuple) and (t := fifo_of(of.variable.type)) is not None:
            held, ends = held_variable(of.variable), MapType(ends_of(t), queue_type(t))
            return s.StateRead(
                variable=held, keys=self.keys(node, ends), type=ends.value, span=self.span(node)
            )
        record = self.scope.get(node.slice.id) if isinstance(node.slice, ast.Name) else None
        assert isinstance(of.variable.type, MessagesType)
        if record not in of.variable.type.messages:
            self.fail(
                "not-sent-here",
                f"`{code(node.slice)}` is not a message of self.{of.variable.name}",
                node.slice,
                "unknown message",
                f"declared: {', '.join(m.__name__ for m in of.variable.type.messages)}",
            )
        return replace(of, record=record, type=s.ListType(RecordType(record)), span=self.span(node))

    def _check_counted(self, node: ast.Subscript, bound: ast.expr) -> None:
        """Report a position that is counted from the end, as only the last entry is."""
        if n := _from_the_end(bound):
            self.fail(
                "bad-slice",
                "positions are counted from the front; only the last entry is `[-1]`",
                bound,
                "counted from the end",
                f"write `len({code(node.value)}) - {n}`",
            )

    def _slice(self, node: ast.Subscript, part: ast.Slice, of: s.Expr) -> s.Expr:
        if not isinstance(of.type, SeqType) or part.step is not None:
            self.fail(
                "bad-slice",
                "only a sequence can be sliced, and without a step",
                node,
                f"`{code(node.value)}` is {article(of.type)}",
                "the first n entries are `s[:n]`, those after them `s[n:]`",
            )
        for bound in filter(None, (part.lower, part.upper)):
            self._check_counted(node, bound)
        lower = self.value(part.lower, NUMBER) if part.lower else None
        upper = self.value(part.upper, NUMBER) if part.upper else None
        return s.Slice(of=of, lower=lower, upper=upper, type=of.type, span=self.span(node))


def _from_the_end(node: ast.expr) -> int:
    """The n of `-n`; 0 of anything else."""
    match node:
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(n))):
            return n
    return 0


def _parameter_names(function: Any) -> list[str]:
    return list(inspect.signature(function).parameters)[1:]
