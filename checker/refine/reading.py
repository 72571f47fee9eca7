"""A mapping as expressions: what it gives each abstract variable, read from its source.

The mapping is read as an invariant is: local names, `@define` helpers, comprehensions. What is not
part of the modelling language is no mistake (CPython runs the mapping), but nothing is proved then.
"""

from __future__ import annotations

import ast
import copy
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from quorate.checker.prove.unbounded import UnsupportedError
from quorate.model.language import ModelError, Protocol
from quorate.model.language import core as c
from quorate.model.language import surface as s
from quorate.model.language.capture import capture
from quorate.model.language.expressions import Reader
from quorate.model.language.functions import Functions
from quorate.model.language.lower import TRUE, Lowering
from quorate.model.language.source import function_source
from quorate.model.language.types import MapType, MessagesType, RecordType, Type
from quorate.model.refinements import AsItIs, Refinement

from .matching import Matching

_uids = itertools.count(-1000, -1)


@dataclass(frozen=True)
class Image:
    """What the mapping gives one variable: `value` at `keys`; for messages the parts of a set.

    A part is a SetComp whose elements are messages of one class.
    """

    keys: tuple[c.Var, ...]
    value: c.Expr | None
    parts: tuple[c.SetComp, ...] = ()


def images(refinement: Refinement, matching: Matching) -> dict[str, Image]:
    """The image of every abstract variable. Raises UnsupportedError, ModelError."""
    if isinstance(refinement.mapping, AsItIs):
        return {v.name: _as_it_is(v) for v in matching.description.variables}
    try:
        return _Mapping(refinement, matching).read()
    except ModelError as error:
        first = error.diagnostics[0]
        raise UnsupportedError(f"the mapping: {first.title}", first.span) from None


def _as_it_is(v: Any) -> Image:
    if isinstance(v.type, MessagesType):
        return Image((), None, tuple(_all_sent(v.name, m) for m in v.type.messages))
    keys = v.type.keys if isinstance(v.type, MapType) else ()
    cell = v.type.value if isinstance(v.type, MapType) else v.type
    names = tuple(c.Var(name=f"key {i}", type=t) for i, t in enumerate(keys))
    return Image(names, c.Read(variable=v.name, keys=names, type=cell))


def _all_sent(variable: str, record: Any) -> c.SetComp:
    var = c.Var(name="sent m", type=RecordType(record))
    binder = c.Binder(var=var, domain=c.OverSent(variable=variable, record=record))
    return c.SetComp(binders=(binder,), condition=TRUE, element=var, type=s.ListType(var.type))


class _Mapping:
    def __init__(self, refinement: Refinement, matching: Matching) -> None:
        self.matching, self.function = matching, refinement.mapping
        concrete: type[Protocol] = refinement.concrete
        functions = Functions(concrete, concrete.variables())
        if getattr(self.function, "__code__", None) is None:
            raise UnsupportedError("a mapping that is no function")
        found, _ = function_source(self.function)
        self.reader = functions.reading(self.function)
        self.reader.scope = dict(self._scope(self.reader.scope))
        node = _Modules(self.reader.scope).visit(copy.deepcopy(found))
        self.lowering = Lowering(capture(concrete))
        if [a.arg for a in node.args.args] != ["self"]:
            raise UnsupportedError("a mapping whose parameter is not `self`", self._span(node))
        body = [x for x in node.body if not _is_text(x)]
        for statement in body[:-1]:
            if not isinstance(statement, ast.Assign):
                raise UnsupportedError("this statement of the mapping", self._span(statement))
            functions.bind_local(statement, self.reader)
        returned = body[-1].value if isinstance(body[-1], ast.Return) else None
        if not isinstance(returned, ast.Dict):
            raise UnsupportedError("a mapping that does not end with a dict", self._span(body[-1]))
        keys = [k.value if isinstance(k, ast.Constant) else None for k in returned.keys]
        self.given = dict(zip(keys, returned.values, strict=True))

    def _scope(self, scope: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """The names of the mapping's module; classes are those they are matched with."""
        for name, value in scope.items():
            yield name, self._matched(value)
            if isinstance(value, ModuleType) and value.__name__ != "builtins":
                for inner, x in vars(value).items():
                    if isinstance(x, type):
                        yield f"{name}.{inner}", self._matched(x)

    def _matched(self, value: Any) -> Any:
        known = isinstance(value, type) and value in self.matching.classes
        return self.matching.classes[value] if known else value

    def _span(self, node: ast.AST) -> Any:
        return self.reader.span(node)

    def read(self) -> dict[str, Image]:
        found = {}
        for v in self.matching.description.variables:
            if v.name not in self.given:
                raise UnsupportedError(f"a mapping that gives `{v.name}` in another way")
            node = self.given[v.name]
            match v.type:
                case MapType() as t:
                    found[v.name] = self._map(node, t)
                case MessagesType():
                    found[v.name] = Image((), None, tuple(self._parts(node, self.reader)))
                case t:
                    found[v.name] = Image((), self._value(node, t, self.reader, {}))
        return found

    def _value(self, node: ast.expr, t: Type, reader: Reader, env: dict[int, c.Expr]) -> c.Expr:
        return self.lowering.coerced(reader.value(node, t), t, env)

    def _map(self, node: ast.expr, t: MapType) -> Image:
        """`{a: ... for a in Acceptor}`, with a tuple for several keys; or a map as it is."""
        match node:
            case ast.Attribute(value=ast.Name(id="self")):
                variable = self.reader.variable(node)
                if variable.type == t:
                    return _as_it_is(variable)
            case ast.DictComp(key=key, value=value, generators=nodes):
                generators, inner = self.reader.generators(nodes)
                named = key.elts if isinstance(key, ast.Tuple) else [key]
                names = [k.id if isinstance(k, ast.Name) else None for k in named]
                if names == [g.name.name for g in generators] and all(
                    isinstance(g.iterable, s.SortRange) and g.iterable.type == of
                    for g, of in zip(generators, t.keys, strict=True)
                ):
                    bound = [g.name for g in generators]
                    keys = tuple(c.Var(name=f"key {n.name}", type=n.type) for n in bound)
                    env: dict[int, c.Expr] = {n.uid: k for n, k in zip(bound, keys, strict=True)}
                    return Image(keys, self._value(value, t.value, inner, env))
        raise UnsupportedError("this map in a mapping", self._span(node))

    def _parts(self, node: ast.expr, reader: Reader) -> Iterator[c.SetComp]:
        """A set of messages as comprehensions."""
        match node:
            case ast.Set(elts=items):
                for item in items:
                    if isinstance(item, ast.Starred):
                        yield from self._parts(item.value, reader)
                    else:
                        yield self._part(reader.read(item), (), {})
                return
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                yield from self._parts(left, reader)
                yield from self._parts(right, reader)
                return
            case ast.SetComp():
                node = ast.copy_location(ast.ListComp(node.elt, node.generators), node)
            case ast.Attribute(value=ast.Name(id="self")):
                variable = reader.variable(node)
                if isinstance(variable.type, MessagesType):
                    yield from (_all_sent(variable.name, m) for m in variable.type.messages)
                    return
        over = reader.read(node)
        element = over.type.element if isinstance(over.type, s.ListType) else None
        if not isinstance(element, RecordType):
            raise UnsupportedError("this set of messages in a mapping", self._span(node))
        name = s.Name(name="m", uid=next(_uids), type=element)
        yield self._part(name, (s.Generator(name=name, iterable=over, conditions=()),), {})

    def _part(
        self, element: s.Expr, generators: tuple[s.Generator, ...], env: dict[int, c.Expr]
    ) -> c.SetComp:
        binders, conditions, inner = self.lowering.generators(generators, env)
        found = self.lowering.expr(element, inner)
        condition = c.And(args=tuple(conditions), type=c.BOOL) if conditions else TRUE
        return c.SetComp(
            binders=binders, condition=condition, element=found, type=s.ListType(found.type)
        )


class _Modules(ast.NodeTransformer):
    """`module.Class` as one name."""

    def __init__(self, scope: Mapping[str, Any]) -> None:
        self.scope = scope

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name):
            name = f"{node.value.id}.{node.attr}"
            if isinstance(self.scope.get(node.value.id), ModuleType) and name in self.scope:
                return ast.copy_location(ast.Name(name, ast.Load()), node)
        return self.generic_visit(node)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
