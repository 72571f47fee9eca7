"""A mapping as expressions: the image of each abstract variable, read from its source.

The mapping is read as an invariant is: local names, `@define` helpers, comprehensions. One that is
not in the modelling language is not a mistake, since CPython runs it, but nothing is proved then.
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
from quorate.model.language.declare.types import (
    MapType,
    MessagesType,
    OptionType,
    RecordType,
    SeqType,
    Type,
)
from quorate.model.language.frontend.enabling import function_reader
from quorate.model.language.frontend.expressions import ExpressionReader
from quorate.model.language.frontend.source import function_source
from quorate.model.language.ir import core as c
from quorate.model.language.ir import surface as s
from quorate.model.language.ir.build import TRUE
from quorate.model.language.ir.lower_expressions import ExpressionLowering
from quorate.model.language.ir.relations import element_type, fits, join
from quorate.model.refinements import AsItIs, Refinement

from .choices import Pick
from .matching import Matching
from .naming import Locals, Modules
from .rewriting import Image, Rewriting
from .sequences import is_made_sequence, made_sequence

_uids = itertools.count(-1000, -1)


@dataclass(frozen=True)
class MappingImages:
    """The image of every abstract variable, and the picks that they mention, by name."""

    images: dict[str, Image]
    picks: dict[str, Pick]


def read_mapping(refinement: Refinement, matching: Matching) -> MappingImages:
    """The images of the abstract variables. Raises UnsupportedError, ModelError."""
    if isinstance(refinement.mapping, AsItIs):
        return MappingImages({v.name: _as_it_is(v) for v in matching.description.variables}, {})
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
    """Reads a mapping. Local names of maps and of messages become variables with images."""

    def __init__(self, refinement: Refinement, matching: Matching) -> None:
        self.matching, self.function = matching, refinement.mapping
        self.concrete: type[Protocol] = refinement.concrete
        self.functions = function_reader(self.concrete, self.concrete.variables())
        if getattr(self.function, "__code__", None) is None:
            raise UnsupportedError("a mapping that is no function")
        self.reader = self.functions.reading(self.function)
        self.reader.scope = dict(self._scope(self.reader.scope))
        self.reader.variables = dict(self.reader.variables)
        self.lowering = ExpressionLowering()
        self.derived: dict[str, Image] = {}
        self.picks: dict[str, Pick] = {}
        self.locals = Locals(self.reader)

    def _scope(self, scope: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """The names of the mapping's module; classes are replaced by those that they match."""
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

    def read(self) -> MappingImages:
        found, _ = function_source(self.function)
        node = Modules(self.reader.scope).visit(copy.deepcopy(found))
        if [a.arg for a in node.args.args] != ["self"]:
            raise UnsupportedError("a mapping whose parameter is not `self`", self._span(node))
        *body, last = [x for x in node.body if not _is_text(x)]
        for statement in body:
            self._local(self.locals.visit(statement))
        last = self.locals.visit(last)
        returned = last.value if isinstance(last, ast.Return) else None
        if not isinstance(returned, ast.Dict):
            raise UnsupportedError("a mapping that does not end with a dict", self._span(last))
        keys = [k.value if isinstance(k, ast.Constant) else None for k in returned.keys]
        return MappingImages(
            dict(self._images(dict(zip(keys, returned.values, strict=True)))), self.picks
        )

    def _images(self, given: Mapping[Any, ast.expr]) -> Iterator[tuple[str, Image]]:
        for v in self.matching.description.variables:
            if v.name not in given:
                raise UnsupportedError(f"a mapping that gives `{v.name}` in another way")
            node = given[v.name]
            match v.type:
                case MapType() as t:
                    yield v.name, self._map(node, t)
                case MessagesType():
                    yield v.name, Image((), None, tuple(self._parts(node)))
                case t:
                    yield v.name, Image((), self._cell(node, t, self.reader, (), {}))

    def _local(self, statement: ast.stmt) -> None:
        """Bind a local name: a map, a pick or a set of messages as a variable with an image."""
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=node):
                pass
            case _:
                raise UnsupportedError("this statement of the mapping", self._span(statement))
        if isinstance(node, ast.DictComp):
            image = self._map(node, None)
        elif isinstance(node, ast.Set) and any(isinstance(x, ast.Starred) for x in node.elts):
            image = Image((), None, tuple(self._parts(node)))
        elif self._is_pick(node):
            image = Image((), self._cell(node, None, self.reader, (), {}))
        else:
            self.functions.bind_local(statement, self.reader)
            return
        self.reader.check_name(name, statement)
        if name in self.locals.known or name in self.reader.env:
            raise UnsupportedError(f"`{name}`, which is bound twice", self._span(statement))
        self.derived[self.locals.make(name, image)] = image

    # ------------------------------------------------------------ cells

    def _lowered(self, e: c.Expr) -> c.Expr:
        """An expression without the variables that stand for local names."""
        return Rewriting(self.derived).expr(e, {})

    def _cell(
        self,
        node: ast.expr,
        t: Type | None,
        reader: ExpressionReader,
        keys: tuple[c.Var, ...],
        env: Mapping[int, c.Expr],
    ) -> c.Expr:
        """The value of a variable at these keys, of type `t` if that is given."""
        if self._is_pick(node):
            assert isinstance(node, ast.Call)
            return self._pick(node, t, reader, keys, env)
        if isinstance(t, SeqType) and is_made_sequence(node):
            assert isinstance(node, ast.Call)
            return self._lowered(made_sequence(node, t, reader, self.lowering, env))
        found = reader.value(node, t) if t is not None else reader.read(node)
        return self._lowered(self.lowering.coerced(found, t or found.type, env))

    def _is_pick(self, node: ast.expr) -> bool:
        """Whether this is Python's own `max(..., default=...)` or `next(..., ...)`."""
        match node:
            case ast.Call(func=ast.Name(id="max"), args=[_], keywords=[ast.keyword(arg="default")]):
                name = "max"
            case ast.Call(func=ast.Name(id="next"), args=[ast.GeneratorExp(), _], keywords=[]):
                name = "next"
            case _:
                return False
        return name not in self.reader.scope and name not in self.reader.env

    def _pick(
        self,
        node: ast.Call,
        t: Type | None,
        reader: ExpressionReader,
        keys: tuple[c.Var, ...],
        env: Mapping[int, c.Expr],
    ) -> c.Expr:
        """`max(members, default=d)` or `next(members, d)`."""
        members, default = [*node.args, *(k.value for k in node.keywords)]
        if isinstance(members, ast.GeneratorExp):
            members = ast.copy_location(ast.ListComp(members.elt, members.generators), members)
        over = reader.read(members)
        element = element_type(over)
        if element is None:
            raise UnsupportedError("what this picks from", self._span(node))
        otherwise = reader.read(default, t or OptionType(element))
        t = t or join(element, otherwise.type) or element
        if not (fits(element, t) and fits(otherwise.type, t)):
            raise UnsupportedError(f"a pick that is no {t}", self._span(node))
        pick = Pick(
            name=f"pick {len(self.picks)}",
            keys=keys,
            type=t,
            members=self._lowered(self._set(over, env)),
            default=self._lowered(self.lowering.coerced(otherwise, t, env)),
            largest=ast.unparse(node.func) == "max",
        )
        self.picks[pick.name] = pick
        return pick.read()

    def _set(self, over: s.Expr, env: Mapping[int, c.Expr]) -> c.Expr:
        """An iterated expression as a set."""
        of, within = self.lowering.unfolded(over, env)
        if isinstance(of, (s.Comprehension, s.SetOperation, s.StateRead, s.SetOf)):
            return self.lowering.expr(of, within)
        name = s.Name(name="m", uid=next(_uids), type=element_type(of) or of.type)
        return self._part(name, (s.Generator(name=name, iterable=of, conditions=()),), within)

    def _map(self, node: ast.expr, t: MapType | None) -> Image:
        """`{a: ... for a in Acceptor}`, with a tuple for several keys; or a map as it is."""
        match node:
            case ast.Attribute(value=ast.Name(id="self")):
                variable = self.reader.variable(node)
                if variable.type == t:
                    return self.derived.get(variable.name) or _as_it_is(variable)
            case ast.DictComp(key=key, value=value, generators=nodes):
                generators, inner = self.reader.generators(nodes)
                named = key.elts if isinstance(key, ast.Tuple) else [key]
                names = [k.id if isinstance(k, ast.Name) else None for k in named]
                types = tuple(g.name.type for g in generators)
                if (
                    names == [g.name.name for g in generators]
                    and (t is None or types == t.keys)
                    and all(isinstance(g.iterable, s.SortRange) for g in generators)
                    and not any(g.conditions for g in generators)
                ):
                    bound = [g.name for g in generators]
                    keys = tuple(c.Var(name=f"key {n.name}", type=n.type) for n in bound)
                    env: dict[int, c.Expr] = {n.uid: k for n, k in zip(bound, keys, strict=True)}
                    cell = self._cell(value, t.value if t else None, inner, keys, env)
                    return Image(keys, cell)
        raise UnsupportedError("this map in a mapping", self._span(node))

    # ------------------------------------------------------------ messages

    def _parts(self, node: ast.expr) -> Iterator[c.Expr]:
        """A set of messages as sets of messages of one class each."""
        match node:
            case ast.Set(elts=items):
                for item in items:
                    if isinstance(item, ast.Starred):
                        yield from self._parts(item.value)
                    else:
                        yield self._part(self.reader.read(item), (), {})
                return
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                yield from self._parts(left)
                yield from self._parts(right)
                return
            case ast.SetComp() | ast.GeneratorExp():
                node = ast.copy_location(ast.ListComp(node.elt, node.generators), node)
            case ast.Attribute(value=ast.Name(id="self")):
                variable = self.reader.variable(node)
                if isinstance(variable.type, MessagesType):
                    yield from (
                        self._lowered(_all_sent(variable.name, m)) for m in variable.type.messages
                    )
                    return
        over = self.reader.read(node)
        element = over.type.element if isinstance(over.type, s.ListType) else None
        if not isinstance(element, RecordType):
            raise UnsupportedError("this set of messages in a mapping", self._span(node))
        name = s.Name(name="m", uid=next(_uids), type=element)
        yield self._part(name, (s.Generator(name=name, iterable=over, conditions=()),), {})

    def _part(
        self, element: s.Expr, generators: tuple[s.Generator, ...], env: Mapping[int, c.Expr]
    ) -> c.Expr:
        binders, conditions, inner = self.lowering.generators(generators, env)
        found = self.lowering.expr(element, inner)
        condition = c.And(args=tuple(conditions), type=c.BOOL) if conditions else TRUE
        made = c.SetComp(
            binders=binders, condition=condition, element=found, type=s.ListType(found.type)
        )
        return self._lowered(made)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
