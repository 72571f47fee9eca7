"""Expressions of the surface IR in TLA+."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from quorate.checker.errors import InputError
from quorate.model.language.declare.types import (
    IntType,
    OptionType,
    RecordType,
    SeqType,
    TupleRecord,
)
from quorate.model.language.ir import surface as s
from quorate.model.language.ir.relations import is_set

from . import terms as t
from .domains import fields_of
from .layout import cat
from .looking import elementwise, local_key, may_be_no_key, may_be_undefined, unfolded
from .quantifiers import TlaQuantifiers
from .scopes import Scope
from .terms import Term


class TlaExpressions(TlaQuantifiers):
    """Writes every kind of expression."""

    def refuse(self, e: s.Expr | s.Statement, what: str) -> InputError:
        return InputError(f"{e.span}: {what} has no form in TLA+ here")

    def expr(self, e: s.Expr, scope: Scope) -> Term:
        method: Callable[[s.Expr, Scope], Term] = getattr(self, f"_{type(e).__name__.lower()}")
        return method(e, scope)

    # ------------------------------------------------------------ names and places

    def _name(self, e: s.Name, scope: Scope) -> Term:
        return scope.bound[e.uid]

    def _constant(self, e: s.Constant, scope: Scope) -> Term:
        return self.domains.constant(e.value, e.type)

    def _declared(self, e: s.Declared, scope: Scope) -> Term:
        return self.expr(e.of, scope)

    def _local(self, e: s.Local, scope: Scope) -> Term:
        name = scope.locals.get(local_key(e))
        return Term(name) if name else self.expr(e.value, scope)

    def _stateread(self, e: s.StateRead, scope: Scope) -> Term:
        if e.variable.name in scope.read:
            if any(map(may_be_no_key, e.keys)):
                raise self.refuse(e, "what an @init reads at what may be no key")
            return scope.read[e.variable.name]
        of = Term(self.domains.own(e.variable.name))
        return t.index(of, *(self.expr(k, scope.value()) for k in e.keys)) if e.keys else of

    def _field(self, e: s.Field, scope: Scope) -> Term:
        of = e.of.type.inner if isinstance(e.of.type, OptionType) else e.of.type
        assert isinstance(of, RecordType)
        if issubclass(of.record, TupleRecord):
            return t.index(
                self.expr(e.of, scope.value()), t.number(1 + list(of.fields).index(e.name))
            )
        name = fields_of(of.record)[e.name]
        return Term(cat(t.operand(self.expr(e.of, scope.value()), t.ATOM), f".{name}"))

    def _unwrap(self, e: s.Unwrap, scope: Scope) -> Term:
        return self.expr(e.of, scope)

    def _oneof(self, e: s.OneOf, scope: Scope) -> Term:
        return self.domains.one_of(e.of.type, self.expr(e.of, scope.value()))

    def _as(self, e: s.As, scope: Scope) -> Term:
        of = t.operand(self.expr(e.of, scope.value()), t.ATOM)
        return Term(cat(of, f".{self.domains.field_of(e.type)}"))

    def _is(self, e: s.Is, scope: Scope, sign: str = "\\in") -> Term:
        kinds = [self.domains.alternative(x, self.domains.values(x)) for x in e.kinds]
        return t.infix(self.expr(e.of, scope.value()), sign, t.union(kinds), t.RELATION)

    def _subscript(self, e: s.Subscript, scope: Scope) -> Term:
        of = self.expr(e.of, scope.value())
        if isinstance(e.of.type, SeqType):
            return t.index(of, self.position(e.index, scope.value()))
        return t.index(of, self.expr(e.index, scope.value()))

    def position(self, e: s.Expr, scope: Scope) -> Term:
        """A position counted from 0 as one counted from 1."""
        match e:
            case s.Constant(value=value):
                return t.number(value + 1)
            case s.Arithmetic(op="-", left=left, right=s.Constant(value=1)):
                return self.expr(left, scope)
        plus = isinstance(e, s.Arithmetic) and e.op == "+"
        return t.infix(self.expr(e, scope), "+", t.number(1), t.SUM, chained=plus)

    def _last(self, e: s.Last, scope: Scope) -> Term:
        return self.domains.helper("Last", self.expr(e.of, scope.value()))

    def _slice(self, e: s.Slice, scope: Scope) -> Term:
        found = self.expr(e.of, scope.value())
        if e.upper is not None:
            found = self.domains.helper("Prefix", found, self.expr(e.upper, scope.value()))
        if e.lower is not None:
            found = self.domains.helper("Suffix", found, self.expr(e.lower, scope.value()))
        return found

    def _new(self, e: s.New, scope: Scope) -> Term:
        return self.domains.new(e.record, (self.expr(a, scope.value()) for a in e.args))

    def _call(self, e: s.Call, scope: Scope) -> Term:
        args = [self.expr(a, scope.value()) for a in e.args]
        if scope.read:  # the helper reads the state, and there is none yet
            for p, term in zip(e.parameters, args, strict=True):
                scope = scope.standing(p.uid, term)
            return self.expr(e.body, scope)
        return t.apply(self.domains.own(e.name), *args)

    # ------------------------------------------------------------ conditions

    def _boolean(self, e: s.Boolean, scope: Scope) -> Term:
        if e.op == "or" and scope.guard and any(map(may_be_undefined, e.args[1:])):
            return self._chain(e.args, scope)
        return t.junction(e.op, [self.expr(a, scope) for a in e.args])

    def _chain(self, args: Sequence[s.Expr], scope: Scope) -> Term:
        """`a or b` as `~a => b`, which looks at b only where a does not hold."""
        first, *rest = args
        if not rest:
            return self.expr(first, scope)
        return t.implies(self.refuted(first, scope.value()), self._chain(rest, scope.value()))

    def _not(self, e: s.Not, scope: Scope) -> Term:
        return self.refuted(e.arg, scope.value())

    def refuted(self, e: s.Expr, scope: Scope) -> Term:
        """The negation of a condition, as short as possible."""
        match e:
            case s.Not(arg=arg):
                return self.expr(arg, scope)
            case s.Truth():
                return self._compared_with_empty(e, "=", scope)
            case s.Is():
                return self._is(e, scope, "\\notin")
            case s.Compare(rest=((op, right),)) if op in _OPPOSITE:
                return self.expr(replace(e, rest=((_OPPOSITE[op], right),)), scope)
        return t.negation(self.expr(e, scope))

    def _truth(self, e: s.Truth, scope: Scope) -> Term:
        return self._compared_with_empty(e, "#", scope)

    def _compared_with_empty(self, e: s.Truth, sign: str, scope: Scope) -> Term:
        empty = t.tuple_of([]) if isinstance(e.of.type, SeqType) else t.EMPTY
        return t.infix(self.expr(e.of, scope), sign, empty, t.RELATION)

    def _compare(self, e: s.Compare, scope: Scope) -> Term:
        parts, left = [], e.first
        for op, right in e.rest:
            parts.append(self._comparison(op, left, right, scope.value()))
            left = right
        return t.junction("and", parts)

    def _comparison(self, op: str, left: s.Expr, right: s.Expr, scope: Scope) -> Term:
        if op in (">", ">=") and is_set(left.type):
            left, right, op = right, left, {">": "<", ">=": "<="}[op]
        one, other = self.expr(left, scope), self.expr(right, scope)
        if op in ("in", "not in") and isinstance(right.type, SeqType):
            other = self.domains.helper("Range", other)
        if op == "<" and is_set(left.type):
            parts = [t.infix(one, sign, other, t.RELATION) for sign in ("\\subseteq", "#")]
            return t.junction("and", parts)
        sign = "\\subseteq" if op == "<=" and is_set(left.type) else _SIGNS[op]
        return t.infix(one, sign, other, t.RELATION)

    def _conditional(self, e: s.Conditional, scope: Scope) -> Term:
        test = self.expr(e.test, scope.value())
        return t.conditional(test, self.expr(e.then, scope), self.expr(e.orelse, scope))

    def _length(self, e: s.Length, scope: Scope) -> Term:
        scope = scope.value()
        if isinstance(e.of.type, SeqType):
            return t.apply("Len", self.expr(e.of, scope))
        of = unfolded(e.of)
        if elementwise(of):
            return t.apply("Cardinality", self.expr(e.of, scope))
        if not isinstance(of, s.Comprehension) or not all(
            elementwise(g.iterable) for g in of.generators
        ):
            raise self.refuse(e, "the length of a list that may hold an element twice")
        names = [g.name for g in of.generators]
        rows = self.collected(
            of.generators, lambda inner: t.tuple_of([self.expr(n, inner) for n in names]), scope
        )
        return t.apply("Cardinality", rows)

    def _sequenceof(self, e: s.SequenceOf, scope: Scope) -> Term:
        return t.tuple_of([self.expr(x, scope) for x in e.items])

    def _setof(self, e: s.SetOf, scope: Scope) -> Term:
        return t.set_of([self.expr(x, scope) for x in e.items])

    def _filter(self, e: s.Filter, scope: Scope) -> Term:
        g, outside = e.generator, scope.value()
        name, inner = outside.bind(g.name.name, g.name.uid)
        condition = t.junction("and", [self.expr(p, inner) for p in g.conditions])
        of = self.expr(g.iterable, outside)
        return t.apply("SelectSeq", of, t.anonymous(name, condition))

    def _concat(self, e: s.Concat, scope: Scope) -> Term:
        left, right = self.expr(e.left, scope), self.expr(e.right, scope)
        if isinstance(e.right, s.SequenceOf) and len(e.right.items) == 1:
            return t.apply("Append", left, self.expr(e.right.items[0], scope))
        return t.infix(left, "\\o", right, t.CONCAT, chained=isinstance(e.left, s.Concat))

    def _frozen(self, e: s.Frozen, scope: Scope) -> Term:
        return self.expr(e.of, scope)

    def _setoperation(self, e: s.SetOperation, scope: Scope) -> Term:
        left, right = self.expr(e.left, scope), self.expr(e.right, scope)
        same = isinstance(e.left, s.SetOperation) and e.left.op == e.op and e.op != "-"
        return t.infix(left, _SET_SIGNS[e.op], right, t.SET, chained=same)

    def _arithmetic(self, e: s.Arithmetic, scope: Scope) -> Term:
        left, right = self.expr(e.left, scope), self.expr(e.right, scope)
        if e.op in ("min", "max"):
            return self.domains.helper(e.op.capitalize(), left, right)
        if e.op in ("//", "%") and _may_be_negative(e.right):
            raise self.refuse(e, "a division by what may be negative")
        same = isinstance(e.left, s.Arithmetic) and e.left.op == e.op
        sign = "\\div" if e.op == "//" else e.op
        # TLA+ has no order between `%` and `-`, nor between `%` and `+`.
        level = t.PRODUCT if e.op in ("*", "//") else t.SUM
        return t.infix(left, sign, right, level, chained=same and e.op in "+-*")


def _may_be_negative(e: s.Expr) -> bool:
    if isinstance(e, s.Constant):
        return bool(e.value < 0)
    return isinstance(e.type, IntType) and (e.type.sort is None or e.type.sort.low < 0)


_OPPOSITE = {"==": "!=", "!=": "==", "in": "not in", "not in": "in"}
_SIGNS = {
    "==": "=",
    "!=": "#",
    "<": "<",
    "<=": "<=",
    ">": ">",
    ">=": ">=",
    "in": "\\in",
    "not in": "\\notin",
}
_SET_SIGNS = {"|": "\\cup", "&": "\\cap", "-": "\\"}
