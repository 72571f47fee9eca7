"""Where an expression is undefined: a field of None, an item past the end, a number out of range.

In a formula such an expression may have any value, so what is proved of it is proved of steps and
states that make sense. That all do is an obligation of its own: here is what could go wrong, each
as a condition in the language itself, under the tests that come before it. They are those of the
explorer (ground/evaluate.py, ground/instances.py): a quantifier is looked at as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from quorate.model.language.declare.types import (
    IntType,
    MapType,
    NatType,
    OptionType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    Type,
)
from quorate.model.language.diagnostics import Span
from quorate.model.language.ir import core as c
from quorate.model.language.ir.build import conjunction, exists, negation
from quorate.model.language.ir.relations import INTEGER
from quorate.model.language.ir.traverse import children, walk

from .extremes import extreme, tie
from .signature import UnsupportedError

Types = Mapping[str, Type]


@dataclass(frozen=True)
class UndefinedCase:
    """That an expression is undefined: where `condition` holds for some values of `binders`."""

    binders: tuple[c.Binder, ...]
    condition: c.Expr
    what: str
    span: Span

    @property
    def place(self) -> str:
        """The line, the expression, and what is wrong with it."""
        return f"{self.span.line}: {self.span.text()}: {self.what}"

    @property
    def whole(self) -> c.Expr:
        """The condition, with its binders."""
        if not self.binders:
            return self.condition
        return c.Quant(forall=False, binders=self.binders, body=self.condition, type=c.BOOL)


def undefined_cases_of_action(action: c.Action, types: Types) -> list[UndefinedCase]:
    """What of an action may be undefined, once the guards before it hold.

    `types` are those of the variables. Raises UnsupportedError.
    """
    found: list[UndefinedCase] = []
    before: list[c.Expr] = []
    for guard in action.guards:
        found += _UndefinedCases(types, before).of(guard.condition)
        before.append(guard.condition)
    for e in action.effects:
        found += _UndefinedCases(types, before).of_effect(e)
    return found


def undefined_cases(
    body: c.Expr, types: Types, binders: Sequence[c.Binder] = ()
) -> list[UndefinedCase]:
    """What of an expression under these binders may be undefined. Raises UnsupportedError."""
    return _UndefinedCases(types, [], binders).of(body)


class _UndefinedCases:
    """Walks an expression with the conditions and binders that it stands under."""

    def __init__(
        self, types: Types, path: Sequence[c.Expr], binders: Sequence[c.Binder] = ()
    ) -> None:
        self.types, self.path, self.binders = types, list(path), list(binders)
        self.found: list[UndefinedCase] = []

    def of(self, e: c.Expr) -> list[UndefinedCase]:
        self.visit(e)
        return self.found

    def of_effect(self, e: c.Effect) -> list[UndefinedCase]:
        """What an effect does; its tests outside a loop are looked at before the loop."""
        before = list(self.path)
        tests = list(e.when.args) if isinstance(e.when, c.And) else [e.when]
        names = {b.var.name for b in e.binders}
        outside = [t for t in tests if not _mentions(t, names)]
        self.connective(outside, stop=False)
        self.path += outside
        for b in e.binders:
            self.binder(b)
        self.path = before
        self.connective(tests, stop=False)
        self.path.append(e.when)
        if isinstance(e, c.Write):
            self._keys(e.variable, e.keys, e.span)
            self.visit(e.value)
            t = self.types[e.variable]
            cell = t.value if isinstance(t, MapType) else t
            self.outside(e.value, cell, e.span, f"out of the range of {e.variable}")
        else:
            self.visit(e.message)
            self.outside(e.message, e.message.type, e.span, "out of the range of the message")
        return self.found

    def _keys(self, variable: str, keys: Sequence[c.Expr], span: Span) -> None:
        t = self.types[variable]
        for key, of in zip(keys, t.keys if isinstance(t, MapType) else (), strict=True):
            self.visit(key)
            self.outside_of(key, of, span, f"{variable} has no such key")

    def doubt(self, condition: c.Expr, what: str, span: Span) -> None:
        whole = conjunction([*self.path, condition])
        self.found.append(UndefinedCase(tuple(self.binders), whole, what, span))

    # ------------------------------------------------------------ by kind of expression

    def visit(self, e: c.Expr) -> None:
        """Look at an expression and everything inside it."""
        match e:
            case c.And(args=args):
                self.connective(args, stop=False)
            case c.Or(args=args):
                self.connective(args, stop=True)
            case c.Ite(test=test, then=then, orelse=orelse):
                self.visit(test)
                self.under([test], then)
                self.under([negation(test)], orelse)
            case c.Quant(binders=binders, body=body):
                self.bound(binders, [body])
            case (
                c.Count(binders=binders, condition=condition)
                | c.Filter(binders=binders, condition=condition)
            ):
                self.bound(binders, [condition])
            case c.SetComp(binders=binders, condition=condition, element=element):
                self.bound(binders, [condition], element, e.type.element)  # type: ignore[attr-defined]
            case c.Extreme():
                self.extreme(e)
            case c.MakeMap(var=var, body=body):
                self.bound((c.Binder(var=var, domain=c.OverType(type=var.type)),), [body])
            case c.Read(variable=variable, keys=keys):
                self._keys(variable, keys, e.span)
            case c.Member(item=item, of=c.MakeSet(items=items)):
                for part in (item, *items):  # a list of alternatives: nothing is stored
                    self.visit(part)
            case _:
                for part in children(e):
                    self.visit(part)
                self.itself(e)

    def itself(self, e: c.Expr) -> None:
        """Whether the operation itself has a value, given its parts."""
        match e:
            case c.Unwrap(of=of):
                self.doubt(_is_none(of), f"None where a {e.type} is wanted", e.span)
            case c.Field(of=of, name=name) if isinstance(of.type, OptionType):
                self.doubt(_is_none(of), f"None has no `{name}`", e.span)
            case c.At(of=of, index=index) if isinstance(of.type, SeqType):
                past = c.LessEq(left=_length(of), right=index, type=c.BOOL)
                self.doubt(past, "past the end of the sequence", e.span)
            case c.At(of=of, index=index) if isinstance(of.type, MapType):
                self.outside_of(index, of.type.keys[0], e.span, "the map has no such key")
            case c.Convert(of=of, type=t) if t != INTEGER:
                self._not_converted(e, of, t)
            case c.Arith(op="-", left=left, right=right, type=NatType()):
                below = c.Less(left=left, right=right, type=c.BOOL)
                self.doubt(below, "a number below 0", e.span)
            case c.Arith(op="//" | "%", right=right) if not isinstance(right, c.Lit):
                none = c.Eq(left=right, right=c.Lit(value=0, type=right.type), type=c.BOOL)
                self.doubt(none, "division by 0", e.span)
            case c.MakeSet(items=items, type=SetType(element)):
                for item in items:
                    self.outside(item, element, e.span, "out of the range of a set's members")

    def _not_converted(self, e: c.Expr, of: c.Expr, t: Type) -> None:
        """That a number is outside the range that it is wanted in."""
        ends = t.sort if isinstance(t, IntType) else None
        low = c.Lit(value=ends.low if ends else 0, type=INTEGER)
        self.doubt(c.Less(left=of, right=low, type=c.BOOL), f"a number below {low.value}", e.span)
        if ends:
            high = c.Lit(value=ends.high, type=INTEGER)
            above = c.Less(left=high, right=of, type=c.BOOL)
            self.doubt(above, f"a number above {high.value}", e.span)

    def connective(self, args: Sequence[c.Expr], stop: bool) -> None:
        """One after the other, as long as the ones before decide nothing."""
        depth = len(self.path)
        for arg in args:
            self.visit(arg)
            self.path.append(negation(arg) if stop else arg)
        del self.path[depth:]

    def under(self, conditions: Sequence[c.Expr], e: c.Expr) -> None:
        """An expression that is looked at where these hold."""
        depth = len(self.path)
        self.path += conditions
        self.visit(e)
        del self.path[depth:]

    def bound(
        self,
        binders: Sequence[c.Binder],
        body: Sequence[c.Expr],
        element: c.Expr | None = None,
        of: Type = c.BOOL,
    ) -> None:
        """Under binders: their domains, then the body, then what it makes where the body holds."""
        outer = len(self.binders)
        for b in binders:
            self.binder(b)
        for e in body:
            self.visit(e)
        if element is not None:
            depth = len(self.path)
            self.path += body
            self.visit(element)
            self.outside(element, of, element.span, "out of the range of a set's members")
            del self.path[depth:]
        del self.binders[outer:]

    def extreme(self, e: c.Extreme) -> None:
        """The least or greatest of many: there is one, and no other with the same keys."""
        outer = len(self.binders)
        for b in e.binders:
            self.binder(b)
        self.visit(e.condition)
        for part in (e.element, *e.keys):
            self.under([e.condition], part)
        del self.binders[outer:]
        self.doubt(negation(exists(e.binders, [e.condition])), f"the {e.op} of nothing", e.span)
        if e.keys != (e.element,):
            self.doubt(tie(e), f"several values for the {e.op}, with equal keys", e.span)

    def binder(self, b: c.Binder) -> None:
        """The domain of a binder, which the rest stands under."""
        conditions = [b.when] if b.when is not None else []
        for part in children(b.domain):
            self.under(conditions, part)
        self.binders.append(replace(b, when=None))

    # ------------------------------------------------------------ ranges

    def outside_of(self, key: c.Expr, t: Type, span: Span, what: str) -> None:
        """That a key is none of the proper elements of its type."""
        some_are_not = isinstance(t, NatType) or (isinstance(t, SortType) and t.bottom is not None)
        if some_are_not and not self._proper(key, t):
            self.doubt(negation(_some_of(key, t)), what, span)

    def _proper(self, key: c.Expr, t: Type) -> bool:
        """Whether a key is bound to be one: it ranges over them, or is written as one."""
        if isinstance(key, c.Var):
            domains = [b.domain for b in self.binders if b.var.name == key.name]
            return c.OverType(type=t) in domains
        return False

    def outside(self, e: c.Expr, t: Type, span: Span, what: str) -> None:
        """That a value is too large to be stored as one of this type."""
        for condition in _too_large(e, t):
            self.doubt(condition, what, span)


def _too_large(e: c.Expr, t: Type) -> Iterator[c.Expr]:
    """The ways in which a value may not fit a type."""
    if not _has_bounds(t) or (e.type == t and _is_stored(e)):
        return
    match e, t:
        case (c.Ite(test=test, then=then, orelse=orelse), _):
            yield from (conjunction([test, x]) for x in _too_large(then, t))
            yield from (conjunction([negation(test), x]) for x in _too_large(orelse, t))
        case (c.Lit(value=None), OptionType()):
            return
        case (c.Some(of=of), OptionType(inner)):
            yield from _too_large(of, inner)
        case (c.MakeRecord(args=args), RecordType()):
            for arg, field in zip(args, t.fields.values(), strict=True):
                yield from _too_large(arg, field)
        case (c.MakeMap(var=var, body=body), MapType(_, inner)):
            binders = (c.Binder(var=var, domain=c.OverType(type=var.type)),)
            for x in _too_large(body, inner):
                yield c.Quant(forall=False, binders=binders, body=x, type=c.BOOL)
        case (c.Extreme(), _):  # a finite set has one, which first-order logic does not know
            for x in _too_large(e.element, t):
                yield exists(e.binders, [e.condition, extreme(e), x])
        case (_, NatType()):
            yield negation(_some_of(e, t))
        case (_, SeqType(element, length)):
            yield negation(_some_of(_length(e), length))
            if _has_bounds(element):
                yield from _items_too_large(e, element)
        case _:
            raise UnsupportedError("whether this value is in its range", e.span)


def _items_too_large(e: c.Expr, element: Type) -> Iterator[c.Expr]:
    """Of a sequence, the items that it is made of here."""
    match e:
        case c.MakeSeq(items=items):
            for item in items:
                yield from _too_large(item, element)
        case c.Concat(left=left, right=right):
            yield from _items_too_large(left, element)
            yield from _items_too_large(right, element)
        case c.Prefix(of=of) | c.Suffix(of=of):
            yield from _items_too_large(of, element)
        case c.Ite(test=test, then=then, orelse=orelse):
            yield from (conjunction([test, x]) for x in _items_too_large(then, element))
            yield from (conjunction([negation(test), x]) for x in _items_too_large(orelse, element))
        case _ if not _is_stored(e):
            raise UnsupportedError("whether these items are in their range", e.span)


def _is_stored(e: c.Expr) -> bool:
    """Whether this was stored or sent before, or is bound: then it is of its type."""
    match e:
        case c.Field(of=of) | c.At(of=of) | c.Unwrap(of=of) | c.Some(of=of):
            return _is_stored(of)
    return isinstance(e, c.Read | c.Var)


def _has_bounds(t: Type) -> bool:
    """Whether a value of this shape may be too large. Sets are looked at where they are made."""
    match t:
        case NatType(sort):
            return sort is not None
        case SeqType():
            return True
        case OptionType(inner) | MapType(_, inner):
            return _has_bounds(inner)
        case RecordType():
            return any(map(_has_bounds, t.fields.values()))
    return False


def _some_of(e: c.Expr, t: Type) -> c.Expr:
    """`any(x == e for x in T)`: that it is one of the proper elements of a type."""
    var = c.Var(name="{one}", type=t, span=e.span)
    same = c.Eq(left=var, right=e, type=c.BOOL)
    binder = c.Binder(var=var, domain=c.OverType(type=t))
    return c.Quant(forall=False, binders=(binder,), body=same, type=c.BOOL)


def _length(of: c.Expr) -> c.Expr:
    return c.Len(of=of, type=NatType(None))


def _is_none(of: c.Expr) -> c.Expr:
    return c.Eq(left=of, right=c.Lit(value=None, type=of.type), type=c.BOOL)


def _mentions(e: c.Expr, names: set[str]) -> bool:
    return any(isinstance(n, c.Var) and n.name in names for n in walk(e))
