"""Generators: what `for x in ...` binds, in all/any and in comprehensions."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Self

from quorate.model.language.declare.types import (
    BoolType,
    MapType,
    OptionType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    TupleRecord,
    Type,
)
from quorate.model.language.diagnostics import article
from quorate.model.language.ir import surface as s
from quorate.model.language.ir.relations import NUMBER, element_type, fits

from .narrowing import as_one_of
from .reader import BaseReader
from .wording import code

_uids = itertools.count()


def fresh_uid() -> int:
    """A number that no other name has."""
    return next(_uids)


class Generators(BaseReader):
    """Reads quantifiers and comprehensions."""

    def _quantified(self, node: ast.Call, kind: str) -> s.Expr:
        argument = node.args[0] if len(node.args) == 1 else None
        if not isinstance(argument, (ast.GeneratorExp, ast.ListComp, ast.SetComp)):
            text = code(argument) if argument else "condition"
            self.fail(
                "generator-needed",
                f"`{kind}` takes a generator",
                node,
                "no generator here",
                f"write `{kind}({text} for x in {next(iter(self.protocol.sorts()), 'Sort')})`",
            )
        generators, inner = self.generators(argument.generators)
        element = inner.condition(argument.elt)
        return s.Quantified(
            kind=kind,
            element=element,
            generators=generators,
            type=BoolType(),
            span=self.span(node),
        )

    def generators(
        self, nodes: Iterable[ast.comprehension]
    ) -> tuple[tuple[s.Generator, ...], Self]:
        """The generators of a comprehension, and a reader that knows their names."""
        inner = replace(self, env=dict(self.env), written=self.written)
        found: list[s.Generator] = []
        nodes = list(nodes)
        for number, node in enumerate(nodes):
            inner.later = {
                **self.later,
                **{
                    x.id: f"for {code(after.target)} in {code(after.iter)}"
                    for after in nodes[number + 1 :]
                    for x in ast.walk(after.target)
                    if isinstance(x, ast.Name)
                },
            }
            for other in found:
                if isinstance(node.target, ast.Name) and node.target.id == other.name.name:
                    self.fail(
                        "rebound",
                        f"`{node.target.id}` is bound twice",
                        node.target,
                        "bound again",
                        "use another name: a local name stands for one value",
                        ((other.name.span, "bound here"),),
                    )
            name, iterable = inner.bind(node.target, node.iter)
            conditions = []
            for test in node.ifs:
                conditions.append(inner.condition(test))
                inner.learn(conditions[-1])
            found.append(s.Generator(name=name, iterable=iterable, conditions=tuple(conditions)))
        return tuple(found), inner

    def bind(self, target: ast.expr, iterable: ast.expr) -> tuple[s.Name, s.Expr]:
        """Bind the target of a `for` to the elements that it iterates over."""
        names = [x for x in ast.walk(target) if isinstance(x, ast.Name)]
        text = "_".join(x.id for x in names)
        over = self.iterated(iterable)
        element = element_type(over)
        if element is None:
            hint = "iterate a sort, a quorum, a set, a sequence, `self.sent[Message]` or a list"
            if isinstance(over, s.SentMessages):
                messages = over.variable.type.messages  # type: ignore[attr-defined]
                hint = f"say which: `self.{over.variable.name}[{messages[0].__name__}]`"
            elif over.type == NUMBER:
                hint = f"write `range({code(iterable)})`"
            self.fail(
                "not-iterable",
                f"{article(over.type)} cannot be iterated",
                iterable,
                f"this is {article(over.type)}",
                hint,
            )
        name = s.Name(name=text, uid=fresh_uid(), type=element, span=self.span(target))
        self.bind_items(target, name)
        return name, over

    def bind_items(self, target: ast.expr, value: s.Expr) -> None:
        """Bind a name to a value, or the names of `a, b` to the items of a tuple."""
        if isinstance(target, ast.Name):
            self.check_name(target.id, target)
            self.env[target.id] = value
            return
        t = value.type
        fields = list(t.fields.items()) if isinstance(t, RecordType) else []
        whole = isinstance(t, RecordType) and issubclass(t.record, TupleRecord)
        elements = target.elts if isinstance(target, ast.Tuple) else []
        if not whole or len(elements) != len(fields):
            self.fail(
                "bad-target",
                "several names are bound to the items of a tuple",
                target,
                f"{article(t)} has {len(fields)} items" if whole else f"this is {article(t)}",
                f"bind {len(fields)} names"
                if whole
                else "bind the whole value to one name, `m`, and read its fields: `m.b`",
            )
        for element, (name, kind) in zip(elements, fields, strict=True):
            item = s.Field(of=value, name=name, type=kind, span=self.span(element))
            self.bind_items(element, item)

    def _comprehension(self, node: Any, kind: str, expected: Type | None) -> s.Expr:
        generators, inner = self.generators(node.generators)
        wanted = expected.element if isinstance(expected, SetType) else None
        element = as_one_of(inner.read(node.elt, wanted), wanted)
        t: Type = s.ListType(element.type)
        if kind == "set":
            self.check_hashed((node.elt, element))
            if wanted is not None and fits(element.type, wanted):
                t = expected or t
            elif not isinstance(element.type, (RecordType, OptionType)):
                t = SetType(element.type)
        return s.Comprehension(
            kind=kind, element=element, generators=generators, type=t, span=self.span(node)
        )

    def _filter(self, node: ast.Call) -> s.Expr:
        """`tuple(x for x in sequence if condition)`: the items of a sequence that are kept."""
        label = "no such items"
        match node:
            case ast.Call(
                args=[
                    ast.GeneratorExp(
                        elt=ast.Name(id=kept),
                        generators=[ast.comprehension(target=ast.Name(id=name), ifs=[_, *_])],
                    ) as argument
                ],
                keywords=[],
            ) if kept == name:
                (generator,), _ = self.generators(argument.generators)
                if isinstance(t := generator.iterable.type, SeqType):
                    return s.Filter(generator=generator, type=t, span=self.span(node))
                element = element_type(generator.iterable)
                if isinstance(element, SortType) and not element.ordered:
                    label = f"elements of {element} are in no order"
        hint = "write `tuple(x for x in self.sequence if ...)`; items one by one as `(x, y)`"
        match node.args:
            case [ast.Name() | ast.Attribute() | ast.Subscript() as of]:
                if isinstance(self.read(of).type, SeqType):
                    hint = f"write `{code(of)}`: it is a sequence"
        self.fail(
            "unexpected-sequence",
            "`tuple` keeps some items of one sequence, in their order",
            node,
            label,
            hint,
        )

    def _read_ListComp(self, node: ast.ListComp, expected: Type | None) -> s.Expr:
        if isinstance(expected, SeqType):
            text = code(ast.GeneratorExp(node.elt, node.generators))
            self.fail(
                "unexpected-sequence",
                "a sequence is written as a tuple",
                node,
                "a list",
                f"write `tuple{text}`: sequences are values, never changed in place",
            )
        return self._comprehension(node, "list", None)

    def _read_SetComp(self, node: ast.SetComp, expected: Type | None) -> s.Expr:
        return self._comprehension(node, "set", expected)

    def _read_DictComp(self, node: ast.DictComp, expected: Type | None) -> s.Expr:
        generators, inner = self.generators(node.generators)
        key = inner.read(node.key)
        plain = len(generators) == 1 and not generators[0].conditions
        if not (
            plain and key == generators[0].name and isinstance(generators[0].iterable, s.SortRange)
        ):
            self.fail(
                "bad-map",
                "a map value has exactly one entry for every element of a sort",
                node,
                "one entry each",
                f"write `{{x: {code(node.value)} for x in Sort}}`"
                if not isinstance(node.key, ast.Name)
                else f"write `{{{code(node.key)}: {code(node.value)} "
                f"for {code(node.key)} in {key.type}}}`",
            )
        known = expected.value if isinstance(expected, MapType) else None
        element = as_one_of(inner.read(node.value, known), known)
        t = MapType((key.type,), known if known and fits(element.type, known) else element.type)
        return s.Comprehension(
            kind="dict", element=element, generators=generators, type=t, span=self.span(node)
        )
